// Draws the data_visualization block: its numbers as a picture, and as a table for whoever cannot see that.

import { h } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, LEFT, BOTTOM] = [480, 220, 44, 26];
const HUES = [205, 145, 28, 330, 265, 48, 180, 0, 95, 230, 310, 15];

export function drawChart(block) {
  const { chart } = block;
  const series = chart.type === "pie" ? [{ name: block.title, data: chart.segments }] : chart.series;
  const colours = (chart.type === "pie" ? chart.segments : series).map((_, at) => colour(at));
  const names = chart.type === "pie" ? chart.segments.map((each) => each.label) : series.map((each) => each.name);
  return h(
    "figure",
    { class: "chart" },
    h("figcaption", { class: "card-title" }, block.title),
    chart.type === "pie" ? drawPie(chart.segments, colours) : drawAxes(chart, colours),
    h(
      "ul",
      { class: "legend", "aria-hidden": "true" },
      names.map((name, at) => h("li", {}, swatch(colours[at]), name)),
    ),
    h("div", { class: "visually-hidden" }, drawNumbers(block.title, series)),
  );
}

function drawNumbers(title, series) {
  const labels = series[0].data.map((point) => point.label);
  const row = (each) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, each.name),
      each.data.map((point) => h("td", {}, String(point.value))),
    );
  const head = h(
    "tr",
    {},
    h("td", {}),
    labels.map((label) => h("th", { scope: "col" }, label)),
  );
  return h("table", {}, h("caption", {}, title), h("thead", {}, head), h("tbody", {}, series.map(row)));
}

function drawPie(segments, colours) {
  const total = segments.reduce((sum, each) => sum + each.value, 0);
  let from = 0;
  const parts = segments.map(({ value }, at) => {
    const to = from + value / total;
    const path =
      segments.length === 1 ? shape("circle", { cx: 110, cy: 110, r: 96 }) : shape("path", { d: slice(from, to) });
    path.setAttribute("fill", colours[at]);
    from = to;
    return path;
  });
  return picture(220, parts);
}

function slice(from, to) {
  const point = (share) =>
    [110 + 96 * Math.sin(share * 2 * Math.PI), 110 - 96 * Math.cos(share * 2 * Math.PI)].join(" ");
  return `M110 110L${point(from)}A96 96 0 ${to - from > 0.5 ? 1 : 0} 1 ${point(to)}Z`;
}

function drawAxes({ type, series, axis_config: axes }, colours) {
  const values = series.flatMap((each) => each.data.map((point) => point.value));
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const step = (WIDTH - LEFT - 8) / axes.categories.length;
  const x = (at) => LEFT + (at + 0.5) * step;
  const y = (value) => 10 + ((most - value) / (most - least || 1)) * (HEIGHT - BOTTOM - 10);
  const marks =
    type === "bar" ? bars(series, { x, y, step, colours }) : lines(series, { x, y, colours, isArea: type === "area" });
  const words = axes.categories.map((word, at) => text(word, { x: x(at), y: HEIGHT - 8, "text-anchor": "middle" }));
  const ends = [least, most].map((value) =>
    text(String(value), { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }),
  );
  const base = shape("path", { d: `M${LEFT} 10V${HEIGHT - BOTTOM}M${LEFT} ${y(0)}H${WIDTH - 8}`, class: "axis" });
  return picture(WIDTH, [base, ...marks, ...words, ...ends]);
}

function bars(series, { x, y, step, colours }) {
  const width = (step * 0.7) / series.length;
  return series.flatMap((each, row) =>
    each.data.map((point, at) =>
      shape("rect", {
        x: x(at) - step * 0.35 + row * width,
        y: Math.min(y(0), y(point.value)),
        width: Math.max(1, width - 1),
        height: Math.abs(y(0) - y(point.value)),
        fill: colours[row],
      }),
    ),
  );
}

function lines(series, { x, y, colours, isArea }) {
  return series.flatMap((each, row) => {
    const path = each.data.map((point, at) => `${at ? "L" : "M"}${x(at)} ${y(point.value)}`).join("");
    const line = shape("path", { d: path, fill: "none", stroke: colours[row], "stroke-width": 2.5 });
    const below = `${path}L${x(each.data.length - 1)} ${y(0)}L${x(0)} ${y(0)}Z`;
    return isArea ? [shape("path", { d: below, fill: colours[row], opacity: 0.25 }), line] : [line];
  });
}

function picture(width, parts) {
  const svg = shape("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" });
  svg.append(...parts);
  return svg;
}

function text(content, attributes) {
  const node = shape("text", attributes);
  node.textContent = content;
  return node;
}

function shape(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function swatch(fill) {
  return h("span", { class: "swatch", style: `background:${fill}` });
}

function colour(at) {
  return `hsl(${HUES[at % HUES.length]} 60% 45%)`;
}
