// The line that says whether an app is connected.

import { h, replaceChildren } from "./dom.js";

export class StatusLine {
  constructor(appName) {
    this.words = {
      opening: "Connecting…",
      lost: "Workspace not reachable, trying again…",
      connected: `${appName} is connected`,
      waiting: "No app connected yet",
    };
    this.text = h("span");
    this.node = h("p", { class: "status", role: "status" }, h("span", { class: "dot" }), this.text);
    this.say("opening");
  }

  show({ isReachable, apps = 0 }) {
    if (!isReachable) this.say("lost");
    else this.say(apps ? "connected" : "waiting");
  }

  // Said once, so that a screen reader does not hear it with each snapshot.
  say(state) {
    if (this.node.dataset.state === state) return;
    this.node.dataset.state = state;
    replaceChildren(this.text, this.words[state]);
  }
}
