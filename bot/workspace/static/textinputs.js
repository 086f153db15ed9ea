// Draws the elements in which text, numbers, dates and times are typed, as the controls that inputs.js describes.

import { drawOpener } from "./calendar.js";
import { fromLocalField, toLocalField } from "./dates.js";
import { h, icon, replaceChildren, uniqueId } from "./dom.js";
import { simpleValue } from "./entries.js";

export const TEXT_INPUTS = {
  plain_text_input: (element, context) =>
    element.multiline ? drawTextArea(element, context) : drawTextField(element, context, {}),
  number_input: (element, context) =>
    drawTextField(element, context, { inputmode: element.is_decimal_allowed ? "decimal" : "numeric" }),
  email_text_input: (element, context) => drawTextField(element, context, { inputmode: "email" }),
  url_text_input: (element, context) => drawTextField(element, context, { inputmode: "url" }),
  datepicker: (element, context) => drawNative(element, context, "date", { read: asIs, write: String }),
  timepicker: (element, context) =>
    drawNative(element, context, "time", { read: asIs, write: String, zone: element.timezone }),
  datetimepicker: (element, context) =>
    drawNative(element, context, "datetime-local", {
      read: fromLocalField,
      write: toLocalField,
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    }),
};

function drawTextField(element, context, extra) {
  const input = h("input", {
    id: context.id,
    type: "text",
    autocomplete: "off",
    placeholder: element.placeholder?.text,
    ...extra,
    ...context.attributes,
    on: { input: () => context.changed({ typing: true }), keydown: (event) => dispatchOnEnter(event, context) },
  });
  return textControl(input, element);
}

function drawTextArea(element, context) {
  const input = h("textarea", {
    id: context.id,
    rows: 5,
    placeholder: element.placeholder?.text,
    ...context.attributes,
    on: { input: () => context.changed({ typing: true }) },
  });
  return textControl(input, element);
}

function dispatchOnEnter(event, context) {
  if (event.key !== "Enter" || event.isComposing || !context.dispatchesOnEnter) return;
  event.preventDefault();
  context.changed({ enter: true });
}

function textControl(input, element) {
  const counter = element.max_length ? drawCounter(input, element.max_length) : null;
  return {
    node: counter ? h("div", { class: "counted" }, input, counter.node) : input,
    target: input,
    describedBy: counter?.node.id,
    value: () => input.value,
    set: (entry) => {
      input.value = simpleValue(entry) ?? "";
      counter?.update();
    },
    remember: () => ({ start: input.selectionStart, end: input.selectionEnd }),
    resume: ({ start, end }) => input.setSelectionRange(start, end),
  };
}

// Nothing is cut off at the limit: a paste that is too long can still be shortened by hand.
function drawCounter(input, most) {
  const node = h("p", { id: uniqueId("counter"), class: "counter" });
  const update = () => {
    const length = [...input.value].length;
    node.classList.toggle("over", length > most);
    replaceChildren(node, length > most ? `${length - most} too many: ${length} / ${most}` : `${length} / ${most}`);
  };
  input.addEventListener("input", update);
  update();
  return { node, update };
}

function drawNative(element, context, type, { read, write, zone = null }) {
  const clear = h(
    "button",
    { type: "button", class: "icon-button clear", "aria-label": "Clear", hidden: true, on: { click: () => empty() } },
    icon("close"),
  );
  const showClear = () => {
    clear.hidden = !(context.optional && input.value);
  };
  const change = () => {
    showClear();
    context.changed({});
  };
  const input = h("input", { id: context.id, type, ...context.attributes, on: { change } });
  const empty = () => {
    input.value = "";
    input.focus();
    change();
  };
  const zoneName = zone && h("span", { id: uniqueId("zone"), class: "description" }, zone.replaceAll("_", " "));
  const choose = (value) => {
    input.value = value;
    change();
  };
  const opener = drawOpener({ kind: type, frame: () => frame, read: () => input.value, write: choose });
  const frame = h("span", { class: "moment-frame" }, input, clear, opener);
  return {
    node: h("div", { class: "moment" }, frame, zoneName),
    target: input,
    describedBy: zoneName?.id,
    value: () => (input.value ? read(input.value) : null),
    problem: () => (input.validity.badInput ? "Please fill in all parts, or none." : null),
    set: (entry) => {
      const value = simpleValue(entry);
      input.value = value === null ? "" : write(value);
      showClear();
    },
  };
}

function asIs(value) {
  return value;
}
