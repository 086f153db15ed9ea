// Draws the blocks that hold tables: table, and data_table with its caption, sorting and pages.

import { h, icon, replaceChildren, uniqueId } from "./dom.js";
import { drawRichText } from "./richtext.js";

const PAGE_SIZE = 5;

export function drawTable(block, surface) {
  const [head, ...rows] = block.rows;
  return drawFrame("Table", [
    drawHead(head.map((cell, at) => h("th", { scope: "col", class: alignment(block, at) }, drawCell(cell, surface)))),
    drawBody(rows, block, surface),
  ]);
}

export function drawDataTable(block, surface) {
  const [head, ...rows] = block.rows;
  const size = block.page_size ?? PAGE_SIZE;
  const pages = Math.ceil(rows.length / size);
  const state = { column: null, isRising: true, page: 0 };
  const body = h("div", {});
  const place = h("span", { role: "status" });
  const turn = (step) => {
    state.page = Math.max(0, Math.min(pages - 1, state.page + step));
    draw();
  };
  const sort = (column) => {
    state.isRising = state.column === column ? !state.isRising : true;
    Object.assign(state, { column, page: 0 });
    draw();
    body.querySelectorAll("th[scope=col] button")[column].focus();
  };
  const draw = () => {
    const shown = sorted(rows, state).slice(state.page * size, (state.page + 1) * size);
    const heads = head.map((cell, at) => drawSorter(cell, at, state, { surface, sort }));
    replaceChildren(
      body,
      drawFrame(block.caption, [h("caption", {}, block.caption), drawHead(heads), drawBody(shown, block, surface)]),
    );
    replaceChildren(place, `${state.page + 1} of ${pages}`);
  };
  draw();
  const step = (name, label, by) =>
    h(
      "button",
      { type: "button", class: "icon-button", "aria-label": label, on: { click: () => turn(by) } },
      icon(name),
    );
  return [
    body,
    pages > 1 && h("div", { class: "pages" }, step("back", "Rows before", -1), place, step("next", "Next rows", 1)),
  ];
}

function drawSorter(cell, at, state, { surface, sort }) {
  const isSorted = state.column === at;
  return h(
    "th",
    { scope: "col", "aria-sort": isSorted ? (state.isRising ? "ascending" : "descending") : null },
    h(
      "button",
      { type: "button", class: "sorter", on: { click: () => sort(at) } },
      drawCell(cell, surface),
      isSorted && h("span", { "aria-hidden": "true" }, state.isRising ? " ↑" : " ↓"),
    ),
  );
}

function sorted(rows, { column, isRising }) {
  if (column === null) return rows;
  const compare = (one, other) => String(one).localeCompare(String(other), undefined, { numeric: true });
  return [...rows].sort(
    (one, other) => compare(contentOf(one[column]), contentOf(other[column])) * (isRising ? 1 : -1),
  );
}

function contentOf(cell) {
  return cell.text ?? cell.value ?? JSON.stringify(cell.elements ?? "");
}

function drawFrame(label, content) {
  const id = uniqueId("table");
  return h(
    "div",
    { class: "table-frame", tabindex: "0", role: "region", "aria-label": label },
    h("table", { id }, content),
  );
}

function drawHead(cells) {
  return h("thead", {}, h("tr", {}, cells));
}

function drawBody(rows, block, surface) {
  const cell = (each, at) => {
    const isHead = at === block.row_header_column_index;
    return h(
      isHead ? "th" : "td",
      { scope: isHead ? "row" : null, class: alignment(block, at) },
      drawCell(each, surface),
    );
  };
  return h(
    "tbody",
    {},
    rows.map((row) => h("tr", {}, row.map(cell))),
  );
}

function drawCell(cell, surface) {
  return cell.type === "rich_text" ? drawRichText(cell, surface.names) : String(cell.text ?? cell.value ?? "");
}

function alignment(block, at) {
  const align = block.column_settings?.[at]?.align;
  return ["center", "right"].includes(align) ? `to-${align}` : null;
}
