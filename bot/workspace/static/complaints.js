// Why something was refused: the reasons in words, and what stands at each JSON pointer that they name.

import { h } from "./dom.js";

const POINTER = /\s*\[json-pointer:([^\]]*)\]/;
const SHOWN = 160;

/** One line for the list: the last reason, which is the most exact one. */
export function firstComplaint(entry) {
  return reasonsOf(entry).at(-1)?.words ?? "";
}

/** All reasons, each with its pointer and with what was found there; null where there are none. */
export function drawComplaints(entry) {
  const reasons = reasonsOf(entry);
  if (!reasons.length) return null;
  const items = reasons.map(({ words, pointer }) =>
    h("li", {}, words, pointer !== null && drawPointer(pointer, entry.sent)),
  );
  return h("section", {}, h("h3", {}, "Why"), h("ul", { class: "complaints" }, items));
}

/** What a pointer (RFC 6901) leads to within the content; undefined where it leads nowhere. */
export function resolve(content, pointer) {
  const steps = pointer.split("/").slice(1);
  return steps.reduce((inside, step) => asValue(inside)?.[step.replaceAll("~1", "/").replaceAll("~0", "~")], content);
}

// Slack may say the same twice, in the messages and in the errors of an answer.
function reasonsOf({ detail }) {
  const lines = (detail ?? "").split(/\n|;\s(?=\[ERROR\])/).filter((line) => line.trim());
  const reasons = lines.map((line) => ({
    words: line
      .replace(POINTER, "")
      .replace(/^\[ERROR\]\s*/, "")
      .trim(),
    pointer: line.match(POINTER)?.[1] ?? null,
  }));
  const isFirst = (one, at) =>
    reasons.findIndex((each) => each.words === one.words && each.pointer === one.pointer) === at;
  return reasons.filter(isFirst);
}

function drawPointer(pointer, sent) {
  const value = resolve(sent, pointer);
  const text = value === undefined ? null : JSON.stringify(value);
  return [
    h("code", { class: "pointer" }, pointer || "/"),
    text && h("code", { class: "found" }, text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text),
  ];
}

// Views and blocks travel as texts that hold JSON.
function asValue(content) {
  if (typeof content !== "string") return content;
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
