// The app's Home tab.

import { h, replaceChildren } from "./dom.js";
import { BlockList } from "./blocks.js";
import { viewSurface } from "./surface.js";

export class Home {
  constructor(connection, names, appName) {
    this.connection = connection;
    this.names = names;
    this.view = null;
    this.problem = h("p", { class: "banner", role: "alert", hidden: true });
    this.empty = h("p", { class: "empty" }, `${appName} has not put anything here yet.`);
    this.blocks = this.newBlocks();
    this.node = h(
      "div",
      { class: "home", tabindex: "0", role: "region", "aria-label": "Home" },
      this.problem,
      this.empty,
      this.blocks.node,
    );
  }

  newBlocks() {
    return new BlockList(
      viewSurface({
        connection: this.connection,
        names: this.names,
        source: { type: "home" },
        current: () => this.view,
        blocks: () => this.blocks,
        report: (message) => this.report(message),
      }),
    );
  }

  /** Tells the app that its Home tab is being looked at. */
  async visit() {
    const answer = await this.connection.post("home", {});
    if (!answer.ok) this.report(answer.message ?? "The app could not be told that you are here.");
  }

  update(view) {
    if (this.view && !view) this.visit(); // the workspace was reset under it
    this.view = view;
    this.empty.hidden = Boolean(view);
    this.blocks.update(view?.blocks ?? []);
  }

  report(message) {
    this.problem.hidden = !message;
    replaceChildren(this.problem, message ?? "");
  }
}
