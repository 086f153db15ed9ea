// What can be made to go wrong, each with its button; and the button that empties the workspace.

import { h, replaceChildren, uniqueId } from "./dom.js";
import { ask } from "./connection.js";
import { confirmed } from "./confirm.js";

const TIMES = { name: "times", label: "Times", type: "number", value: 1, min: 1, max: 100 };
const METHOD = { name: "method", label: "Method", type: "text", value: "", placeholder: "any" };
const FAULTS = [
  {
    fault: "slow",
    title: "Slow network",
    about:
      "Requests of the app wait for their answer, and so does what is sent to it. Beyond 3 s people see that it did not answer.",
    fields: [
      { name: "seconds", label: "Seconds", type: "number", value: 2, min: 0, max: 60, step: "any" },
      METHOD,
      TIMES,
    ],
  },
  {
    fault: "ratelimited",
    title: "Rate limit (429)",
    about: "Calls are answered with 429 and Retry-After.",
    fields: [
      { name: "retry_after", label: "Retry after, s", type: "number", value: 5, min: 0, max: 3600 },
      METHOD,
      TIMES,
    ],
  },
  {
    fault: "server_error",
    title: "Server error (5xx)",
    about: "Calls are answered with this status and no JSON.",
    fields: [{ name: "status", label: "Status", type: "number", value: 503, min: 500, max: 599 }, METHOD, TIMES],
  },
  {
    fault: "error",
    title: "An error of Slack's",
    about: "Calls are answered with ok: false and this error.",
    fields: [{ name: "error", label: "Error", type: "text", value: "fatal_error" }, METHOD, TIMES],
  },
  {
    fault: "duplicate",
    title: "Duplicated delivery",
    about: "The next command, interaction or event reaches the app twice.",
    fields: [TIMES],
  },
  {
    fault: "drop",
    title: "Dropped socket",
    about: "Socket Mode connections are cut now, without a word.",
    isAtOnce: true,
  },
  {
    fault: "refresh",
    title: "Refresh now",
    about: "Connections are told to reconnect, then closed, as Slack does every hour or so.",
    isAtOnce: true,
  },
  {
    fault: "warning",
    title: "Warning of a refresh",
    about: "The notice that comes some ten seconds before one.",
    isAtOnce: true,
  },
  {
    fault: "link_disabled",
    title: "Socket Mode off",
    about: "Connections end and no new ones are taken, until it is turned on again.",
    isAtOnce: true,
  },
];
const RESET = {
  title: { type: "plain_text", text: "Reset the workspace?" },
  text: {
    type: "plain_text",
    text: "Messages, forms, Home tabs and files of everybody here are forgotten. The app stays connected.",
  },
  confirm: { type: "plain_text", text: "Reset" },
  deny: { type: "plain_text", text: "Keep everything" },
  style: "danger",
};

export class Faults {
  /** `reset()` is called when the workspace was emptied. */
  constructor({ reset }) {
    this.whenReset = reset;
    this.news = h("p", { class: "fault-news", role: "status" });
    this.planned = h("ul", { class: "complaints" });
    this.forget = h(
      "button",
      { type: "button", class: "button", on: { click: () => this.stopAll() } },
      "Stop all faults",
    );
    const empty = h(
      "button",
      { type: "button", class: "button danger", on: { click: () => this.reset() } },
      "Reset workspace",
    );
    this.nodes = [
      h(
        "div",
        { class: "panel-scroll", tabindex: "0", role: "region", "aria-label": "Faults" },
        h("p", { class: "panel-lead" }, "See how the app takes what happens on bad days."),
        FAULTS.map((fault) => this.drawFault(fault)),
        h(
          "section",
          { class: "fault" },
          h("h3", {}, "Still to come"),
          this.planned,
          h("div", { class: "fault-foot" }, this.forget),
        ),
        h(
          "section",
          { class: "fault" },
          h("h3", {}, "Begin anew"),
          h("p", {}, "Everything is kept until you reset it here."),
          h("div", { class: "fault-foot" }, empty),
        ),
        this.news,
      ),
    ];
  }

  start() {
    this.show();
  }

  stop() {
    this.say("");
  }

  drawFault({ fault, title, about, fields = [], isAtOnce = false }) {
    const id = uniqueId("fault");
    const inputs = fields.map(({ label, ...attributes }) => ({
      label,
      input: h("input", {
        autocomplete: "off",
        spellcheck: "false",
        required: attributes.type === "number",
        ...attributes,
      }),
    }));
    const news = h("p", { class: "fault-news", role: "status" });
    const act = async (event) => {
      event.preventDefault();
      const body = Object.fromEntries(
        inputs.map(({ input }) => [input.name, valueOf(input)]).filter(([, value]) => value !== ""),
      );
      const answer = await ask("/control/faults", { fault, ...body });
      tell(news, answer, isAtOnce ? "Done." : "Planned.");
      this.show();
    };
    return h(
      "form",
      { class: "fault", "aria-labelledby": id, "data-fault": fault, on: { submit: act } },
      h("h3", { id }, title),
      h("p", {}, about),
      fields.length
        ? h(
            "div",
            { class: "fault-fields" },
            inputs.map(({ label, input }) => h("label", {}, label, input)),
          )
        : null,
      h(
        "div",
        { class: "fault-foot" },
        h("button", { type: "submit", class: "button" }, isAtOnce ? "Do it now" : "Plan it"),
        news,
      ),
    );
  }

  /** Lists what is planned and has not happened yet. */
  async show() {
    const answer = await ask("/control/faults");
    const planned = answer.planned ?? [];
    this.forget.hidden = !answer.ok;
    replaceChildren(
      this.planned,
      planned.length ? planned.map((plan) => h("li", {}, wordsFor(plan))) : h("li", {}, "Nothing is planned."),
    );
  }

  async stopAll() {
    this.say("Nothing goes wrong any more.", await ask("/control/faults", undefined, "DELETE"));
    this.show();
  }

  async reset() {
    if (!(await confirmed(RESET, null))) return;
    const answer = await ask("/people/reset", {});
    if (answer.ok) this.whenReset();
    this.say("The workspace is as new.", answer);
  }

  say(text, answer = { ok: true }) {
    tell(this.news, answer, text);
  }
}

function tell(node, answer, text) {
  node.classList.toggle("failed", !answer.ok);
  replaceChildren(node, answer.ok ? text : (answer.message ?? answer.error));
}

function valueOf(input) {
  return input.type === "number" && input.value !== "" ? Number(input.value) : input.value.trim();
}

function wordsFor(plan) {
  const { title, fields } = FAULTS.find((each) => each.fault === plan.fault) ?? { title: plan.fault, fields: [] };
  const parts = fields
    .filter(({ name }) => plan[name] !== null && plan[name] !== undefined)
    .map(({ name, label }) => `${label.toLowerCase()} ${plan[name]}`);
  return `${title}: ${parts.join(", ")}`;
}
