// The sidebar: who one is, the conversations with their unread marks, and the app's tabs.

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
      this.drawSwitcher(),
      this.links,
    );
  }

  drawSwitcher() {
    const name = this.person.real_name || this.person.name;
    return h(
      "a",
      { class: "switcher", href: "#", "aria-label": `You are ${name}. Switch person` },
      drawPicture(this.person.id, name),
      h(
        "span",
        { class: "person-text" },
        h("span", { class: "person-name" }, name),
        h("span", { class: "description" }, "Switch person"),
      ),
    );
  }

  /** `place` is the id of the open conversation or "home"; `unread` counts messages by conversation. */
  update(conversations, { place, unread }) {
    const link = (id, symbol, label) =>
      this.drawLink(id, symbol, label, { isHere: id === place, count: unread.get(id) ?? 0 });
    const channels = conversations.filter((each) => !each.with_app);
    const direct = conversations.filter((each) => each.with_app);
    const lists = [
      drawList(
        "Channels",
        channels.map((each) => link(each.id, each.kind === "channel" ? "hash" : "people", each.name.replace(/^#/, ""))),
      ),
      drawList(this.directory.app.name, [
        link("home", "home", "Home"),
        ...direct.map((each) => link(each.id, "chat", "Messages")),
      ]),
    ];
    const focused = this.links.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    replaceChildren(this.links, lists);
    if (focused) [...this.links.querySelectorAll("a")].find((each) => each.getAttribute("href") === focused)?.focus();
  }

  drawLink(id, symbol, label, { isHere, count }) {
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
        icon(symbol),
        h("span", { class: "link-label" }, label),
        count ? h("span", { class: "count" }, String(count), h("span", { class: "visually-hidden" }, " unread")) : null,
      ),
    );
  }
}

function drawList(title, links) {
  return h("section", {}, h("h2", {}, title), h("ul", {}, links));
}
