// The surfaces that carry blocks (message, view, Home tab): how what stands there acts, offers choices and is filled in.

import { initialEntry } from "./entries.js";

const NO_ANSWER = "The app did not answer in time. Try again?";
const UNANSWERED = new Set(["operation_timeout", "dispatch_failed"]);

/** A message: nothing is kept for it between actions. `report` shows a problem beside it. */
export function messageSurface({ connection, names, channel, message, report }) {
  const source = { type: "message", channel, ts: message.ts };
  return {
    names,
    headingsBelow: 2, // as for each surface: the level of the heading that stands over its blocks
    fileAddress: (id) => connection.addressOf(id),
    entry: (_, element) => initialEntry(element),
    options: (blockId, actionId, value) => connection.post("options", place(source, blockId, actionId, value)),
    act: (blockId, actionId, value) => ask(connection, "actions", place(source, blockId, actionId, value), report),
    runShortcut: (callbackId) =>
      ask(connection, "shortcuts", { callback_id: callbackId, channel, ts: message.ts }, report),
    edit: (text) => ask(connection, "messages/edit", { channel, ts: message.ts, text }, report),
    remove: () => ask(connection, "messages/delete", { channel, ts: message.ts }, report),
  };
}

/**
 * A view, modal or Home tab. `current()` is the newest copy of it, `blocks()` the list of its blocks; `waiting` is told
 * when uploads begin and end.
 */
export function viewSurface({ connection, names, source, current, blocks, report, waiting = () => {} }) {
  return {
    names,
    headingsBelow: source.type === "home" ? 1 : 2,
    fileAddress: (id) => connection.addressOf(id),
    entry: (blockId, element) => current().state?.values?.[blockId]?.[element.action_id] ?? initialEntry(element),
    options: (blockId, actionId, value) => connection.post("options", place(source, blockId, actionId, value)),
    act: async (blockId, actionId, value) => {
      await blocks().flush();
      return ask(connection, "actions", place(source, blockId, actionId, value), report);
    },
    upload: (file, progress) => connection.uploads.start(file, progress),
    waiting,
    settle: (field) => blocks().settle(field),
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

async function ask(connection, path, body, report) {
  report(null);
  const answer = await connection.post(path, body);
  if (!answer.ok) report(answer.message ?? NO_ANSWER);
  return answer;
}

function place(source, blockId, actionId, value) {
  const body = { source, block_id: blockId, action_id: actionId };
  return value === undefined ? body : { ...body, value };
}
