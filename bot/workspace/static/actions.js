// Draws the elements that act at once: buttons, overflow menus, and inputs that stand outside an input block.

import { h, icon, uniqueId } from "./dom.js";
import { confirmed } from "./confirm.js";
import { unsupported } from "./field.js";
import { drawControl, isInput } from "./inputs.js";
import { drawMenu } from "./menu.js";
import { drawText, safeAddress } from "./mrkdwn.js";

/** One element of an actions block, or the accessory of a section; `label` names it where it has no text of its own. */
export function drawAction(element, block, surface, label = null) {
  if (element.type === "button") return drawButton(element, block, surface);
  if (element.type === "workflow_button") return drawButton(element, block, surface);
  if (element.type === "icon_button") return drawIconButton(element, element.text, block, surface);
  if (element.type === "feedback_buttons") return drawFeedback(element, block, surface);
  if (element.type === "overflow") return drawOverflow(element, block, surface);
  if (isInput(element.type)) return drawLooseInput(element, block, surface, label);
  return h("span", { class: "unknown", "data-action-id": element.action_id }, unsupported(element.type));
}

function drawButton(element, block, surface) {
  const address = element.url && safeAddress(element.url);
  const link = address ? { href: address, target: "_blank", rel: "noopener noreferrer" } : { type: "button" };
  const button = h(
    address ? "a" : "button",
    {
      ...link,
      class: `button ${element.style ?? ""}`,
      "data-action-id": element.action_id,
      "aria-label": element.accessibility_label,
    },
    drawText(element.text, surface.names),
  );
  button.addEventListener("click", (event) => press(event, button, element, block, surface));
  return button;
}

async function press(event, button, element, block, surface) {
  if (element.confirm) event.preventDefault();
  if (button.getAttribute("aria-busy") === "true" || !(await confirmed(element.confirm, surface.names))) return;
  if (element.confirm && button.href) window.open(button.href, "_blank", "noopener");
  button.setAttribute("aria-busy", "true");
  await surface.act(block.block_id, element.action_id, element.type ? undefined : element.value);
  button.removeAttribute("aria-busy");
}

// Its picture is the app's affair; the page knows the one that Slack documents.
function drawIconButton(element, text, block, surface, sign = element.icon === "trash" ? "🗑️" : "•") {
  const button = h(
    "button",
    {
      type: "button",
      class: "icon-button",
      "data-action-id": element.action_id,
      title: text.text,
      "aria-label": element.accessibility_label ?? text.text,
    },
    h("span", { "aria-hidden": "true" }, sign),
  );
  button.addEventListener("click", (event) => press(event, button, element, block, surface));
  return button;
}

function drawFeedback({ action_id: id, positive_button: yes, negative_button: no }, block, surface) {
  const draw = (choice, sign) => drawIconButton({ ...choice, action_id: id }, choice.text, block, surface, sign);
  return h("span", { class: "feedback" }, draw(yes, "👍"), draw(no, "👎"));
}

function drawLooseInput(element, block, surface, label) {
  const control = drawControl(element, {
    id: uniqueId("loose"),
    names: surface.names,
    optional: false,
    dispatchesOnEnter: true,
    attributes: { "aria-label": element.placeholder?.text ?? label ?? "Choose" },
    options: (typed) => surface.options(block.block_id, element.action_id, typed),
    changed: ({ typing }) => typing || change(),
  });
  control.set(surface.entry(block.block_id, element));
  let restore = control.keep();
  const change = async () => {
    if (!(await confirmed(element.confirm, surface.names))) return restore();
    restore = control.keep();
    return surface.act(block.block_id, element.action_id, control.value());
  };
  return h("div", { class: "loose-input" }, control.node);
}

function drawOverflow(element, block, surface) {
  const button = h(
    "button",
    {
      type: "button",
      class: "button icon-only",
      "data-action-id": element.action_id,
      "aria-label": "More actions",
    },
    icon("more"),
  );
  const choose = async (option) => {
    if (!(await confirmed(element.confirm, surface.names))) return;
    if (option.url && safeAddress(option.url)) window.open(safeAddress(option.url), "_blank", "noopener");
    await surface.act(block.block_id, element.action_id, option.value);
  };
  const entries = element.options.map((option) => ({
    content: [
      drawText(option.text, surface.names),
      option.description && h("span", { class: "description" }, drawText(option.description, surface.names)),
    ],
    value: option.value,
    choose: () => choose(option),
  }));
  return drawMenu(button, entries, "More actions");
}
