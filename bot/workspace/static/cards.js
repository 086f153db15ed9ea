// Draws the blocks that hold others or tell of progress: card, carousel, container, task_card and plan.

import { h } from "./dom.js";
import { drawLink, drawText } from "./mrkdwn.js";
import { drawRichText } from "./richtext.js";

const STATUS = {
  pending: ["○", "Pending"],
  in_progress: ["◐", "In progress"],
  complete: ["✓", "Complete"],
  error: ["✕", "Error"],
};

/** `draw` holds what blocks.js draws images and elements with. */
export function drawCard(block, surface, draw) {
  const text = (object, attributes) => object && h("div", attributes, drawText(object, surface.names));
  return h(
    "div",
    { class: "card" },
    block.hero_image && draw.image(block.hero_image, "hero", surface),
    h(
      "div",
      { class: "card-head" },
      block.icon && draw.image(block.icon, "card-icon", surface),
      h("div", {}, text(block.title, { class: "card-title" }), text(block.subtitle, { class: "description" })),
    ),
    text(block.body, { class: "text" }),
    text(block.subtext, { class: "description" }),
    block.actions &&
      h(
        "div",
        { class: "action-row" },
        block.actions.map((element) => draw.action(element, block, surface)),
      ),
  );
}

export function drawCarousel(block, surface, draw) {
  const cards = block.elements.map((card) => h("li", {}, drawCard(card, surface, draw)));
  return h("ul", { class: "carousel", tabindex: "0", "aria-label": "Cards" }, cards);
}

export function drawContainer(block, surface, draw) {
  const title = block.title ? drawText(block.title, surface.names) : drawRichText(block.rich_text_title, surface.names);
  const head = [
    block.icon && draw.image(block.icon, "card-icon", surface),
    h(
      "span",
      {},
      h("strong", {}, title),
      block.subtitle && h("span", { class: "description" }, drawText(block.subtitle, surface.names)),
    ),
  ];
  const inside = block.child_blocks.map((child) => draw.block(child, surface));
  if (!block.is_collapsible)
    return h(
      "div",
      { class: `container ${block.width ?? "standard"}` },
      h("div", { class: "card-head" }, head),
      inside,
    );
  const open = !block.default_collapsed;
  return h("details", { class: `container ${block.width ?? "standard"}`, open }, h("summary", {}, head), inside);
}

export function drawTask(block, surface) {
  const status = block.status ?? "pending";
  const [sign, word] = STATUS[status];
  const sources = block.sources?.length
    ? h(
        "p",
        { class: "description" },
        block.sources.map((source) => [drawLink(source.url, source.text ?? source.url), " "]),
      )
    : null;
  return h(
    "div",
    { class: `task ${status}` },
    h("span", { class: "task-sign", role: "img", "aria-label": word }, sign),
    h(
      "div",
      { class: "rich-text" },
      h("strong", {}, block.title),
      block.details && drawRichText(block.details, surface.names),
      block.output && drawRichText(block.output, surface.names),
      sources,
    ),
  );
}

export function drawPlan(block, surface) {
  const tasks = (block.tasks ?? []).map((task) => h("li", {}, drawTask(task, surface)));
  return h("div", { class: "card" }, h("div", { class: "card-title" }, block.title), h("ul", { class: "plan" }, tasks));
}
