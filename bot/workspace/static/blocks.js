// Draws the blocks of Block Kit that hold no input of their own, and keeps a list of blocks up to date in place.

import { arrange, h } from "./dom.js";
import { drawAction } from "./actions.js";
import { drawCard, drawCarousel, drawContainer, drawPlan, drawTask } from "./cards.js";
import { drawChart } from "./charts.js";
import { Field } from "./field.js";
import { drawMrkdwn, drawText, safeAddress } from "./mrkdwn.js";
import { drawRichText } from "./richtext.js";
import { drawDataTable, drawTable } from "./tables.js";

const PARTS = { image: drawImage, action: drawAction, block: drawBlock };
const DRAW = {
  section: drawSection,
  header: (block, surface) =>
    h(`h${(block.level ?? 1) + surface.headingsBelow}`, { class: "header-block" }, drawText(block.text, surface.names)),
  divider: () => h("hr"),
  context: drawContext,
  actions: drawActions,
  image: (block, surface) => drawFigure(block, surface),
  rich_text: (block, surface) => h("div", { class: "rich-text" }, drawRichText(block, surface.names)),
  markdown: (block, surface) => h("div", { class: "text" }, drawMrkdwn(block.text, surface.names)),
  table: drawTable,
  data_table: drawDataTable,
  data_visualization: (block) => drawChart(block),
  context_actions: drawActions,
  card: (block, surface) => drawCard(block, surface, PARTS),
  carousel: (block, surface) => drawCarousel(block, surface, PARTS),
  container: (block, surface) => drawContainer(block, surface, PARTS),
  task_card: drawTask,
  plan: drawPlan,
  video: drawVideo,
  alert: (block, surface) =>
    h("div", { class: `alert ${alertLevel(block)}`, role: "note" }, drawText(block.text, surface.names)),
};

export function drawBlock(block, surface) {
  const draw = DRAW[block.type] ?? drawUnknown;
  return h("div", { class: `block ${block.type}-block`, "data-block-id": block.block_id }, draw(block, surface));
}

/** The blocks of a view. What has not changed keeps its node, so nobody loses focus or what they are typing. */
export class BlockList {
  constructor(surface) {
    this.surface = surface;
    this.node = h("div", { class: "blocks" });
    this.drawn = new Map();
  }

  get fields() {
    return [...this.drawn.values()].map((each) => each.field).filter(Boolean);
  }

  field(blockId) {
    return this.drawn.get(blockId)?.field;
  }

  update(blocks) {
    const focus = this.focused();
    const older = this.drawn;
    this.drawn = new Map(
      blocks.map((block, at) => [block.block_id ?? `at-${at}`, this.keep(block, older.get(block.block_id))]),
    );
    const lasting = new Set(this.fields);
    for (const { field } of older.values()) if (field && !lasting.has(field)) field.dispose();
    arrange(
      this.node,
      [...this.drawn.values()].map((each) => each.node),
    );
    for (const field of this.fields) {
      field.restoreFocus();
      field.accept(this.surface.entry(field.block.block_id, field.element));
    }
    if (focus) this.refocus(focus);
  }

  keep(block, older) {
    const json = JSON.stringify(block);
    if (older?.json === json) return older;
    if (block.type !== "input") return { json, node: drawBlock(block, this.surface) };
    if (older?.field?.update(block)) return { json, field: older.field, node: older.node };
    const field = new Field(block, this.surface);
    field.continueFrom(older?.field);
    return { json, field, node: field.node };
  }

  focused() {
    const node = this.node.contains(document.activeElement) ? document.activeElement : null;
    const block = node?.closest("[data-block-id]")?.dataset.blockId;
    return block && { node, block, action: node.closest("[data-action-id]")?.dataset.actionId };
  }

  // What was moved, or redrawn outside a field, has lost the focus; its successor gets it.
  refocus({ node, block, action }) {
    if (this.node.contains(document.activeElement)) return;
    const successor = `[data-block-id="${CSS.escape(block)}"] [data-action-id="${CSS.escape(action ?? "")}"]`;
    (node.isConnected ? node : this.node.querySelector(successor))?.focus();
  }

  /** Sends what is typed in other fields, so that the app sees it together with a change of this one. */
  async settle(field) {
    const others = this.fields.filter((each) => each !== field && each.unsent && !each.block.dispatch_action);
    await Promise.all(others.map((each) => each.flush()));
  }

  async flush() {
    await Promise.all(this.fields.map((field) => field.flush()));
  }
}

function drawSection(block, surface) {
  const text = block.text && h("div", { class: "text" }, drawText(block.text, surface.names));
  const fields =
    block.fields &&
    h(
      "div",
      { class: "fields" },
      block.fields.map((field) => h("div", { class: "text" }, drawText(field, surface.names))),
    );
  return [h("div", { class: "section-text" }, text, fields), block.accessory && drawAccessory(block, surface)];
}

function drawAccessory(block, surface) {
  const { accessory } = block;
  if (accessory.type === "image") return drawImage(accessory, "accessory-image", surface);
  return h("div", { class: "accessory" }, drawAction(accessory, block, surface, block.text?.text));
}

function drawActions(block, surface) {
  return h(
    "div",
    { class: "action-row" },
    block.elements.map((element) => drawAction(element, block, surface)),
  );
}

function drawContext(block, surface) {
  return h(
    "div",
    { class: "context-row" },
    block.elements.map((element) =>
      element.type === "image"
        ? drawImage(element, "context-image", surface)
        : h("span", { class: "text" }, drawText(element, surface.names)),
    ),
  );
}

function drawFigure(block, surface) {
  const title = block.title && h("figcaption", {}, drawText(block.title, surface.names));
  return h("figure", {}, title, drawImage(block, "large-image", surface));
}

function drawImage(image, kind, surface) {
  const address = image.image_url ?? fileAddress(image.slack_file, surface);
  return h("img", {
    class: kind,
    src: address,
    alt: image.alt_text ?? "",
    loading: "lazy",
    referrerpolicy: "no-referrer",
  });
}

function drawVideo(block, surface) {
  const address = safeAddress(block.title_url ?? block.video_url);
  const title = drawText(block.title, surface.names);
  const about = [block.author_name, block.provider_name].filter(Boolean).join(" · ");
  return h(
    "div",
    { class: "video" },
    about && h("p", { class: "description" }, about),
    h("strong", {}, address ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, title) : title),
    block.description && h("p", { class: "description" }, drawText(block.description, surface.names)),
    drawImage({ image_url: block.thumbnail_url, alt_text: block.alt_text }, "thumbnail", surface),
  );
}

// A file that Slack holds is named by its id, or by its address, in which the id stands.
function fileAddress(file, surface) {
  const id = file?.id ?? file?.url?.match(/-(F[A-Z0-9]+)\//)?.[1];
  return id ? surface.fileAddress(id) : "";
}

function alertLevel(block) {
  return ["info", "warning", "error", "success"].includes(block.level) ? block.level : "default";
}

// A message may hold input blocks too; only those that act at once mean anything there.
function drawUnknown(block, surface) {
  if (block.type !== "input") return h("p", { class: "unknown" }, `(A ${block.type} block is not shown here.)`);
  return [
    h("div", { class: "label" }, drawText(block.label, surface.names)),
    drawAction(block.element, block, surface, block.label?.text),
  ];
}
