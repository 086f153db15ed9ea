// A button with the menu that it opens.

import { h, place, uniqueId } from "./dom.js";

/**
 * The button and its menu; `entries` are {content, value, choose}, and the menu closes before one is chosen. With
 * `chosen()`, the value that holds now, it is a menu of which one entry is marked.
 */
export function drawMenu(button, entries, label, { chosen = null } = {}) {
  const id = uniqueId("menu");
  const close = () => {
    menu.hidePopover();
    button.focus();
  };
  const items = entries.map((entry) => drawEntry(entry, close, chosen ? "menuitemradio" : "menuitem"));
  const menu = h(
    "div",
    {
      id,
      class: "popup menu",
      role: "menu",
      popover: "auto",
      "aria-label": label,
      on: { keydown: (event) => walk(event, items, close) },
    },
    items,
  );
  const open = (first) => {
    if (chosen) for (const item of items) item.setAttribute("aria-checked", String(item.dataset.value === chosen()));
    menu.showPopover();
    place(menu, button);
    first.focus();
  };
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", id);
  menu.addEventListener("toggle", (event) => button.setAttribute("aria-expanded", String(event.newState === "open")));
  button.addEventListener("click", () => open(items[0]));
  button.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    open(event.key === "ArrowDown" ? items[0] : items.at(-1));
  });
  return h("span", { class: "overflow" }, button, menu);
}

function drawEntry({ content, value, choose }, close, role) {
  const act = () => {
    close();
    choose();
  };
  return h("button", { type: "button", role, tabindex: "-1", "data-value": value, on: { click: act } }, content);
}

function walk(event, items, close) {
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (event.key === "Tab") return close(); // and the browser goes on from the button
  if (next !== undefined) items[(next + items.length) % items.length].focus();
  else if (event.key === "Escape") close();
  else return null;
  event.preventDefault();
  return event.stopPropagation();
}
