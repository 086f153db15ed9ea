// The switch between light and dark colours, which is kept for the browser; `early.js` applies it at the next visit.

import { h, icon } from "./dom.js";
import { drawMenu } from "./menu.js";

const THEMES = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/** The button with the menu of appearances. */
export function drawAppearance() {
  const button = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Appearance", title: "Appearance" },
    icon("contrast"),
  );
  const entries = THEMES.map(([theme, label]) => ({ content: label, value: theme, choose: () => choose(theme) }));
  return h("span", { class: "appearance" }, drawMenu(button, entries, "Appearance", { chosen: now }));
}

function now() {
  return document.documentElement.dataset.theme;
}

function choose(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
}
