// Reads the workspace's answers.

/** The answer of a workspace that cannot be reached: a refusal like any other. */
export function unreachable() {
  return { ok: false, error: "unreachable", message: "The workspace cannot be reached. Is it still running?" };
}

/** What came back, as an answer; one that is no JSON object is a refusal too. */
export function readAnswer(status, text) {
  const answer = parse(text);
  const isFine = status >= 200 && status < 300;
  if (answer && (isFine || answer.error)) return isFine ? answer : { ...answer, ok: false };
  return {
    ok: false,
    error: `http_${status}`,
    message: `The workspace answered with an error (${status}).`,
  };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
