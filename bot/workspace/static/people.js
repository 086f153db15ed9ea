// The people of the workspace: the list to choose from, their names and their pictures.

import { h } from "./dom.js";
import { drawAppearance } from "./appearance.js";

const KINDS = {
  admin: "Admin",
  guest: "Guest",
  deactivated: "Deactivated",
  bot: "Bot",
  external: "Other organisation",
  no_email: "No e-mail address",
  unconfirmed: "E-mail not confirmed",
};
const COLOURS = ["#1d6f8a", "#7a4a9e", "#9a4c1d", "#2f6f3e", "#8a2f55", "#4a55a8", "#6b5b1e", "#36636b"];

/** What ids stand for, for whoever draws text. `conversations` is the newest list of them. */
export class Names {
  constructor(directory) {
    this.directory = directory;
    this.conversationsNow = [];
  }

  get appName() {
    return this.directory.app.name;
  }

  /** What the app offers to do with a message. */
  get shortcuts() {
    return (this.directory.shortcuts ?? []).filter((each) => each.type === "message");
  }

  /** What the app offers to do anywhere. */
  get shortcutsAnywhere() {
    return (this.directory.shortcuts ?? []).filter((each) => each.type === "global");
  }

  person(id) {
    if (id === this.directory.app.bot_user_id) return this.directory.app.name;
    const person = this.directory.people.find((each) => each.id === id);
    return person && (person.real_name || person.name);
  }

  /** The name by which somebody is mentioned. */
  handle(id) {
    return this.directory.people.find((each) => each.id === id)?.name;
  }

  usergroup(id) {
    return this.directory.usergroups?.find((each) => each.id === id)?.handle;
  }

  channel(id) {
    return this.conversationsNow.find((each) => each.id === id)?.name.replace(/^#/, "");
  }

  people() {
    const present = this.directory.people.filter((each) => each.kind !== "deactivated");
    return present.map((each) => ({ id: each.id, name: each.real_name || each.name, description: each.title ?? "" }));
  }

  channels() {
    return this.conversationsNow
      .filter((each) => each.kind === "channel")
      .map((each) => ({ id: each.id, name: this.channel(each.id) }));
  }

  conversations() {
    return this.conversationsNow.map((each) => ({ id: each.id, name: this.channel(each.id) }));
  }
}

/** The first page: a welcome, and the people to choose from. */
export function drawChooser(directory) {
  const command = directory.commands[0]?.command ?? "/";
  return h(
    "main",
    { class: "chooser" },
    drawAppearance(),
    h("span", { class: "chooser-mark" }, drawPicture("", directory.app.name, { isApp: true })),
    h("h1", {}, `Welcome to ${directory.workspace.name}`),
    h(
      "p",
      { class: "lead" },
      "This is a practice workspace on your own machine. It stands in for Slack, so that you can try ",
      h("strong", {}, directory.app.name),
      " before you install it there.",
    ),
    h(
      "ol",
      { class: "steps" },
      h("li", {}, "Choose who you want to be; open another tab to be somebody else as well."),
      h("li", {}, "Type ", h("code", {}, command), " in the message box and press Enter."),
    ),
    h("h2", {}, "Who are you?"),
    h("ul", { class: "people" }, directory.people.map(drawPerson)),
  );
}

export function drawPicture(id, name, { isApp = false, size = "" } = {}) {
  return h(
    "span",
    {
      class: `picture ${isApp ? "app" : ""} ${size}`,
      "aria-hidden": "true",
      style: isApp ? null : `background:${colourOf(id)}`,
    },
    isApp ? ">_" : initialsOf(name),
  );
}

/** The tab's own picture, so that several people in several tabs are told apart. */
export function showInTab({ id, name }) {
  const text = `<text x="16" y="22" font-family="sans-serif" font-size="15" font-weight="700" fill="#fff" text-anchor="middle">`;
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${colourOf(id)}"/>${text}${initialsOf(name).replace(/[^\p{L}\p{N}]/gu, "")}</text></svg>`;
  document.querySelector("link[rel=icon]").href = `data:image/svg+xml,${encodeURIComponent(drawing)}`;
}

function initialsOf(name) {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  return words
    .slice(0, 2)
    .map((word) => [...word][0])
    .join("")
    .toUpperCase();
}

function drawPerson(person) {
  const name = person.real_name || person.name;
  const kind = KINDS[person.kind] && h("span", { class: "badge" }, KINDS[person.kind]);
  const inside = [
    drawPicture(person.id, name),
    h(
      "span",
      { class: "person-text" },
      h("span", { class: "person-name" }, name, " ", kind),
      h("span", { class: "description" }, person.title || `@${person.name}`),
    ),
  ];
  const card = person.can_sign_in
    ? h("a", { class: "person", href: `#${person.id}`, "data-person-id": person.id }, inside)
    : h("span", { class: "person unavailable", "data-person-id": person.id, "aria-disabled": "true" }, inside);
  return h("li", {}, card);
}

function colourOf(id) {
  const sum = [...id].reduce((total, letter) => (total * 31 + letter.codePointAt(0)) % 9973, 7);
  return COLOURS[sum % COLOURS.length];
}
