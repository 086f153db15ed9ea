// The sidebar: the conversations and the app with their unread marks, and who one is.

import { h, icon, replaceChildren } from "./dom.js";
import { drawPicture } from "./people.js";

export class Sidebar {
  constructor(directory, person) {
    this.directory = directory;
    this.person = person;
    this.links = h("nav", { "aria-label": "Conversations" });
    this.node = h(
      "aside",
      { id: "sidebar", class: "sidebar", "aria-label": "Workspace" },
      h("div", { class: "workspace-name" }, directory.workspace.name),
      this.links,
      this.drawSwitcher(),
    );
  }

  drawSwitcher() {
    const name = this.person.real_name || this.person.name;
    return h(
      "a",
      { class: "switcher", href: "#" },
      h("span", { class: "presence" }, drawPicture(this.person.id, name)),
      h(
        "span",
        { class: "person-text" },
        h("span", { class: "person-name" }, h("span", { class: "visually-hidden" }, "You are "), name),
        h("span", { class: "description" }, "Switch person"),
      ),
    );
  }

  /** `place` is the id of the open conversation or "home"; `unread` counts messages by conversation. */
  update(conversations, { place, unread }) {
    const { app } = this.directory;
    const link = (each, picture, label) =>
      this.drawLink(each.id, picture, label, {
        isHere: each.id === place || (each.with_app && place === "home"),
        count: unread.get(each.id) ?? 0,
      });
    const channels = conversations.filter((each) => !each.with_app);
    const direct = conversations.filter((each) => each.with_app);
    const lists = [
      drawList(
        "Channels",
        channels.map((each) => link(each, icon(each.kind === "channel" ? "hash" : "people"), each.name)),
      ),
      drawList(
        "Apps",
        direct.map((each) =>
          link(each, drawPicture(app.bot_user_id, app.name, { isApp: true, size: "small" }), app.name),
        ),
      ),
    ];
    const focused = this.links.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    replaceChildren(this.links, lists);
    if (focused) [...this.links.querySelectorAll("a")].find((each) => each.getAttribute("href") === focused)?.focus();
  }

  drawLink(id, picture, label, { isHere, count }) {
    return h(
      "li",
      {},
      h(
        "a",
        {
          href: `#${this.person.id}/${id}`,
          "data-conversation": id,
          class: count ? "unread" : null,
          "aria-current": isHere ? "page" : null,
        },
        picture,
        h("span", { class: "link-label" }, label.replace(/^#/, "")),
        count ? h("span", { class: "count" }, String(count), h("span", { class: "visually-hidden" }, " unread")) : null,
      ),
    );
  }
}

function drawList(title, links) {
  return h("section", {}, h("h2", {}, title), h("ul", {}, links));
}
