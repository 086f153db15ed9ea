// The menus of what the app offers to do: with a message, or anywhere.

import { h, icon } from "./dom.js";
import { drawMenu } from "./menu.js";

/** The button of a message with its menu: the app's shortcuts and `more` entries; null where there is none. */
export function drawShortcuts(shortcuts, appName, run, more = []) {
  const menu = drawShortcutMenu(shortcuts, appName, run, { label: "More actions", picture: "vertical", more });
  return menu && h("div", { class: "message-tools" }, menu);
}

/** The button of the message box with the shortcuts that begin anywhere; null where there is none. */
export function drawGlobalShortcuts(shortcuts, appName, run) {
  return drawShortcutMenu(shortcuts, appName, run, { label: "Shortcuts", picture: "bolt" });
}

function drawShortcutMenu(shortcuts, appName, run, { label, picture, more = [] }) {
  if (!shortcuts.length && !more.length) return null;
  const button = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, "data-tool": "more" },
    icon(picture),
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
  return drawMenu(button, [...entries, ...more], more.length ? "Message" : "Shortcuts");
}
