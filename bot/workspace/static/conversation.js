// One conversation: its messages, drawn once each and again only when they change.

import { arrange, h, icon, replaceChildren } from "./dom.js";
import { drawBlock } from "./blocks.js";
import { capitalised, clock, full, formatDate, isSameDay } from "./dates.js";
import { changeEntries } from "./editing.js";
import { emoji } from "./emoji.js";
import { drawFiles } from "./files.js";
import { drawMrkdwn, drawUnformatted } from "./mrkdwn.js";
import { drawPicture } from "./people.js";
import { ReplyBox } from "./replies.js";
import { drawShortcuts } from "./shortcuts.js";
import { messageSurface } from "./surface.js";

const NEAR_BOTTOM = 120;
const GROUPED_SECONDS = 300;

export class MessageList {
  constructor({ connection, names, conversation, person, welcome }) {
    this.connection = connection;
    this.names = names;
    this.channel = conversation.id;
    this.person = person;
    this.welcome = welcome;
    this.drawn = new Map();
    this.days = new Map();
    this.openThreads = new Set();
    this.place = conversation.with_app ? "the conversation" : `#${conversation.name.replace(/^#/, "")}`;
    this.replyBoxes = new Map();
    this.newLine = h("div", { class: "new", role: "separator", "aria-label": "New messages" }, "New");
    this.list = h("div", { class: "messages", role: "log", "aria-label": "Messages", tabindex: "0" });
    this.jump = h(
      "button",
      { type: "button", class: "jump", hidden: true, on: { click: () => this.jumpToEnd() } },
      icon("down"),
      "New messages",
    );
    this.nodes = [this.list, this.jump];
    this.isFollowing = true;
    this.list.addEventListener("scroll", () => this.notice());
    this.list.addEventListener("error", () => this.follow(), true);
    this.list.addEventListener("load", () => this.follow(), true);
    new ResizeObserver(() => this.follow()).observe(this.list);
  }

  get isNearBottom() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_BOTTOM;
  }

  notice() {
    this.isFollowing = this.isNearBottom;
    if (this.isFollowing) this.jump.hidden = true;
  }

  /** Stays with the newest message, unless the person has scrolled up to read. */
  follow() {
    if (this.isFollowing) this.list.scrollTop = this.list.scrollHeight;
  }

  jumpToEnd() {
    this.list.scrollTop = this.list.scrollHeight;
    this.list.focus({ preventScroll: true });
    this.notice();
  }

  /** Draws these messages; `firstNew` is the id of the one before which the line of news stands. */
  update(messages, firstNew = null) {
    const focus = this.focusedAction();
    const older = this.drawn;
    const { roots, replies } = inThreads(messages);
    this.drawn = new Map(
      roots.map((message, at) => [keyOf(message), this.keep(message, roots[at - 1], replies.get(message.ts), older)]),
    );
    arrange(this.list, [
      this.welcome,
      ...roots.flatMap((message, at) => this.withLines(message, roots[at - 1], firstNew)),
    ]);
    if (focus) this.restore(focus);
    const hasNews = older.size > 0 && roots.some((message) => !older.has(keyOf(message)));
    if (hasNews && !this.isFollowing) this.jump.hidden = false;
    this.follow();
  }

  // Before the first message of each day stands the day, before the first new one a line.
  withLines(message, previous, firstNew) {
    const moment = momentOf(message);
    const beginsDay = !previous || !isSameDay(moment, momentOf(previous));
    const { node } = this.drawn.get(keyOf(message));
    return [beginsDay && this.dayOf(moment), message.ts === firstNew && this.newLine, node].filter(Boolean);
  }

  dayOf(moment) {
    const label = capitalised(formatDate(moment, "{day_divider_pretty}", new Date()));
    const key = moment.toDateString();
    const known = this.days.get(key);
    if (known?.textContent === label) return known;
    const day = h("div", { class: "day" }, h("time", { datetime: formatDate(moment, "{date_num}", moment) }, label));
    this.days.set(key, day);
    return day;
  }

  keep(message, previous, replies, older) {
    const follows = continues(message, previous);
    const json = JSON.stringify([message, follows, replies]);
    const known = older.get(keyOf(message));
    return known?.json === json ? known : { json, node: this.draw(message, { follows, replies }) };
  }

  draw(message, { follows = false, replies = [], isInThread = false }) {
    const problem = h("p", { class: "message-problem", role: "alert", hidden: true });
    const surface = messageSurface({
      connection: this.connection,
      names: this.names,
      channel: this.channel,
      message,
      report: (text) => report(problem, text),
    });
    const body = h("div", { class: "message-content" }, this.drawContent(message, surface));
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
        ? h("span", { class: "picture-space", "aria-hidden": "true" }, h("time", {}, clock(momentOf(message))))
        : drawPicture(message.user, message.username, { isApp: message.is_bot }),
      h(
        "div",
        { class: "message-body" },
        message.ephemeral && h("p", { class: "only-you" }, icon("eye"), "Only visible to you"),
        follows ? null : this.drawHead(message),
        message.broadcast && !isInThread ? drawOrigin(message, this.names) : null,
        body,
        problem,
        drawReactions(message, this.names),
        replies.length ? this.drawThread(message, replies) : null,
      ),
      message.ephemeral || message.deleted ? null : this.drawTools(message, surface, body),
    );
  }

  drawTools(message, surface, body) {
    const { shortcuts, appName } = this.names;
    const changes = changeEntries(message, { person: this.person, surface, body });
    return drawShortcuts(shortcuts, appName, surface.runShortcut, changes);
  }

  // Stays open while it is redrawn with another reply.
  drawThread(root, replies) {
    const count = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
    const thread = h(
      "details",
      { class: "thread", open: this.openThreads.has(root.ts) },
      h("summary", {}, count),
      replies.map((reply) => this.draw(reply, { isInThread: true })),
      this.replyBox(root.ts).node,
    );
    thread.addEventListener("toggle", () => this.openThreads[thread.open ? "add" : "delete"](root.ts));
    return thread;
  }

  replyBox(ts) {
    const send = (text, broadcast) =>
      this.connection.post("messages", { channel: this.channel, text, thread_ts: ts, reply_broadcast: broadcast });
    if (!this.replyBoxes.has(ts)) this.replyBoxes.set(ts, new ReplyBox({ send, place: this.place }));
    return this.replyBoxes.get(ts);
  }

  drawHead(message) {
    const moment = momentOf(message);
    return h(
      "div",
      { class: "message-head" },
      h("span", { class: "author" }, message.username),
      message.is_bot && h("span", { class: "badge app-badge" }, "APP"),
      h("time", { datetime: moment.toISOString(), title: full(moment) }, clock(moment)),
    );
  }

  drawContent(message, surface) {
    if (message.deleted) return h("p", { class: "unknown" }, message.text);
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
    const lasting = Boolean(focused?.closest(".reply"));
    return article && { ts: article.dataset.ts, key: keyIn(focused, article), node: focused, lasting };
  }

  // A message that was redrawn under a pressed button gives the focus to its successor.
  restore({ ts, key, node, lasting }) {
    if (lasting && node.isConnected) node.focus({ preventScroll: true });
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
    ? `Here ${app.name} writes to you, and you to it.`
    : `This is the beginning of ${name}.`;
  return h(
    "div",
    { class: "welcome" },
    h("h2", {}, conversation.with_app ? drawPicture("", name, { isApp: true }) : null, name),
    h("p", {}, what),
    first && h("p", {}, "Type ", h("code", {}, first.command), " in the box below and press Enter to begin."),
  );
}

// Finds the same button in the message's next drawing.
function keyIn(focused, article) {
  if (focused.dataset.actionId) return `[data-action-id="${CSS.escape(focused.dataset.actionId)}"]`;
  return article.querySelector(".message-tools")?.contains(focused) ? "[data-tool]" : null;
}

function drawReactions({ reactions = {} }, names) {
  const drawn = Object.entries(reactions).map(([name, users]) => {
    const who = users.map((id) => names.person(id) ?? id).join(", ");
    return h("li", { title: `${who} reacted with :${name}:` }, emoji(name), h("span", {}, String(users.length)));
  });
  return drawn.length ? h("ul", { class: "reactions", "aria-label": "Reactions" }, drawn) : null;
}

// A reply that was sent to the conversation as well tells there what it answers.
function drawOrigin({ root_text: text }, names) {
  return h("p", { class: "origin" }, "replied to a thread: ", h("span", {}, drawMrkdwn(text || "a message", names)));
}

// Replies stand with the message that they answer, as long as that is still here, or alone where they were sent there too.
function inThreads(messages) {
  const known = new Set(messages.map((message) => message.ts));
  const isReply = ({ ts, thread_ts: root }) => root && root !== ts && known.has(root);
  const replies = new Map();
  for (const message of messages.filter(isReply))
    replies.set(message.thread_ts, [...(replies.get(message.thread_ts) ?? []), message]);
  return { roots: messages.filter((message) => message.broadcast || !isReply(message)), replies };
}

function keyOf(message) {
  return `${message.ts}${message.ephemeral ? "-only-you" : ""}`;
}

function continues(message, previous) {
  const stands = (each) => each.ephemeral || each.broadcast;
  if (!previous || stands(message) || stands(previous) || message.is_bot || message.user !== previous.user)
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
