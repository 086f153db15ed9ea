// The surfaces that carry blocks (message, view, Home tab): how what stands there acts, offers choices and is filled in.

import { initialEntry } from "./entries.js";

const NO_ANSWER = "The app did not answer in time. Try again?";
const UNANSWERED = new Set(["operation_timeout", "dispatch_failed"]);

/** A message: nothing is kept for it between actions. `report` shows a problem beside it. */
export function messageSurface({ connection, names, channel, message, report }) {
  const source = { type: "message", channel, ts: message.ts };
  return {
    names,
    entry: (_, element) => initialEntry(element),
    options: (blockId, actionId, value) => connection.post("options", place(source, blockId, actionId, value)),
    act: (blockId, actionId, value) => act(connection, place(source, blockId, actionId, value), report),
  };
}

/** A view, modal or Home tab. `current()` is the newest copy of it, `flush` sends what is still being typed. */
export function viewSurface({ connection, names, source, current, flush, report }) {
  return {
    names,
    entry: (blockId, element) => current().state?.values?.[blockId]?.[element.action_id] ?? initialEntry(element),
    options: (blockId, actionId, value) => connection.post("options", place(source, blockId, actionId, value)),
    act: async (blockId, actionId, value) => {
      await flush();
      return act(connection, place(source, blockId, actionId, value), report);
    },
    fill: async (blockId, actionId, value, enter) => {
      const path = `views/${encodeURIComponent(current().id)}/fill`;
      const answer = await connection.post(path, {
        block_id: blockId,
        action_id: actionId,
        value,
        ...(enter ? { enter } : {}),
      });
      if (UNANSWERED.has(answer.error)) report(NO_ANSWER);
      return answer;
    },
  };
}

async function act(connection, body, report) {
  report(null);
  const answer = await connection.post("actions", body);
  if (!answer.ok) report(answer.message ?? NO_ANSWER);
  return answer;
}

function place(source, blockId, actionId, value) {
  const body = { source, block_id: blockId, action_id: actionId };
  return value === undefined ? body : { ...body, value };
}
