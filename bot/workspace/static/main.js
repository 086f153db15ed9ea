// Puts the page together: reads from the address who one is and where, and draws each snapshot of the workspace.

import { h, replaceChildren } from "./dom.js";
import { Composer } from "./composer.js";
import { Connection, ask } from "./connection.js";
import { MessageList, drawWelcome } from "./conversation.js";
import { acceptDrops, refuseStrayDrops } from "./filepicker.js";
import { Heading } from "./heading.js";
import { Home } from "./home.js";
import { ModalStack } from "./modal.js";
import { Panel } from "./panel.js";
import { Names, drawChooser, showInTab } from "./people.js";
import { Sidebar } from "./sidebar.js";
import { Unread } from "./unread.js";

const RETRY_PAUSE = 1500;
const HAS_TOUCH_KEYBOARD = matchMedia("(pointer: coarse)").matches;
const COVERED = matchMedia("(max-width: 480px)"); // where the side panel is as wide as the page
const page = document.getElementById("page");
let desk = null;

/** Everything on the page of one person who has come in. */
class Desk {
  constructor(directory, person) {
    this.directory = directory;
    this.person = person;
    this.names = new Names(directory);
    this.unread = new Unread(person.id);
    this.drafts = new Map();
    this.sidebar = new Sidebar(directory, person);
    this.heading = new Heading(directory, person, {
      openSidebar: () => this.toggleSidebar(),
      togglePanel: () => this.panel.toggle(),
    });
    this.panel = new Panel({ opened: (isOpen) => this.showPanel(isOpen), reset: () => this.drafts.clear() });
    this.composer = new Composer({
      commands: directory.commands,
      shortcuts: this.names.shortcutsAnywhere,
      appName: directory.app.name,
      run: (callbackId) =>
        this.connection.post("shortcuts", { callback_id: callbackId, ...(this.place === "home" ? {} : { channel: this.place }) }),
      send: (text, files) => this.send(text, files),
      upload: (file, progress) => this.connection.uploads.start(file, progress),
    });
    this.connection = new Connection(person.id, {
      onSnapshot: (snapshot) => this.receive(snapshot),
      onStatus: (status) => this.heading.status.show(status),
    });
    this.modals = new ModalStack(this.connection, this.names);
    this.build();
  }

  build() {
    this.content = h("div", { class: "content" });
    this.shade = h("div", { class: "shade", on: { click: () => this.toggleSidebar(false) } });
    this.main = h("main", { class: "conversation" }, this.heading.nodes, this.content, this.composer.node);
    this.node = h(
      "div",
      { class: "desk", on: { keydown: (event) => event.key === "Escape" && this.toggleSidebar(false) } },
      this.sidebar.node,
      this.shade,
      this.main,
      this.panel.node,
    );
    acceptDrops(this.main, (files) => this.composer.attach(files));
    replaceChildren(page, this.node);
    showInTab({ id: this.person.id, name: this.person.real_name || this.person.name });
  }

  showPanel(isOpen) {
    this.node.classList.toggle("panel-open", isOpen);
    this.main.inert = isOpen && COVERED.matches;
    this.heading.inspector.setAttribute("aria-pressed", String(isOpen));
    if (!isOpen) this.heading.inspector.focus();
  }

  toggleSidebar(isOpen = !this.node.classList.contains("sidebar-open")) {
    this.node.classList.toggle("sidebar-open", isOpen);
    const { menu } = this.heading;
    const wasOpen = menu.getAttribute("aria-expanded") === "true";
    menu.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) this.sidebar.node.querySelector("a").focus();
    else if (wasOpen) menu.focus();
  }

  receive(snapshot) {
    this.snapshot = snapshot;
    this.names.conversationsNow = snapshot.conversations;
    if (!this.shown) this.goTo(placeInAddress());
    else this.draw();
  }

  goTo(place) {
    if (!this.snapshot) return;
    const { conversations } = this.snapshot;
    const asked = place === "home" ? null : conversations.find((each) => each.id === place);
    const conversation = asked ?? conversations.find((each) => each.with_app) ?? conversations[0];
    this.toggleSidebar(false);
    if (place === "home") this.openHome(conversation);
    else if (conversation.id !== this.place) this.openConversation(conversation);
    this.draw();
  }

  openHome(conversation) {
    if (this.place === "home") return;
    this.leave("home");
    this.shown = new Home(this.connection, this.names, this.directory.app.name);
    this.shown.visit();
    this.heading.show(conversation, "home");
    replaceChildren(this.content, this.shown.node);
    this.composer.node.hidden = true;
  }

  openConversation(conversation) {
    this.leave(conversation.id);
    this.shown = new MessageList({
      connection: this.connection,
      names: this.names,
      conversation,
      person: this.person,
      welcome: drawWelcome(conversation, this.directory),
    });
    const name = conversation.with_app ? this.directory.app.name : `#${conversation.name.replace(/^#/, "")}`;
    this.heading.show(conversation, conversation.id);
    replaceChildren(this.content, this.shown.nodes);
    this.composer.node.hidden = false;
    this.composer.addressTo(name, this.drafts.get(conversation.id));
    if (!HAS_TOUCH_KEYBOARD) this.composer.box.focus();
  }

  leave(place) {
    if (this.place) this.drafts.set(this.place, this.composer.draft);
    this.place = place;
  }

  draw() {
    const { conversations, views, home } = this.snapshot;
    this.drawUnread();
    if (this.place === "home") this.shown.update(home);
    else
      this.shown.update(
        conversations.find((each) => each.id === this.place)?.messages ?? [],
        this.unread.firstNew(this.place),
      );
    this.modals.update(views);
  }

  drawUnread() {
    const { conversations } = this.snapshot;
    const unread = this.unread.count(conversations, { personId: this.person.id, place: this.place });
    const total = [...unread.values()].reduce((sum, count) => sum + count, 0);
    this.heading.countUnread(total);
    this.sidebar.update(conversations, { place: this.place, unread });
    document.title = `${total ? `(${total}) ` : ""}${this.person.real_name || this.person.name} – ${this.directory.workspace.name}`;
  }

  async send(text, files) {
    const answer = await this.connection.post(text.startsWith("/") ? "commands" : "messages", {
      channel: this.place,
      text,
      ...(files.length ? { files } : {}),
    });
    return { ...answer, lost: answer.error === "unreachable" || /^http_/.test(answer.error ?? "") };
  }

  close() {
    this.connection.close();
    this.modals.close();
    this.panel.close();
  }
}

function personInAddress() {
  return decodeURIComponent(location.hash.slice(1).split("/")[0]);
}

function placeInAddress() {
  return location.hash.split("/")[1] ?? null;
}

function route(directory) {
  const person = directory.people.find((each) => each.id === personInAddress() && each.can_sign_in);
  if (desk && desk.person.id === person?.id) return desk.goTo(placeInAddress());
  desk?.close();
  desk = person ? new Desk(directory, person) : null;
  if (person) return null;
  document.title = directory.workspace.name;
  return replaceChildren(page, drawChooser(directory));
}

async function start() {
  const directory = await ask("/people");
  if (!directory.people) {
    replaceChildren(
      page,
      h("p", { class: "loading", role: "alert" }, directory.message ?? "The workspace did not answer."),
    );
    setTimeout(start, RETRY_PAUSE);
    return;
  }
  refuseStrayDrops();
  window.addEventListener("hashchange", () => route(directory));
  document.addEventListener("visibilitychange", () => desk?.snapshot && desk.draw());
  window.addEventListener("storage", () => desk?.snapshot && desk.drawUnread());
  route(directory);
}

start();
