// What a person changes in a message that is already written: its words, and whether it is there at all.

import { h, replaceChildren } from "./dom.js";
import { confirmed } from "./confirm.js";

/** The entries of a message's menu; none where the person may do neither. `surface` is the message's, `body` holds its content. */
export function changeEntries(message, { person, surface, body }) {
  const isOwn = message.user === person.id;
  const edit = { content: "Edit message", value: "edit", choose: () => beginEditing(message, { surface, body }) };
  const remove = { content: "Delete message…", value: "delete", choose: () => askAndDelete(surface) };
  return [isOwn && edit, (isOwn || person.kind === "admin") && remove].filter(Boolean);
}

function beginEditing(message, { surface, body }) {
  const shown = [...body.childNodes];
  const box = h("textarea", { rows: 2, "aria-label": "Edit message" });
  box.value = asTyped(message.text, surface.names);
  const leave = () => body.replaceChildren(...shown);
  const save = async () => {
    const answer = await surface.edit(box.value);
    if (answer.ok && body.isConnected) leave();
  };
  const keys = (event) => {
    if (event.key === "Escape") leave();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  box.addEventListener("keydown", keys);
  const button = (label, style, click) => h("button", { type: "button", class: style, on: { click } }, label);
  replaceChildren(
    body,
    h("div", { class: "editing" }, box, button("Cancel", "button", leave), button("Save", "button primary", save)),
  );
  box.focus();
}

async function askAndDelete(surface) {
  const text = (words) => ({ type: "plain_text", text: words });
  const question = {
    title: text("Delete message"),
    text: text("Are you sure you want to delete this message? This cannot be undone."),
    confirm: text("Delete"),
    deny: text("Cancel"),
    style: "danger",
  };
  if (await confirmed(question, surface.names)) await surface.remove();
}

// What was typed, as far as the message's text tells it.
function asTyped(text, names) {
  return text
    .replace(/<([@#!]?)([^>|]+)(?:\|[^>]*)?>/g, (_, sign, inner) => spelled(sign, inner, names))
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&");
}

function spelled(sign, inner, names) {
  if (sign === "@") return `@${names.handle(inner) ?? inner}`;
  if (sign === "#") return `#${names.channel(inner) ?? inner}`;
  if (inner.startsWith("subteam^")) return `@${names.usergroup(inner.slice(8)) ?? inner.slice(8)}`;
  return sign === "!" ? `@${inner}` : inner;
}
