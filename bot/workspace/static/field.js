// One input block: its label, control, hint and error, and the sending of what is typed into it.

import { debounce, h, replaceChildren, uniqueId } from "./dom.js";
import { drawControl, isInput } from "./inputs.js";
import { isSame, simpleValue } from "./entries.js";
import { drawText } from "./mrkdwn.js";

const TYPING_PAUSE = 150;
// The workspace holds the value, or no longer has the field: only the app's part in it went wrong.
const TAKEN_ALL_THE_SAME = new Set(["no_such_field", "operation_timeout", "dispatch_failed"]);
const ON_ENTER = "on_enter_pressed";

/** Draws the block and keeps the workspace's copy of its value up to date through surface.fill. */
export class Field {
  constructor(block, surface) {
    this.block = block;
    this.element = block.element;
    this.surface = surface;
    this.sending = Promise.resolve();
    this.unsent = false;
    this.inFlight = 0;
    this.sendLater = debounce(TYPING_PAUSE, () => this.send({}));
    this.node = isInput(this.element.type) ? this.draw() : this.drawUnsupported();
  }

  draw() {
    const id = uniqueId("field");
    this.hint =
      this.block.hint && h("p", { id: `${id}-hint`, class: "hint" }, drawText(this.block.hint, this.surface.names));
    this.error = h("p", { id: `${id}-error`, class: "field-error", hidden: true });
    this.control = drawControl(this.element, this.contextOf(id));
    this.control.set(this.surface.entry(this.block.block_id, this.element));
    this.describe();
    const parts = [this.control.node, this.error, this.hint];
    const label = [
      drawText(this.block.label, this.surface.names),
      this.block.optional && h("span", { class: "optional" }, " (optional)"),
    ];
    return h(
      "div",
      { class: "block input-block", "data-block-id": this.block.block_id },
      h(
        this.control.grouped ? "div" : "label",
        { class: "label", id: `${id}-label`, for: this.control.grouped ? null : id },
        label,
      ),
      parts,
    );
  }

  contextOf(id) {
    const { block, element, surface } = this;
    const grouped = ["radio_buttons", "checkboxes"].includes(element.type);
    return {
      id,
      names: surface.names,
      optional: Boolean(block.optional),
      attributes: {
        "aria-required": block.optional || element.type === "checkboxes" ? null : "true",
        "aria-labelledby": grouped ? `${id}-label` : null,
      },
      dispatchesOnEnter: this.dispatchesOn(ON_ENTER),
      options: (typed) => surface.options(block.block_id, element.action_id, typed),
      changed: (how) => this.onChange(how),
    };
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
    this.sending = this.sending.then(() => this.deliver(value, enter));
    return this.sending;
  }

  async deliver(value, enter) {
    const answer = await this.surface.fill(this.block.block_id, this.element.action_id, value, enter);
    this.inFlight -= 1;
    this.refusal = answer.ok || TAKEN_ALL_THE_SAME.has(answer.error) ? null : (answer.message ?? answer.error);
    if (!this.refusal) return;
    this.unsent = true;
    this.showError(this.refusal);
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
    return this.unsent || this.inFlight > 0;
  }

  get hasFocus() {
    return this.node.contains(document.activeElement);
  }

  /** Takes over the workspace's value, except while the person is busy with this field. */
  accept(entry) {
    if (!this.control || this.isBusy || this.hasFocus) return;
    if (!isSame(this.control.value(), simpleValue(entry))) this.control.set(entry);
  }

  /** Goes on where an older drawing of the same element stood: unsent text, caret and focus. */
  continueFrom(older) {
    if (!this.control || !older?.control || !isSameElement(this.element, older.element)) return;
    if (older.isBusy && isTyped(older.element)) this.control.set({ value: older.control.value() });
    if (older.unsent) this.onChange({ typing: true });
    older.sendLater.cancel();
    this.caret = older.hasFocus ? caretOf(older.control.target) : null;
  }

  restoreFocus() {
    if (!this.caret) return;
    this.focus();
    const { start, end } = this.caret;
    if (start !== null) this.control.target.setSelectionRange(start, end);
    this.caret = null;
  }

  focus() {
    this.control?.target.focus();
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
    const shown = [!this.error.hidden && this.error.id, this.hint?.id].filter(Boolean).join(" ");
    const node = this.control.grouped ? this.control.node : this.control.target;
    setOrRemove(node, "aria-describedby", shown);
    setOrRemove(node, "aria-invalid", this.error.hidden ? "" : "true");
  }
}

export function unsupported(type) {
  return type === "file_input" ? "Uploading files is not supported here yet." : `A ${type} is not supported here yet.`;
}

function isSameElement(one, other) {
  return one.action_id === other.action_id && one.type === other.type;
}

function isTyped(element) {
  return element.type.endsWith("_input");
}

function caretOf(target) {
  const isText = target.selectionStart !== undefined && target.selectionStart !== null;
  return { start: isText ? target.selectionStart : null, end: isText ? target.selectionEnd : null };
}

function setOrRemove(node, name, value) {
  if (value) node.setAttribute(name, value);
  else node.removeAttribute(name);
}
