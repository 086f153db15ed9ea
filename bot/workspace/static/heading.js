// The head of what is open: its name, the tabs of the app, whether an app is connected, and the page's tools.

import { h, icon, replaceChildren } from "./dom.js";
import { drawAppearance } from "./appearance.js";
import { drawPicture } from "./people.js";
import { StatusLine } from "./status.js";

export class Heading {
  constructor(directory, person, { openSidebar, togglePanel }) {
    this.directory = directory;
    this.person = person;
    this.status = new StatusLine(directory.app.name);
    this.title = h("h1", { tabindex: "-1" });
    this.menu = h(
      "button",
      {
        type: "button",
        class: "icon-button menu-button",
        "aria-label": "Conversations",
        "aria-expanded": "false",
        "aria-controls": "sidebar",
        on: { click: openSidebar },
      },
      icon("menu"),
    );
    this.inspector = h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": "Inspector",
        title: "Inspector: what goes between app and workspace",
        "aria-pressed": "false",
        on: { click: togglePanel },
      },
      icon("inspect"),
    );
    this.tabs = h("nav", { class: "tabs", "aria-label": directory.app.name, hidden: true });
    this.nodes = [
      h(
        "header",
        { class: "top" },
        this.menu,
        this.title,
        h("div", { class: "tools" }, this.status.node, drawAppearance(), this.inspector),
      ),
      this.tabs,
    ];
  }

  /** Names the conversation; `place` is its id, or "home" for the app's Home tab. */
  show(conversation, place) {
    const { app } = this.directory;
    const isApp = conversation.with_app;
    replaceChildren(
      this.title,
      isApp ? drawPicture(app.bot_user_id, app.name, { isApp: true, size: "small" }) : icon("hash"),
      h("span", {}, isApp ? app.name : conversation.name.replace(/^#/, "")),
    );
    this.tabs.hidden = !isApp;
    const tab = (id, label) =>
      h("a", { href: `#${this.person.id}/${id}`, "aria-current": id === place ? "page" : null }, label);
    const hadFocus = this.tabs.contains(document.activeElement);
    replaceChildren(this.tabs, app.has_home_tab && tab("home", "Home"), tab(conversation.id, "Messages"));
    if (hadFocus) this.tabs.querySelector("[aria-current]")?.focus();
  }

  countUnread(total) {
    this.menu.classList.toggle("has-unread", total > 0);
    this.menu.setAttribute("aria-label", total ? `Conversations, ${total} unread` : "Conversations");
  }
}
