// The message box: sends messages and commands, and completes a command while its name is being typed.

import { h, icon, replaceChildren, uniqueId } from "./dom.js";
import { FilePicker } from "./filepicker.js";
import { drawPicture } from "./people.js";
import { drawGlobalShortcuts } from "./shortcuts.js";

/**
 * `send(text, files)` answers {ok} or {ok: false, message}; `run(callbackId)` of a shortcut does too; `upload(file,
 * progress)` is what a FilePicker needs.
 */
export class Composer {
  constructor({ commands, shortcuts, appName, send, run, upload }) {
    this.commands = commands;
    this.shortcuts = shortcuts;
    this.appName = appName;
    this.send = send;
    this.run = run;
    this.upload = upload;
    this.matches = [];
    this.active = 0;
    this.waiting = 0;
    this.build();
    this.box.disabled = this.attachments.input.disabled = true; // until it is known where a message would go
  }

  build() {
    const listId = uniqueId("commands");
    this.box = h("textarea", {
      id: "message-box",
      rows: 1,
      "aria-autocomplete": "list",
      "aria-controls": listId,
      "aria-describedby": "message-hint",
      autocomplete: "off",
      on: {
        input: () => this.refresh(),
        keydown: (event) => this.onKey(event),
        blur: () => this.closeList(),
        focus: () => this.refresh(),
        paste: (event) => this.onPaste(event),
      },
    });
    this.label = h("label", { for: "message-box", class: "visually-hidden" }, "Message");
    this.list = h("div", { id: listId, role: "listbox", "aria-label": "Commands" });
    this.listHead = h("p", { class: "commands-head" });
    this.popup = h(
      "div",
      { class: "commands", hidden: true, on: { mousedown: (event) => event.preventDefault() } },
      this.listHead,
      this.list,
    );
    this.hint = h("p", { id: "message-hint", class: "composer-hint" });
    this.problem = h("p", { class: "composer-problem", role: "alert", hidden: true });
    this.button = h("button", { type: "submit", class: "icon-button send", "aria-label": "Send" }, icon("send"));
    this.attacher = h("span", { class: "attacher" });
    this.files = h("div", { class: "attached" });
    this.node = h(
      "form",
      {
        class: "composer",
        on: {
          submit: (event) => {
            event.preventDefault();
            this.submit();
          },
        },
      },
      this.problem,
      this.popup,
      h(
        "div",
        { class: "composer-frame" },
        this.files,
        this.label,
        this.box,
        h("div", { class: "composer-tools" }, this.attacher, this.drawSlash(), this.drawShortcuts(), this.button),
      ),
      this.hint,
    );
    this.showAttachments(this.newAttachments());
    this.refresh();
  }

  drawSlash() {
    const begin = () => {
      if (!this.box.value) this.box.value = "/";
      this.box.focus();
      this.refresh();
    };
    return h(
      "button",
      { type: "button", class: "icon-button slash", "aria-label": "Commands", title: "Commands", on: { click: begin } },
      "/",
    );
  }

  drawShortcuts() {
    return drawGlobalShortcuts(this.shortcuts, this.appName, async (callbackId) => {
      const answer = await this.run(callbackId);
      this.report(answer.ok ? null : (answer.message ?? "The app did not answer. Try again?"));
    });
  }

  newAttachments() {
    return new FilePicker({
      id: uniqueId("attachments"),
      upload: this.upload,
      attributes: { "aria-label": "Attach files" },
      changed: () => this.refresh(),
      waiting: () => this.refresh(),
    });
  }

  showAttachments(picker) {
    this.attachments = picker;
    const label = h(
      "label",
      { class: "icon-button", for: picker.input.id, title: "Attach files", "aria-hidden": "true" },
      icon("attach"),
    );
    replaceChildren(this.attacher, picker.input, label);
    replaceChildren(this.files, picker.list, picker.problemNode, picker.news);
  }

  /** Takes files that were dropped or pasted. */
  attach(files) {
    if (this.node.hidden || this.box.disabled) return;
    this.attachments.add(files);
    this.box.focus();
  }

  onPaste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.attach(files);
  }

  /** Starts a draft for another conversation; `name` is what the box says it writes to. */
  addressTo(name, { text = "", attachments = this.newAttachments() } = {}) {
    this.box.placeholder = `Message ${name}`;
    replaceChildren(this.label, `Message ${name}`);
    this.box.value = text;
    this.showAttachments(attachments);
    this.box.disabled = false;
    this.report(null);
    this.refresh();
  }

  get draft() {
    return { text: this.box.value, attachments: this.attachments };
  }

  get isListOpen() {
    return !this.popup.hidden;
  }

  refresh() {
    this.fit();
    const text = this.box.value;
    const isNaming = /^\/\S*$/.test(text) && document.activeElement === this.box;
    this.matches = isNaming ? this.commands.filter((each) => each.command.startsWith(text.toLowerCase())) : [];
    this.active = Math.max(
      0,
      this.matches.findIndex((each) => each.command === text),
    );
    replaceChildren(
      this.list,
      this.matches.map((each, at) => this.drawCommand(each, at)),
    );
    replaceChildren(this.listHead, "Commands matching ", h("strong", {}, text));
    this.popup.hidden = this.matches.length === 0;
    this.mark();
    this.button.classList.toggle("ready", Boolean(text.trim() || this.attachments.items.length));
    this.button.setAttribute("aria-disabled", String(this.attachments.isUploading));
    replaceChildren(this.hint, this.hintFor(text));
  }

  hintFor(text) {
    if (this.attachments.isUploading) return "Waiting for the upload to finish…";
    const known = this.commands.find((each) => text.startsWith(`${each.command} `));
    if (known?.usage_hint) return [h("code", {}, known.command), ` ${known.usage_hint}`];
    return this.isListOpen ? "↑ ↓ to choose, Tab to complete, Enter to go on" : "Type / for commands, Enter to send";
  }

  drawCommand(each, at) {
    return h(
      "div",
      {
        id: uniqueId("command"),
        role: "option",
        "aria-selected": "false",
        on: {
          click: () => this.complete(at),
          mousemove: () => {
            this.active = at;
            this.mark();
          },
        },
      },
      drawPicture("", this.appName, { isApp: true }),
      h(
        "span",
        { class: "person-text" },
        h("span", {}, h("strong", {}, each.command), " ", h("span", { class: "usage" }, each.usage_hint ?? "")),
        h("span", { class: "description" }, each.description ?? ""),
      ),
      h("span", { class: "by-app" }, this.appName),
    );
  }

  mark() {
    [...this.list.children].forEach((node, at) => node.setAttribute("aria-selected", String(at === this.active)));
    const node = this.list.children[this.active];
    if (node) this.box.setAttribute("aria-activedescendant", node.id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  closeList() {
    this.popup.hidden = true;
    this.box.removeAttribute("aria-activedescendant");
  }

  onKey(event) {
    if (event.isComposing) return;
    if (this.isListOpen && this.onListKey(event.key)) event.preventDefault();
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    }
  }

  // Enter runs a command whose name is complete, and completes one that is not.
  onListKey(key) {
    const isWhole = this.matches[this.active]?.command === this.box.value;
    if (key === "ArrowDown") this.move(1);
    else if (key === "ArrowUp") this.move(-1);
    else if (key === "Escape") this.closeList();
    else if (key === "Tab" || (key === "Enter" && !isWhole)) this.complete(this.active);
    else return false;
    return true;
  }

  move(step) {
    this.active = (this.active + step + this.matches.length) % this.matches.length;
    this.mark();
  }

  complete(at) {
    this.box.value = `${this.matches[at].command} `;
    this.box.focus();
    this.refresh();
  }

  async submit() {
    const text = this.box.value.trim();
    const { attachments } = this;
    if (!(text || attachments.items.length) || attachments.isUploading) return;
    const problem = this.problemWith(text);
    this.report(problem);
    if (problem) return;
    this.wait(1);
    this.box.value = "";
    const files = attachments.ids;
    const taken = attachments.take();
    this.refresh();
    const answer = await this.send(text, files);
    this.wait(-1);
    if (answer.ok || !(answer.lost || files.length)) return;
    attachments.giveBack(taken);
    this.giveBack(text, answer.message ?? "The message could not be sent. Try again?");
  }

  problemWith(text) {
    if (this.attachments.hasFailed) return "Remove what could not be uploaded, or try it again.";
    if (text.startsWith("/") && this.attachments.items.length) return "A command cannot be sent together with files.";
    return null;
  }

  // A text that never reached the workspace is not lost.
  giveBack(text, message) {
    if (!this.box.value) this.box.value = text;
    this.report(message);
    this.refresh();
  }

  wait(step) {
    this.waiting += step;
    this.node.setAttribute("aria-busy", String(this.waiting > 0));
  }

  report(message) {
    this.problem.hidden = !message;
    replaceChildren(this.problem, message ?? "");
  }

  fit() {
    this.box.style.height = "auto";
    if (this.box.scrollHeight) this.box.style.height = `${Math.min(this.box.scrollHeight, 160)}px`;
  }
}
