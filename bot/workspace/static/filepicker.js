// Lets a person choose files, by dialog or by dropping them, and uploads each at once: for forms and for messages.

import { drawName, isOfType, readableSize } from "./files.js";
import { h, icon, replaceChildren, uniqueId } from "./dom.js";

const MOST = 10;

/**
 * `upload(file, progress)` answers {done, drop}; `changed()` follows each change of the uploaded files, `waiting()` each
 * beginning and end of an upload.
 */
export class FilePicker {
  constructor({ id, upload, types = [], most = MOST, attributes = {}, changed, waiting }) {
    Object.assign(this, { upload, types, most, changed, waiting });
    this.items = [];
    this.build(id, attributes);
  }

  build(id, attributes) {
    this.problemNode = h("p", { id: uniqueId("files-problem"), class: "file-problem", role: "alert", hidden: true });
    this.news = h("p", { class: "visually-hidden", role: "status" });
    this.input = h("input", {
      id,
      type: "file",
      class: "visually-hidden",
      multiple: this.most > 1,
      accept: this.types.map((type) => `.${type}`).join(",") || null,
      ...attributes,
      on: { change: () => this.takeFromInput() },
    });
    this.list = h("ul", { class: "file-list", "aria-label": "Chosen files", hidden: true });
  }

  /** The ids of what was uploaded, in the order in which it was chosen. */
  get ids() {
    return this.items.filter((item) => item.id).map((item) => item.id);
  }

  get isUploading() {
    return this.items.some((item) => item.job);
  }

  get hasFailed() {
    return this.items.some((item) => item.failure);
  }

  /** Shows files that the workspace holds already. */
  show(files) {
    this.dropAll();
    this.items = files.map((file) => this.drawItem({ id: file.id, name: file.name ?? file.id, size: file.size }));
    this.draw();
  }

  /** Hands over all files and is empty; `giveBack` undoes it. */
  take() {
    const { items } = this;
    this.items = [];
    this.tell("");
    this.draw();
    return items;
  }

  giveBack(items) {
    this.items = [...items, ...this.items];
    this.draw();
  }

  dropAll() {
    for (const item of this.items) item.job?.drop();
    this.items = [];
  }

  /** Goes on with the files of an older picker, those being uploaded included. */
  takeOver(older) {
    this.items = older.items;
    for (const item of this.items) item.picker = this;
    older.items = [];
    this.draw();
  }

  takeFromInput() {
    const files = [...this.input.files];
    this.input.value = ""; // so that the same file can be chosen again
    this.add(files);
  }

  add(files) {
    const wrong = files.filter((file) => !isOfType(file.name, this.types));
    const right = files.filter((file) => !wrong.includes(file));
    const room = Math.max(0, this.most - this.items.length);
    this.tell([this.complainOfType(wrong), this.complainOfNumber(right.slice(room))].filter(Boolean).join(" "));
    for (const file of right.slice(0, room)) this.begin(file);
    this.draw();
  }

  complainOfType(files) {
    if (!files.length) return "";
    const types = this.types.map((type) => `.${type}`).join(", ");
    return `${namesOf(files)} cannot be added: only ${types} ${this.types.length > 1 ? "files are" : "is"} accepted.`;
  }

  complainOfNumber(files) {
    if (!files.length) return "";
    return `At most ${this.most} ${this.most === 1 ? "file" : "files"} can be added: ${namesOf(files)} left out.`;
  }

  begin(file) {
    const item = this.drawItem({ name: file.name, size: file.size, file });
    this.items.push(item);
    this.send(item);
  }

  async send(item) {
    item.failure = null;
    item.share = 0;
    item.job = this.upload(item.file, (share) => showShare(item, share));
    this.say(`Uploading ${item.name}`);
    drawState(item);
    this.waiting();
    const answer = await item.job.done;
    item.picker.receive(item, answer);
  }

  receive(item, answer) {
    item.job = null;
    if (!this.items.includes(item)) return this.waiting();
    if (answer.ok) item.id = answer.file.id;
    else item.failure = answer.message ?? "the upload failed";
    if (answer.ok) this.say(`${item.name} is uploaded`);
    else this.tell(`${item.name} could not be uploaded: ${item.failure}`);
    drawState(item);
    if (answer.ok) this.changed();
    return this.waiting();
  }

  remove(item) {
    const at = this.items.indexOf(item);
    this.items = this.items.filter((each) => each !== item);
    item.job?.drop();
    this.tell("");
    this.say(`${item.name} removed`);
    this.draw();
    (this.items[Math.min(at, this.items.length - 1)]?.remover ?? this.input).focus();
    if (item.id) this.changed();
    else this.waiting();
  }

  drawItem(item) {
    item.picker = this;
    item.state = h("span", { class: "file-state" });
    item.remover = h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": `Remove ${item.name}`,
        on: { click: () => item.picker.remove(item) },
      },
      icon("close"),
    );
    item.node = h("li", { class: "file", "data-file-name": item.name }, drawName(item), item.state, item.remover);
    return item;
  }

  sendAgain(item) {
    item.remover.focus();
    this.tell("");
    this.send(item);
  }

  draw() {
    this.list.hidden = !this.items.length;
    replaceChildren(
      this.list,
      this.items.map((item) => item.node),
    );
  }

  tell(problem) {
    this.problemNode.hidden = !problem;
    replaceChildren(this.problemNode, problem);
  }

  say(text) {
    replaceChildren(this.news, text);
  }
}

/** Gives the files dropped on a node to `take`; the node shows that they may be dropped there. */
export function acceptDrops(node, take) {
  const mark = (isOver) => node.classList.toggle("dropping", isOver);
  node.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = "copy";
    mark(true);
  });
  node.addEventListener("dragleave", (event) => node.contains(event.relatedTarget) || mark(false));
  node.addEventListener("drop", (event) => {
    mark(false);
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    take([...event.dataTransfer.files]);
  });
}

/** A file that misses its place must not take the browser away from the page. */
export function refuseStrayDrops() {
  for (const name of ["dragover", "drop"])
    window.addEventListener(name, (event) => {
      if (!hasFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "none";
    });
}

/** The control of a file_input: what inputs.js says of controls holds here too. */
export function drawFileInput(element, context) {
  const picker = new FilePicker({
    id: context.id,
    upload: context.upload,
    types: element.filetypes ?? [],
    most: element.max_files ?? MOST,
    attributes: context.attributes,
    changed: () => context.changed({}),
    waiting: () => context.waiting(),
  });
  const zone = h(
    "div",
    { class: "drop-zone" },
    picker.input,
    h("label", { class: "button", for: context.id }, icon("attach"), picker.most === 1 ? "Add a file" : "Add files"),
    h("span", { class: "description" }, whatIsTaken(picker)),
  );
  const node = h("div", { class: "file-picker" }, picker.list, zone, picker.problemNode, picker.news);
  acceptDrops(node, (files) => picker.add(files));
  return {
    node,
    target: picker.input,
    picker,
    describedBy: picker.problemNode.id,
    value: () => picker.ids,
    set: (entry) => picker.show(entry.files ?? []),
    problem: () => (picker.hasFailed ? "Remove what could not be uploaded, or try it again." : null),
    isUploading: () => picker.isUploading,
    takeOver: (older) => picker.takeOver(older.picker),
    dispose: () => picker.dropAll(),
  };
}

function whatIsTaken({ types, most }) {
  const kinds = types.map((type) => `.${type}`).join(", ");
  const count = most === 1 ? "one file" : `up to ${most} files`;
  return `or drop ${most === 1 ? "it" : "them"} here: ${count}${kinds && `, ${kinds}`}`;
}

function hasFiles(event) {
  return event.dataTransfer?.types.includes("Files");
}

function namesOf(files) {
  return files.map((file) => file.name).join(", ");
}

function drawState(item) {
  item.node.classList.toggle("failed", Boolean(item.failure));
  item.bar = item.job && h("progress", { max: 1, value: item.share, "aria-label": `Uploading ${item.name}` });
  const again = { type: "button", class: "link-button", on: { click: () => item.picker.sendAgain(item) } };
  replaceChildren(item.state, item.bar, item.failure && h("button", again, "Try again"));
}

function showShare(item, share) {
  item.share = share;
  if (!item.bar) return;
  item.bar.value = share;
  item.bar.title = `${readableSize(share * item.size)} of ${readableSize(item.size)}`;
}
