// The side panel for developers: what goes between app and workspace, and what can be made to go wrong.

import { h, icon, uniqueId } from "./dom.js";
import { Faults } from "./faults.js";
import { Traffic } from "./traffic.js";

export class Panel {
  /** `opened(isOpen)` follows each opening and closing; `reset()` each emptying of the workspace. */
  constructor({ opened, reset }) {
    this.opened = opened;
    this.traffic = new Traffic();
    this.faults = new Faults({ reset });
    this.pages = [this.makePage("Traffic", this.traffic), this.makePage("Faults", this.faults)];
    const tabs = this.pages.map((page) => page.tab);
    const cross = h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": "Close inspector",
        on: { click: () => this.toggle(false) },
      },
      icon("close"),
    );
    this.node = h(
      "aside",
      { class: "panel", "aria-label": "Inspector", hidden: true, on: { keydown: (event) => this.onKey(event) } },
      h("div", { class: "panel-head" }, h("h2", {}, "Inspector"), cross),
      h("div", { class: "panel-tabs", role: "tablist", "aria-label": "Inspector" }, tabs),
      this.pages.map((page) => page.node),
    );
    this.turn = () => this.follow();
    document.addEventListener("visibilitychange", this.turn);
    this.show(this.pages[0]);
  }

  makePage(label, content) {
    const id = uniqueId("panel");
    const tab = h("button", { type: "button", role: "tab", id: `${id}-tab`, "aria-controls": id }, label);
    const attributes = { id, class: "panel-page", role: "tabpanel", "aria-labelledby": tab.id };
    const page = { tab, content, node: h("div", attributes, content.nodes) };
    tab.addEventListener("click", () => this.show(page));
    tab.addEventListener("keydown", (event) => this.walk(event));
    return page;
  }

  show(page) {
    this.shown = page;
    for (const each of this.pages) {
      each.tab.setAttribute("aria-selected", String(each === page));
      each.tab.tabIndex = each === page ? 0 : -1;
      each.node.hidden = each !== page;
    }
    this.follow();
  }

  walk(event) {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    const other = this.pages.find((page) => page !== this.shown);
    this.show(other);
    other.tab.focus();
  }

  toggle(isOpen = this.node.hidden) {
    this.node.hidden = !isOpen;
    this.follow();
    this.opened(isOpen);
    if (isOpen) this.shown.tab.focus();
  }

  // What is not looked at asks the workspace for nothing.
  follow() {
    for (const page of this.pages) {
      if (!this.node.hidden && !document.hidden && page === this.shown) page.content.start();
      else page.content.stop();
    }
  }

  onKey(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.stopPropagation();
    this.toggle(false);
  }

  close() {
    document.removeEventListener("visibilitychange", this.turn);
    for (const page of this.pages) page.content.stop();
  }
}
