// Shows what is in a message's file: a picture itself, the first lines of a text, the first rows of a table.

import { h, replaceChildren } from "./dom.js";

const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"]);
const TEXTS = new Set(["application/json", "application/x-sh", "application/xml", "application/javascript"]);
const SEPARATORS = { "text/csv": ",", "text/tab-separated-values": "\t" };
const BYTES = 8000;
const LINES = 5;
const ROWS = 6;
const COLUMNS = 8;

const waiting = new WeakMap();
const observer = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) load(target);
});

/** The preview of a file, which loads when it is looked at; null where nothing can be shown. */
export function drawPreview(file, address) {
  if (PICTURES.has(file.mimetype)) return drawPicture(file, address);
  if (!file.mimetype?.startsWith("text/") && !TEXTS.has(file.mimetype)) return null;
  const node = h("div", { class: "file-content" });
  waiting.set(node, { file, address });
  observer.observe(node);
  return node;
}

function drawPicture(file, address) {
  const picture = h("img", { src: address, alt: file.alt_text || file.name, loading: "lazy", class: "large-image" });
  return h("div", { class: "file-content" }, h("a", { href: address, download: file.name }, picture));
}

async function load(node) {
  observer.unobserve(node);
  const { file, address } = waiting.get(node);
  const text = await begin(address);
  if (text === null) return;
  const isWhole = file.size <= BYTES;
  const separator = SEPARATORS[file.mimetype];
  replaceChildren(node, separator ? drawTable(text, isWhole, { separator, file }) : drawLines(text, isWhole, file));
  node.dispatchEvent(new Event("load")); // it is higher now, and the list may follow
}

async function begin(address) {
  try {
    const response = await fetch(address, { headers: { Range: `bytes=0-${BYTES - 1}` } });
    return response.ok ? await response.text() : null;
  } catch {
    return null; // the name is still there, and so is the download
  }
}

function drawLines(text, isWhole, file) {
  const lines = text.replace(/\n$/, "").split("\n");
  const more = lines.length - LINES;
  return [
    h("pre", { "aria-label": `Beginning of ${file.name}` }, lines.slice(0, LINES).join("\n")),
    (more > 0 || !isWhole) && drawMore(isWhole ? count(more, "more line") : "and more"),
  ];
}

function drawTable(text, isWhole, { separator, file }) {
  const rows = readRows(text, separator);
  if (!isWhole) rows.pop(); // it is cut somewhere
  const [head = [], ...rest] = rows.map((row) => row.slice(0, COLUMNS));
  const more = rest.length - ROWS;
  const table = h(
    "table",
    {},
    h("thead", {}, drawRow(head, "th")),
    h("tbody", {}, rest.slice(0, ROWS).map((row) => drawRow(row, "td"))),
  );
  const isWide = rows.some((row) => row.length > COLUMNS);
  const below = isWhole ? more > 0 && count(more, "more row") : "and more rows";
  const note = [below, isWide && "more columns"].filter(Boolean);
  const frame = { class: "table-frame", tabindex: "0", role: "region", "aria-label": `Beginning of ${file.name}` };
  return [h("div", frame, table), note.length ? drawMore(note.join(", ")) : null];
}

function drawRow(cells, tag) {
  return h("tr", {}, cells.map((cell) => h(tag, {}, cell)));
}

/** The rows of a table in a text; quoted cells may hold separators, quotation marks and ends of lines (RFC 4180). */
function readRows(text, separator) {
  const rows = [];
  let row = [];
  const cell = `"((?:[^"]|"")*)"|([^"\\r\\n${separator}][^\\r\\n${separator}]*)?`;
  const pattern = new RegExp(`(?:${cell})(${separator}|\\r?\\n|$)`, "gy");
  for (const [, quoted, bare = "", end] of text.matchAll(pattern)) {
    row.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === separator) continue;
    if (row.length > 1 || row[0]) rows.push(row);
    row = [];
    if (!end) break;
  }
  return rows;
}

function drawMore(text) {
  return h("p", { class: "description" }, text);
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
