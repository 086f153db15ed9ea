// Draws the elements that hold a value, each as a control {node, target, value(), set(entry), keep()}. It may also say
// why its value cannot be sent (`problem`), what describes it (`describedBy`), what it does when it follows an older
// drawing of itself (`takeOver` its value, `remember` and `resume` what the person was doing) and when it goes (`dispose`).

import { h, uniqueId } from "./dom.js";
import { choice, choicesOf, localSearch } from "./choices.js";
import { Combobox } from "./combobox.js";
import { simpleValue } from "./entries.js";
import { drawFileInput } from "./filepicker.js";
import { drawText } from "./mrkdwn.js";
import { drawRichInput } from "./richinput.js";
import { TEXT_INPUTS } from "./textinputs.js";

const DEFAULT_MIN_QUERY = 3;

const DRAW = {
  ...TEXT_INPUTS,
  file_input: drawFileInput,
  rich_text_input: drawRichInput,
  static_select: drawStaticSelect,
  multi_static_select: drawStaticSelect,
  external_select: drawExternalSelect,
  multi_external_select: drawExternalSelect,
  users_select: drawPeopleSelect,
  multi_users_select: drawPeopleSelect,
  channels_select: drawChannelsSelect,
  multi_channels_select: drawChannelsSelect,
  conversations_select: drawConversationsSelect,
  multi_conversations_select: drawConversationsSelect,
  radio_buttons: drawRadioButtons,
  checkboxes: drawCheckboxes,
};

/** Whether the element holds a value that this page can ask for. */
export function isInput(type) {
  return Object.hasOwn(DRAW, type);
}

/**
 * The control of one element. Context: id, attributes, names, `optional`, `options(typed)` for choices the app offers,
 * `changed({typing, enter})`, `upload(file, progress)`, `waiting()` when uploads begin and end. A control with `grouped` is labelled by a legend rather than by `for`.
 */
export function drawControl(element, context) {
  const attributes = {
    "data-action-id": element.action_id,
    "data-focus-on-load": Boolean(element.focus_on_load),
    ...context.attributes,
  };
  const control = DRAW[element.type](element, { ...context, attributes });
  control.keep ??= () => keepValue(control);
  control.takeOver ??= (older) => control.set({ value: older.value() });
  return control;
}

// What brings back the value of now; a select keeps its labels as well.
function keepValue(control) {
  const value = control.value();
  return () => control.set({ value });
}

function drawStaticSelect(element, context) {
  return drawSelect(element, context, localSearch(choicesOf(element)));
}

function drawPeopleSelect(element, context) {
  return drawSelect(element, context, localSearch(context.names.people().map(named)));
}

function drawChannelsSelect(element, context) {
  return drawSelect(element, context, localSearch(context.names.channels().map(named)));
}

function drawConversationsSelect(element, context) {
  return drawSelect(element, context, localSearch(context.names.conversations().map(named)));
}

function drawExternalSelect(element, context) {
  const least = element.min_query_length ?? DEFAULT_MIN_QUERY;
  const search = (typed) => {
    if (typed.length < least) return { message: `Type at least ${least} character${least === 1 ? "" : "s"} to search` };
    return context.options(typed).then(offered);
  };
  return drawSelect(element, context, search);
}

function offered(answer) {
  if (answer.error === "invalid_options") return { message: `Slack would refuse the app's choices: ${answer.message}` };
  if (!answer.ok) return { message: answer.message ?? "The app did not offer any choices. Try again?" };
  return { choices: choicesOf(answer) };
}

function drawSelect(element, context, search) {
  const multiple = element.type.startsWith("multi_");
  const combobox = new Combobox({
    id: context.id,
    multiple,
    search,
    isRemote: element.type.endsWith("external_select"),
    placeholder: element.placeholder?.text,
    clearable: context.optional,
    limit: element.max_selected_items,
    attributes: context.attributes,
    changed: () => context.changed({}),
  });
  return {
    node: combobox.node,
    target: combobox.input,
    value: () => (multiple ? combobox.selected.map((each) => each.value) : (combobox.selected[0]?.value ?? null)),
    set: (entry) => combobox.select(chosenIn(entry, context.names)),
    keep: () => combobox.select.bind(combobox, combobox.selected),
    combobox,
    takeOver: (older) => combobox.select(older.combobox.selected),
    remember: () => combobox.remember(),
    resume: (memory) => combobox.resume(memory),
    dispose: () => combobox.dispose(),
  };
}

// People and channels stand in an entry by id alone; options bring their label with them.
function chosenIn(entry, names) {
  if (entry.selected_option) return [choice(entry.selected_option, null)];
  if (entry.selected_options) return entry.selected_options.map((option) => choice(option, null));
  const ids = [simpleValue(entry) ?? []].flat();
  return ids.map((id) => named({ id, name: names.person(id) ?? names.channel(id) ?? id }));
}

function named({ id, name, description = "" }) {
  return { value: id, label: name, description, group: null };
}

function drawRadioButtons(element, context) {
  return drawMarks(element, context, "radio", (values) => values[0] ?? null);
}

function drawCheckboxes(element, context) {
  return drawMarks(element, context, "checkbox", (values) => values);
}

function drawMarks(element, context, type, answer) {
  const marks = element.options.map((option) => drawMark(option, type, context));
  const markOf = (value) => marks.find((mark) => mark.input.value === value)?.input;
  const group = h(
    "div",
    {
      id: context.id,
      class: "marks",
      tabindex: "-1",
      role: type === "radio" ? "radiogroup" : "group",
      ...context.attributes,
    },
    marks.map((mark) => mark.node),
  );
  return {
    node: group,
    get target() {
      return marks.find((mark) => mark.input.checked)?.input ?? marks[0].input;
    },
    grouped: true,
    value: () => answer(marks.filter((mark) => mark.input.checked).map((mark) => mark.input.value)),
    set: (entry) => {
      const chosen = new Set([simpleValue(entry) ?? []].flat());
      for (const { input } of marks) input.checked = chosen.has(input.value);
    },
    remember: () => ({ value: document.activeElement.value }),
    resume: ({ value }) => markOf(value)?.focus(),
  };
}

function drawMark(option, type, context) {
  const id = uniqueId("mark");
  const describedBy = option.description ? `${id}-description` : null;
  const input = h("input", {
    id,
    type,
    name: `${context.id}-marks`,
    value: option.value,
    "aria-describedby": describedBy,
    on: { change: () => context.changed({}) },
  });
  const description =
    describedBy && h("span", { id: describedBy, class: "description" }, drawText(option.description, context.names));
  return {
    input,
    node: h(
      "div",
      { class: "mark" },
      input,
      h("label", { for: id }, drawText(option.text, context.names)),
      description,
    ),
  };
}
