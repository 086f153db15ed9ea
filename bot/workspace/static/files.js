// What the page says of files: their names, sizes and types.

import { h, icon } from "./dom.js";
import { drawPreview } from "./previews.js";

const UNITS = ["bytes", "kB", "MB", "GB"];

/** The size in the units that people know, such as "5.2 MB". */
export function readableSize(bytes) {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1000 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const digits = unit && amount < 10 ? 1 : 0;
  if (!unit) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return `${amount.toFixed(digits)} ${UNITS[unit]}`;
}

/** Whether the name ends as one of the types asks, such as "csv" or "tar.gz"; without types all do. */
export function isOfType(name, types) {
  return !types.length || types.some((type) => name.toLowerCase().endsWith(`.${type.toLowerCase()}`));
}

/** The files of a message; `addressOf` tells where one is downloaded. */
export function drawFiles(files, addressOf) {
  const items = files.map((file) => drawFile(file, addressOf(file)));
  return h("ul", { class: "file-list", "aria-label": "Files" }, items);
}

/** Name and size of a file, as parts of a row. */
export function drawName({ name, size }, address = null) {
  const shown = address ? h("a", { href: address, download: name }, name) : name;
  return [
    h("span", { class: "file-picture" }, icon("file")),
    h("span", { class: "file-name", title: name }, shown),
    h("span", { class: "file-size" }, readableSize(size)),
  ];
}

function drawFile(file, address) {
  if (file.deleted) return h("li", { class: "file deleted", "data-file-id": file.id }, "This file was deleted.");
  return h("li", { class: "file", "data-file-id": file.id }, drawName(file, address), drawPreview(file, address));
}
