// One input block: its label, control, hint and error, and the sending of what is typed into it.

import { debounce, h, replaceChildren, uniqueId } from "./dom.js";
import { drawControl, isInput } from "./inputs.js";
import { isSame, simpleValue } from "./entries.js";
import { drawText } from "./mrkdwn.js";

const TYPING_PAUSE = 150;
// The workspace holds the value, or no longer has the field: only the app's part in it went wrong.
const TAKEN_ALL_THE_SAME = new Set(["no_such_field", "operation_timeout", "dispatch_failed"]);
const ON_ENTER = "on_enter_pressed";
const ENTER_HINT = "Press Enter to update the form.";
const TAKES_ENTER = new Set(["plain_text_input", "number_input", "email_text_input", "url_text_input"]);
// What of an element plays no part once it is drawn.
const ONLY_AT_FIRST = /^initial_|^focus_on_load$|^dispatch_action_config$/;

/** Draws the block and keeps the workspace's copy of its value up to date through surface.fill. */
export class Field {
  constructor(block, surface) {
    this.block = block;
    this.surface = surface;
    this.sending = Promise.resolve();
    this.unsent = false;
    this.inFlight = 0;
    this.sendLater = debounce(TYPING_PAUSE, () => this.send({}));
    this.node = isInput(this.element.type) ? this.draw() : this.drawUnsupported();
  }

  get element() {
    return this.block.element;
  }

  draw() {
    const id = uniqueId("field");
    const grouped = ["radio_buttons", "checkboxes", "rich_text_input"].includes(this.element.type);
    this.label = h(grouped ? "div" : "label", { class: "label", id: `${id}-label`, for: grouped ? null : id });
    this.hint = h("p", { id: `${id}-hint`, class: "hint" });
    this.error = h("p", { id: `${id}-error`, class: "field-error", hidden: true });
    this.control = drawControl(this.element, this.contextOf(id, grouped));
    this.control.set(this.surface.entry(this.block.block_id, this.element));
    this.drawWords();
    return h(
      "div",
      { class: "block input-block", "data-block-id": this.block.block_id },
      this.label,
      this.control.node,
      this.error,
      this.hint,
    );
  }

  contextOf(id, grouped) {
    const { block, element, surface } = this;
    const dispatchesOn = (trigger) => this.dispatchesOn(trigger);
    return {
      id,
      names: surface.names,
      optional: Boolean(block.optional),
      attributes: {
        "aria-required": block.optional || element.type === "checkboxes" ? null : "true",
        "aria-labelledby": grouped ? `${id}-label` : null,
      },
      get dispatchesOnEnter() {
        return dispatchesOn(ON_ENTER);
      },
      options: (typed) => surface.options(block.block_id, element.action_id, typed),
      upload: surface.upload,
      waiting: surface.waiting,
      changed: (how) => this.onChange(how),
    };
  }

  drawWords() {
    const { block, surface } = this;
    const optional = block.optional && h("span", { class: "optional" }, " (optional)");
    replaceChildren(this.label, drawText(block.label, surface.names), optional);
    const enter = TAKES_ENTER.has(this.element.type) && !this.element.multiline && this.dispatchesOn(ON_ENTER);
    const hint = [block.hint && drawText(block.hint, surface.names), enter && h("span", { class: "enter" }, ENTER_HINT)];
    replaceChildren(this.hint, hint);
    this.hint.hidden = !this.hint.childNodes.length;
    this.describe();
  }

  /** Takes over another version of the block; false where that needs another control. */
  update(block) {
    if (!this.control || !hasSameControl(this.block, block)) return false;
    this.block = block;
    this.drawWords();
    return true;
  }

  dispatchesOn(trigger) {
    return (
      Boolean(this.block.dispatch_action) &&
      (this.element.dispatch_action_config?.trigger_actions_on ?? [ON_ENTER]).includes(trigger)
    );
  }

  drawUnsupported() {
    return h(
      "div",
      { class: "block input-block", "data-block-id": this.block.block_id },
      h("div", { class: "label" }, drawText(this.block.label, this.surface.names)),
      h("p", { class: "unknown", "data-action-id": this.element.action_id }, unsupported(this.element.type)),
    );
  }

  onChange({ typing = false, enter = false }) {
    this.clearError();
    this.refusal = null;
    this.unsent = true;
    if (typing) return this.sendLater();
    this.sendLater.cancel();
    return this.send({ enter });
  }

  // Values of one field are sent one after the other, so that an older one never arrives last.
  send({ enter = false }) {
    this.unsent = false;
    this.inFlight += 1;
    const value = this.control.value();
    const others = this.block.dispatch_action ? this.surface.settle?.(this) : null;
    this.sending = Promise.all([this.sending, others]).then(() => this.deliver(value, enter));
    return this.sending;
  }

  async deliver(value, enter) {
    const answer = await this.surface.fill(this.block.block_id, this.element.action_id, value, enter);
    this.inFlight -= 1;
    this.refusal = answer.ok || TAKEN_ALL_THE_SAME.has(answer.error) ? null : (answer.message ?? answer.error);
    if (this.refusal) this.refuse(this.refusal);
  }

  refuse(message) {
    this.refusal = message;
    this.unsent = true;
    this.showError(message);
  }

  /** Why what stands in the field cannot be submitted, or null: the workspace does not hold it. */
  get problem() {
    return this.control?.problem?.() ?? this.refusal ?? null;
  }

  /** Resolves when the workspace holds what the person sees. */
  flush() {
    this.sendLater.cancel();
    return this.unsent ? this.send({}) : this.sending;
  }

  get isBusy() {
    return this.unsent || this.inFlight > 0 || this.isUploading;
  }

  get isUploading() {
    return this.control?.isUploading?.() ?? false;
  }

  get hasFocus() {
    return this.node.contains(document.activeElement);
  }

  /** Takes over the workspace's value, except while the person is busy with this field. */
  accept(entry) {
    if (!this.control || this.isBusy || this.hasFocus) return;
    if (!isSame(this.control.value(), simpleValue(entry))) this.control.set(entry);
  }

  /** Goes on where an older drawing of the same element stood: what is being entered, its sending, caret and focus. */
  continueFrom(older) {
    if (!this.control || !older?.control || !isSameElement(this.element, older.element)) return;
    this.memory = older.hasFocus ? (older.control.remember?.() ?? {}) : null;
    if (older.isBusy || older.problem) this.control.takeOver(older.control);
    this.awaitOlder(older);
    if (older.unsent) this.onChange({ typing: true });
    older.sendLater.cancel();
  }

  // What the older drawing sends arrives before what this one does, and what comes of it is told here.
  awaitOlder(older) {
    this.inFlight += 1;
    this.sending = older.sending.then(() => {
      this.inFlight -= 1;
      if (older.refusal && !this.unsent) this.refuse(older.refusal);
    });
  }

  restoreFocus() {
    if (!this.memory) return;
    const { memory } = this;
    this.memory = null;
    this.focus();
    this.control.resume?.(memory);
  }

  focus() {
    this.control?.target.focus();
  }

  /** Stops what goes on when the field leaves the page. */
  dispose() {
    this.sendLater.cancel();
    this.control?.dispose?.();
  }

  showError(message) {
    replaceChildren(this.error, message);
    this.error.hidden = false;
    this.describe();
  }

  clearError() {
    if (!this.error || this.error.hidden) return;
    this.error.hidden = true;
    this.describe();
  }

  describe() {
    const shown = [
      !this.error.hidden && this.error.id,
      !this.hint.hidden && this.hint.id,
      this.control.describedBy,
    ].filter(Boolean);
    const node = this.control.grouped ? this.control.node : this.control.target;
    setOrRemove(node, "aria-describedby", shown.join(" "));
    setOrRemove(node, "aria-invalid", this.error.hidden ? "" : "true");
  }
}

export function unsupported(type) {
  return `A ${type} is not supported here yet.`;
}

function hasSameControl(one, other) {
  const control = (block) => {
    const lasting = Object.entries(block.element).filter(([name]) => !ONLY_AT_FIRST.test(name));
    return JSON.stringify([Boolean(block.optional), lasting.sort()]);
  };
  return control(one) === control(other);
}

function isSameElement(one, other) {
  return one.action_id === other.action_id && one.type === other.type;
}

function setOrRemove(node, name, value) {
  if (value) node.setAttribute(name, value);
  else node.removeAttribute(name);
}
