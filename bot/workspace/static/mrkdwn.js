// Turns Slack's mrkdwn and text objects into DOM nodes.

import { h } from "./dom.js";
import { drawCode } from "./code.js";
import { drawDate } from "./dates.js";
import { emoji, withEmoji } from "./emoji.js";

const SAFE_SCHEMES = new Set(["http:", "https:", "mailto:"]);
const CODE_BLOCK = /```\n?([\s\S]+?)\n?```/g;
const QUOTE = /^(?:&gt;|>) ?/;
const BEFORE = "(?<![\\p{L}\\p{N}*_~])";
const AFTER = "(?![\\p{L}\\p{N}])";
const INLINE = new RegExp(
  [
    "<(?<token>[^<>\\n]+)>",
    "`(?<code>[^`\\n]+)`",
    "(?<url>https?://(?:(?!&[lg]t;)[^\\s<>|`])+)",
    `${BEFORE}\\*(?=\\S)(?<bold>[^*\\n]+?)(?<=\\S)\\*${AFTER}`,
    `${BEFORE}_(?=\\S)(?<italic>[^\\n]+?)(?<=\\S)_${AFTER}`,
    `${BEFORE}~(?=\\S)(?<strike>[^~\\n]+?)(?<=\\S)~${AFTER}`,
    ":(?<emoji>[a-z0-9_+-]+):",
  ].join("|"),
  "gu",
);

/** A text object of Block Kit: mrkdwn is formatted, plain_text is shown letter for letter. */
export function drawText(object, names) {
  if (!object) return document.createTextNode("");
  if (object.type === "mrkdwn") return drawMrkdwn(object.text, names);
  return document.createTextNode(object.emoji === false ? object.text : withEmoji(object.text));
}

export function drawMrkdwn(text, names) {
  const drawn = document.createDocumentFragment();
  let at = 0;
  for (const match of text.matchAll(CODE_BLOCK)) {
    drawn.append(...lines(text.slice(at, match.index).replace(/\n$/, ""), names));
    drawn.append(drawCode(tokensOnly(match[1], names)));
    at = match.index + match[0].length;
  }
  drawn.append(...lines(at ? text.slice(at).replace(/^\n/, "") : text, names));
  return drawn;
}

/** Text without formatting: only links, mentions and escapes are read. */
export function drawUnformatted(text, names) {
  const drawn = document.createDocumentFragment();
  drawn.append(...tokensOnly(text, names));
  return drawn;
}

/** A link, or its label alone where the address is none that a page should open. */
export function drawLink(url, label) {
  const address = safeAddress(url);
  if (!address) return h("span", {}, label);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, label);
}

export function safeAddress(url) {
  try {
    const parsed = new URL(url);
    return SAFE_SCHEMES.has(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

export function mention(text) {
  return h("span", { class: "mention" }, text);
}

/** The three escapes of Slack, and no other entity. */
export function unescape(text) {
  return text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
}

function lines(text, names) {
  if (!text) return [];
  const drawn = [];
  for (const run of runsOf(text.split("\n"))) {
    if (run.quoted)
      drawn.push(h("blockquote", {}, inline(run.lines.map((line) => line.replace(QUOTE, "")).join("\n"), names)));
    else drawn.push(...inline(run.lines.join("\n"), names));
  }
  return drawn;
}

function runsOf(all) {
  const runs = [];
  for (const line of all) {
    const quoted = QUOTE.test(line);
    if (runs.at(-1)?.quoted !== quoted) runs.push({ quoted, lines: [] });
    runs.at(-1).lines.push(line);
  }
  return runs;
}

function inline(text, names) {
  const drawn = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    drawn.push(
      unescape(text.slice(at, match.index)),
      drawMatch(match, names, { begins: /(^|\n)$/.test(text.slice(0, match.index)) }),
    );
    at = match.index + match[0].length;
  }
  drawn.push(unescape(text.slice(at)));
  return drawn.flat();
}

function drawMatch(match, names, context) {
  const { token, code, url, bold, italic, strike, emoji: name } = match.groups;
  if (token) return drawToken(token, names, context) ?? unescape(match[0]);
  if (code) return h("code", {}, tokensOnly(code, names));
  if (url) return drawBareUrl(url);
  if (bold) return h("strong", {}, inline(bold, names));
  if (italic) return h("em", {}, inline(italic, names));
  if (strike) return h("s", {}, inline(strike, names));
  return emoji(name);
}

function drawBareUrl(raw) {
  const url = raw.replace(/[.,;:!?)'"*_~]+$/, "");
  return [drawLink(unescape(url), unescape(url)), unescape(raw.slice(url.length))];
}

function tokensOnly(text, names) {
  const parts = text.split(/(<[^<>\n]+>)/);
  return parts.map((part, at) => (at % 2 && drawToken(part.slice(1, -1), names)) || unescape(part));
}

// What stands between < and >; null where it is none of Slack's forms, so that it is shown as it was written.
function drawToken(token, names, context = {}) {
  const [target, ...rest] = token.split("|");
  const label = rest.length ? unescape(rest.join("|")) : null;
  if (target.startsWith("@")) return mention(`@${names.person(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (target.startsWith("#")) return mention(`#${names.channel(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (target.startsWith("!date^")) return drawDateToken(target, label, context);
  if (/^!(channel|here|everyone)$/.test(target)) return mention(`@${target.slice(1)}`);
  if (target.startsWith("!subteam^")) return mention(label ?? `@${names.usergroup(target.slice(9)) ?? target.slice(9)}`);
  if (target.startsWith("!")) return label ?? null;
  const url = unescape(target);
  return safeAddress(url) ? drawLink(url, label ?? url.replace(/^mailto:/, "")) : null;
}

function drawDateToken(target, fallback, context) {
  const [, seconds, pattern, url] = target.split("^");
  if (!/^-?\d+$/.test(seconds ?? "") || !pattern) return fallback ?? "";
  const drawn = drawDate(Number(seconds), unescape(pattern), context);
  return url ? drawLink(unescape(url), drawn) : drawn;
}
