// Draws the rich_text block: sections, lists, quotes and preformatted text.

import { h } from "./dom.js";
import { drawCode } from "./code.js";
import { drawDate } from "./dates.js";
import { emoji } from "./emoji.js";
import { drawLink, mention } from "./mrkdwn.js";

const STYLES = { bold: "strong", italic: "em", strike: "s", underline: "u", highlight: "mark", code: "code" };

export function drawRichText(block, names) {
  return (block.elements ?? []).map((element) => drawPart(element, names));
}

function drawPart(part, names) {
  const inside = () => part.elements.map((element, at) => drawElement(element, names, { begins: at === 0 }));
  switch (part.type) {
    case "rich_text_section":
      return h("div", { class: "rich-section" }, inside());
    case "rich_text_preformatted":
      return drawCode(inside());
    case "rich_text_quote":
      return h("blockquote", {}, inside());
    case "rich_text_list":
      return drawList(part, names);
    default:
      return h("p", { class: "unknown" }, `(${part.type} is not shown here)`);
  }
}

function drawList(list, names) {
  const ordered = list.style === "ordered";
  const start = ordered && list.offset ? list.offset + 1 : null;
  const items = list.elements.map((item) => h("li", {}, drawPart(item, names)));
  return h(ordered ? "ol" : "ul", { start, class: `rich-list indent-${Math.min(list.indent ?? 0, 4)}` }, items);
}

function drawElement(element, names, context) {
  return styled(bare(element, names, context), element.style);
}

function bare(element, names, context) {
  switch (element.type) {
    case "text":
      return element.text;
    case "link":
      return drawLink(element.url, element.text || element.url);
    case "user":
      return mention(`@${names.person(element.user_id) ?? element.user_id}`);
    case "channel":
      return mention(`#${names.channel(element.channel_id) ?? element.channel_id}`);
    case "broadcast":
      return mention(`@${element.range}`);
    case "usergroup":
      return mention(`@${names.usergroup(element.usergroup_id) ?? element.usergroup_id}`);
    case "emoji":
      return emoji(element.name);
    case "color":
      return element.value;
    case "date":
      return drawRichDate(element, context);
    default:
      return element.text ?? "";
  }
}

function drawRichDate(element, context) {
  const drawn = drawDate(element.timestamp, element.format, context);
  return element.url ? drawLink(element.url, drawn) : drawn;
}

function styled(content, style = {}) {
  return Object.entries(STYLES).reduce((inner, [name, tag]) => (style[name] ? h(tag, {}, inner) : inner), content);
}
