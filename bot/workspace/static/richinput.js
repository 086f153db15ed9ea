// The field for rich text: what is typed and styled in it is a rich_text block, and nothing pasted brings markup along.

import { h, replaceChildren } from "./dom.js";
import { simpleValue } from "./entries.js";

const TOOLS = [
  ["bold", "Bold", h("strong", {}, "B")],
  ["italic", "Italic", h("em", {}, "I")],
  ["strikeThrough", "Strike", h("s", {}, "S")],
  ["insertUnorderedList", "Bulleted list", "•"],
  ["insertOrderedList", "Numbered list", "1."],
];
const STYLE_OF = {
  B: "bold",
  STRONG: "bold",
  I: "italic",
  EM: "italic",
  S: "strike",
  STRIKE: "strike",
  DEL: "strike",
  CODE: "code",
};
const TAG_OF = { bold: "b", italic: "i", strike: "s", code: "code" };

/** The control of a rich_text_input: what inputs.js says of controls holds here too. */
export function drawRichInput(element, context) {
  const box = h("div", {
    id: context.id,
    class: "rich-box",
    contenteditable: "true",
    role: "textbox",
    "aria-multiline": "true",
    "data-placeholder": element.placeholder?.text,
    ...context.attributes,
    on: { input: () => changed(), paste: pastePlain },
  });
  const changed = () => {
    if (!box.textContent && !box.querySelector("li")) replaceChildren(box); // so that the placeholder is seen again
    context.changed({ typing: true });
  };
  const tools = h(
    "div",
    { class: "rich-tools", role: "toolbar", "aria-label": "Formatting", "aria-controls": context.id },
    TOOLS.map(([command, label, sign]) => drawTool(box, command, label, sign)),
  );
  return {
    node: h("div", { class: "rich-input" }, tools, box),
    target: box,
    value: () => readBox(box),
    set: (entry) => replaceChildren(box, (simpleValue(entry)?.elements ?? []).map(writePart)),
  };
}

function drawTool(box, command, label, sign) {
  const act = () => {
    box.focus();
    document.execCommand(command);
  };
  const keep = (event) => event.preventDefault(); // the selection stays in the box
  return h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, on: { click: act, mousedown: keep } },
    sign.cloneNode?.(true) ?? sign,
  );
}

function pastePlain(event) {
  event.preventDefault();
  document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
}

/** What stands in the box as a rich_text block, or null where nothing does. */
function readBox(box) {
  const read = { parts: [], texts: [] };
  for (const node of box.childNodes) readBlock(read, node);
  finish(read);
  return read.parts.length ? { type: "rich_text", elements: read.parts } : null;
}

// Browsers put lines into divs, and lists below them as they like.
function readBlock(read, node) {
  if (["UL", "OL"].includes(node.nodeName)) {
    finish(read);
    read.parts.push(readList(node));
  } else if (["DIV", "P"].includes(node.nodeName)) {
    if (read.texts.length) add(read.texts, "\n", {});
    for (const child of node.childNodes) readBlock(read, child);
  } else readInto(read.texts, node, {});
}

function finish(read) {
  if (read.texts.some((each) => each.text.trim())) {
    const last = read.texts.at(-1);
    last.text = last.text.replace(/\n$/, "");
    read.parts.push({ type: "rich_text_section", elements: read.texts.filter((each) => each.text) });
  }
  read.texts = [];
}

function readList(list) {
  const items = [...list.children].map((item) => {
    const texts = [];
    readInto(texts, item, {});
    return { type: "rich_text_section", elements: texts };
  });
  return { type: "rich_text_list", style: list.nodeName === "OL" ? "ordered" : "bullet", elements: items };
}

function readInto(texts, node, style) {
  if (node.nodeType === Node.TEXT_NODE) return add(texts, node.textContent, style);
  if (node.nodeName === "BR") return node.nextSibling && add(texts, "\n", style);
  const name = STYLE_OF[node.nodeName];
  for (const child of node.childNodes) readInto(texts, child, name ? { ...style, [name]: true } : style);
  return null;
}

function add(texts, text, style) {
  const last = texts.at(-1);
  if (last && JSON.stringify(last.style ?? {}) === JSON.stringify(style)) last.text += text;
  else if (text) texts.push({ type: "text", text, ...(Object.keys(style).length ? { style } : {}) });
}

function writePart(part) {
  if (part.type !== "rich_text_list") return h("div", {}, (part.elements ?? []).map(writeText));
  const items = part.elements.map((item) => h("li", {}, item.elements.map(writeText)));
  return h(part.style === "ordered" ? "ol" : "ul", {}, items);
}

function writeText({ text = "", style = {} }) {
  const tags = Object.keys(TAG_OF).filter((name) => style[name]);
  return tags.reduce((inside, name) => h(TAG_OF[name], {}, inside), text);
}
