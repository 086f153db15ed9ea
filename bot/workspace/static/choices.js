// Choices of a select: read from Slack's options, searched, and drawn as options of a listbox.

import { h, uniqueId } from "./dom.js";

/** Slack's options and option groups as one list of choices {value, label, description, group, option}. */
export function choicesOf({ options, option_groups: groups }) {
  const plain = (options ?? []).map((option) => choice(option, null));
  const grouped = (groups ?? []).flatMap((group) => group.options.map((option) => choice(option, group.label.text)));
  return [...plain, ...grouped];
}

export function choice(option, group) {
  return { value: option.value, label: option.text.text, description: option.description?.text ?? "", group };
}

/** A search over choices the page already has. */
export function localSearch(choices) {
  return (typed) => {
    const wanted = typed.toLowerCase();
    return {
      choices: choices.filter((each) =>
        `${each.label} ${each.description} ${each.group ?? ""}`.toLowerCase().includes(wanted),
      ),
    };
  };
}

export function drawChoice({ value, label, description }, { isSelected, pick, point }) {
  return h(
    "div",
    {
      id: uniqueId("choice"),
      role: "option",
      "aria-selected": String(isSelected),
      "data-value": value,
      on: { click: pick, mousemove: point },
    },
    h("span", { class: "choice-label" }, label),
    description && h("span", { class: "description" }, description),
  );
}

/** The nodes of the choices under the labels of their groups. */
export function inGroups(choices, nodes) {
  const groups = new Map();
  choices.forEach(({ group }, at) => groups.set(group, [...(groups.get(group) ?? []), nodes[at]]));
  return [...groups].map(([group, members]) => (group === null ? members : drawGroup(group, members)));
}

function drawGroup(label, nodes) {
  const id = uniqueId("group");
  return h("div", { role: "group", "aria-labelledby": id }, h("div", { id, class: "group-label" }, label), nodes);
}
