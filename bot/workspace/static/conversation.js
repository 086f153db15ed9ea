// One conversation: its messages, drawn once each and again only when they change.

import { arrange, h, icon, replaceChildren } from "./dom.js";
import { drawBlock } from "./blocks.js";
import { capitalised, clock, full, formatDate, isSameDay } from "./dates.js";
import { drawFiles } from "./files.js";
import { drawMrkdwn, drawUnformatted } from "./mrkdwn.js";
import { drawPicture } from "./people.js";
import { drawShortcuts } from "./shortcuts.js";
import { messageSurface } from "./surface.js";

const NEAR_BOTTOM = 120;
const GROUPED_SECONDS = 300;

export class MessageList {
  constructor({ connection, names, conversation, welcome }) {
    this.connection = connection;
    this.names = names;
    this.channel = conversation.id;
    this.welcome = welcome;
    this.drawn = new Map();
    this.list = h("div", { class: "messages", role: "log", "aria-label": "Messages", tabindex: "0" });
    this.node = this.list;
    this.isFollowing = true;
    this.list.addEventListener("scroll", () => {
      this.isFollowing = this.isNearBottom;
    });
    this.list.addEventListener("error", () => this.follow(), true);
    this.list.addEventListener("load", () => this.follow(), true);
    new ResizeObserver(() => this.follow()).observe(this.list);
  }

  get isNearBottom() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_BOTTOM;
  }

  /** Stays with the newest message, unless the person has scrolled up to read. */
  follow() {
    if (this.isFollowing) this.list.scrollTop = this.list.scrollHeight;
  }

  update(messages) {
    const focus = this.focusedAction();
    const older = this.drawn;
    this.drawn = new Map(messages.map((message, at) => [keyOf(message), this.keep(message, messages[at - 1], older)]));
    arrange(this.list, [this.welcome, ...[...this.drawn.values()].map((each) => each.node)]);
    if (focus) this.restore(focus);
    this.follow();
  }

  keep(message, previous, older) {
    const follows = continues(message, previous);
    const json = JSON.stringify([message, follows]);
    const known = older.get(keyOf(message));
    return known?.json === json ? known : { json, node: this.draw(message, follows) };
  }

  draw(message, follows) {
    const problem = h("p", { class: "message-problem", role: "alert", hidden: true });
    const surface = messageSurface({
      connection: this.connection,
      names: this.names,
      channel: this.channel,
      message,
      report: (text) => report(problem, text),
    });
    const classes = ["message", follows ? "follows" : "", message.ephemeral ? "ephemeral" : ""].join(" ").trim();
    return h(
      "article",
      {
        class: classes,
        "data-ts": message.ts,
        "data-ephemeral": message.ephemeral ? "true" : null,
        "aria-label": `${message.username}, ${full(momentOf(message))}`,
      },
      follows
        ? h("span", { class: "picture-space" })
        : drawPicture(message.user, message.username, { isApp: message.is_bot }),
      h(
        "div",
        { class: "message-body" },
        message.ephemeral && h("p", { class: "only-you" }, icon("eye"), "Only visible to you"),
        follows ? null : this.drawHead(message),
        h("div", { class: "message-content" }, this.drawContent(message, surface)),
        problem,
      ),
      message.ephemeral ? null : drawShortcuts(this.names.shortcuts, this.names.appName, surface.runShortcut),
    );
  }

  drawHead(message) {
    const moment = momentOf(message);
    const written = isSameDay(moment, new Date())
      ? clock(moment)
      : capitalised(formatDate(moment, "{date_short_pretty} at {time}", new Date()));
    return h(
      "div",
      { class: "message-head" },
      h("span", { class: "author" }, message.username),
      message.is_bot && h("span", { class: "badge app-badge" }, "APP"),
      h("time", { datetime: moment.toISOString(), title: full(moment) }, written),
    );
  }

  drawContent(message, surface) {
    const edited = message.edited && h("span", { class: "edited" }, " (edited)");
    const addressOf = (file) => this.connection.addressOf(file.id);
    const files = message.files?.length ? drawFiles(message.files, addressOf) : null;
    if (message.blocks?.length) return [message.blocks.map((block) => drawBlock(block, surface)), edited, files];
    if (!message.text && files) return files;
    const draw = message.mrkdwn === false ? drawUnformatted : drawMrkdwn;
    return [h("div", { class: "text" }, draw(message.text ?? "", this.names), edited), files];
  }

  focusedAction() {
    const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
    const article = focused?.closest("[data-ts]");
    return article && { ts: article.dataset.ts, key: keyIn(focused, article), node: focused };
  }

  // A message that was redrawn under a pressed button gives the focus to its successor.
  restore({ ts, key, node }) {
    if (node.isConnected) return;
    const article = this.list.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
    const successor = key && article?.querySelector(key);
    (successor ?? this.list).focus({ preventScroll: true });
  }
}

/** What a conversation says before anybody has written in it. */
export function drawWelcome(conversation, { app, commands }) {
  const [first] = commands;
  const name = conversation.with_app ? app.name : `#${conversation.name.replace(/^#/, "")}`;
  const what = conversation.with_app
    ? `Here ${app.name} tells you how your jobs are doing.`
    : `This is the beginning of ${name}.`;
  return h(
    "div",
    { class: "welcome" },
    h("h3", {}, name),
    h("p", {}, what),
    first && h("p", {}, "Type ", h("code", {}, first.command), " in the box below and press Enter to begin."),
  );
}

// Finds the same button in the message's next drawing.
function keyIn(focused, article) {
  if (focused.dataset.actionId) return `[data-action-id="${CSS.escape(focused.dataset.actionId)}"]`;
  return article.querySelector(".message-tools")?.contains(focused) ? "[data-tool]" : null;
}

function keyOf(message) {
  return `${message.ts}${message.ephemeral ? "-only-you" : ""}`;
}

function continues(message, previous) {
  if (!previous || message.ephemeral || previous.ephemeral || message.is_bot || message.user !== previous.user)
    return false;
  return Number(message.ts) - Number(previous.ts) < GROUPED_SECONDS;
}

function momentOf(message) {
  return new Date(Number(message.ts) * 1000);
}

function report(problem, text) {
  problem.hidden = !text;
  replaceChildren(problem, text ?? "");
}
