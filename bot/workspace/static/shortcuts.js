// The menu of what the app offers to do with a message.

import { h, icon } from "./dom.js";
import { drawMenu } from "./menu.js";

/** The button of a message with its menu of the app's shortcuts; null where there is none. */
export function drawShortcuts(shortcuts, appName, run) {
  if (!shortcuts.length) return null;
  const button = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": "More actions", title: "More actions", "data-tool": "more" },
    icon("vertical"),
  );
  const choose = async (shortcut) => {
    button.setAttribute("aria-busy", "true");
    await run(shortcut.callback_id);
    button.removeAttribute("aria-busy");
  };
  const entries = shortcuts.map((shortcut) => ({
    content: [
      h("span", {}, shortcut.name, h("span", { class: "by-app" }, ` — ${appName}`)),
      shortcut.description && h("span", { class: "description" }, shortcut.description),
    ],
    value: shortcut.callback_id,
    choose: () => choose(shortcut),
  }));
  return h("div", { class: "message-tools" }, drawMenu(button, entries, "Shortcuts"));
}
