// The list of what went between app and workspace, each with its verdict, and what was wrong with it.

import { h, icon, replaceChildren } from "./dom.js";
import { drawCode } from "./code.js";
import { JournalFeed } from "./journal.js";
import { drawComplaints, firstComplaint } from "./complaints.js";

const KEPT = 500;
const WAYS = {
  in: ["in", "from the app"],
  out: ["out", "to the app"],
  here: ["bolt", "asked of the workspace"],
};

export class Traffic {
  constructor() {
    this.entries = [];
    this.feed = new JournalFeed({ take: (entries) => this.add(entries), lost: (message) => this.report(message) });
    this.search = h("input", {
      type: "search",
      placeholder: "Filter",
      "aria-label": "Filter by words",
      on: { input: () => this.filter() },
    });
    this.onlyRefused = h("input", { type: "checkbox", on: { change: () => this.filter() } });
    this.problem = h("p", { class: "panel-lead", role: "status", hidden: true });
    this.empty = h(
      "p",
      { class: "panel-lead" },
      "Nothing yet. Every request and frame between app and workspace shows up here.",
    );
    this.list = h(
      "div",
      { class: "panel-scroll traffic", tabindex: "0", role: "region", "aria-label": "Traffic" },
      this.problem,
      this.empty,
    );
    const clear = h("button", { type: "button", class: "link-button", on: { click: () => this.clear() } }, "Clear");
    this.nodes = [
      h("div", { class: "traffic-tools" }, this.search, h("label", {}, this.onlyRefused, "Only refused"), clear),
      this.list,
    ];
  }

  start() {
    this.feed.start();
  }

  stop() {
    this.feed.stop();
  }

  // The newest stands first.
  add(entries) {
    for (const entry of entries) {
      const drawn = { entry, words: JSON.stringify(entry).toLowerCase(), node: drawEntry(entry) };
      drawn.node.hidden = !this.isWanted(drawn);
      this.entries.push(drawn);
      this.empty.after(drawn.node);
    }
    while (this.entries.length > KEPT) this.entries.shift().node.remove();
    this.empty.hidden = true;
  }

  clear() {
    for (const { node } of this.entries) node.remove();
    this.entries = [];
    this.empty.hidden = false;
  }

  filter() {
    for (const drawn of this.entries) drawn.node.hidden = !this.isWanted(drawn);
  }

  isWanted({ entry, words }) {
    return (entry.refused || !this.onlyRefused.checked) && words.includes(this.search.value.trim().toLowerCase());
  }

  report(message) {
    this.problem.hidden = !message;
    replaceChildren(this.problem, message ?? "");
  }
}

function drawEntry(entry) {
  const [picture, way] = WAYS[entry.direction] ?? WAYS.here;
  const brief = entry.refused ? firstComplaint(entry) : "";
  const more = h("div", { class: "entry-more" });
  const node = h(
    "details",
    { class: `entry ${entry.direction}`, "data-n": entry.n },
    h(
      "summary",
      {},
      h("time", { datetime: new Date(entry.time * 1000).toISOString() }, timeOf(entry.time)),
      h("span", { class: "entry-way", title: way }, icon(picture), h("span", { class: "visually-hidden" }, way)),
      h("span", { class: "entry-kind" }, entry.kind, entry.summary ? ` ${entry.summary}` : ""),
      h("span", { class: `verdict ${entry.refused ? "bad" : "good"}`, title: entry.verdict }, entry.verdict),
      brief && h("span", { class: "entry-brief" }, brief),
    ),
    more,
  );
  node.addEventListener("toggle", () => node.open && !more.childElementCount && replaceChildren(more, drawMore(entry)));
  return node;
}

function drawMore(entry) {
  const took = entry.milliseconds === null || entry.milliseconds === undefined ? "" : `, ${entry.milliseconds} ms`;
  const [, way] = WAYS[entry.direction] ?? WAYS.here;
  return [
    h("p", { class: "description" }, `${entry.kind} ${way}: ${entry.verdict}${took}`),
    drawComplaints(entry),
    drawContent("Sent", entry.sent),
    drawContent("Answer", entry.answer),
  ];
}

function drawContent(label, content) {
  if (content === null || content === undefined) return null;
  const text = typeof content === "string" ? content : JSON.stringify(content, null, 2);
  return h("section", {}, h("h3", {}, label), drawCode(text));
}

function timeOf(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString(undefined, { timeStyle: "medium", hour12: false });
}
