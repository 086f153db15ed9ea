// An accessible combobox: a text field with a list that is searched by typing, for one choice or several.

import { drawChoice, inGroups } from "./choices.js";
import { debounce, h, icon, place, replaceChildren, uniqueId } from "./dom.js";

const TYPING_PAUSE = 180;
const LEAP = 8;

/**
 * `search(typed)` answers {choices} or {message}, at once or, where `isRemote`, as a promise; `changed()` follows each
 * choice a person makes.
 * What is chosen stands in `selected`, a list of choices.
 */
export class Combobox {
  constructor({
    id,
    multiple = false,
    placeholder,
    clearable = false,
    limit = Infinity,
    attributes = {},
    isRemote = false,
    search,
    changed,
  }) {
    Object.assign(this, { multiple, clearable, limit, isRemote, search, changed });
    this.placeholder = placeholder ?? (multiple ? "Choose any" : "Choose one");
    this.selected = [];
    this.choices = [];
    this.active = -1;
    this.typed = "";
    this.asked = 0;
    this.isStale = false;
    this.picksFirst = false;
    this.recent = null;
    this.build(id, attributes);
    this.askLater = debounce(TYPING_PAUSE, () => this.ask());
    this.show();
  }

  build(id, attributes) {
    const listId = uniqueId("choices");
    this.input = h("input", {
      id,
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": listId,
      ...attributes,
      on: {
        input: () => this.onInput(),
        keydown: (event) => this.onKey(event),
        click: () => this.open(),
        blur: () => this.leave(),
      },
    });
    this.list = h("div", {
      id: listId,
      role: "listbox",
      "aria-multiselectable": this.multiple ? "true" : null,
      "aria-label": "Choices",
    });
    this.note = h("p", { class: "popup-note", role: "status" });
    this.popup = h(
      "div",
      { class: "popup", popover: "manual", on: { mousedown: (event) => event.preventDefault() } },
      this.note,
      this.list,
    );
    this.chips = h("span", { class: "chips" });
    this.clear = h(
      "button",
      {
        type: "button",
        class: "icon-button clear",
        "aria-label": "Clear selection",
        hidden: true,
        on: { click: () => this.drop() },
      },
      icon("close"),
    );
    this.node = h(
      "div",
      { class: "combobox", on: { click: (event) => event.target === this.node && this.input.focus() } },
      this.chips,
      this.input,
      this.clear,
      h("span", { class: "chevron" }, icon("chevron")),
      this.popup,
    );
  }

  get isOpen() {
    return this.input.getAttribute("aria-expanded") === "true";
  }

  select(choices) {
    this.selected = choices;
    this.typed = "";
    this.show();
  }

  show() {
    this.input.value = this.multiple ? "" : (this.selected[0]?.label ?? "");
    this.input.placeholder = this.multiple && this.selected.length ? "" : this.placeholder;
    this.clear.hidden = !(this.clearable && !this.multiple && this.selected.length);
    if (this.multiple)
      replaceChildren(
        this.chips,
        this.selected.map((chosen) => this.drawChip(chosen)),
      );
  }

  drawChip(chosen) {
    const remove = () => {
      this.remove(chosen);
      this.input.focus();
    };
    return h(
      "span",
      { class: "chip" },
      chosen.label,
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": `Remove ${chosen.label}`, on: { click: remove } },
        icon("close"),
      ),
    );
  }

  open() {
    if (this.isOpen) return;
    this.input.setAttribute("aria-expanded", "true");
    if (!this.multiple) this.input.select();
    this.popup.showPopover();
    this.follow = () => place(this.popup, this.node, { width: this.node.offsetWidth });
    window.addEventListener("scroll", this.follow, true);
    window.addEventListener("resize", this.follow);
    this.ask();
  }

  close() {
    if (!this.isOpen) return;
    this.asked += 1;
    this.isStale = false;
    this.picksFirst = false;
    this.askLater.cancel();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    if (this.popup.matches(":popover-open")) this.popup.hidePopover();
    window.removeEventListener("scroll", this.follow, true);
    window.removeEventListener("resize", this.follow);
  }

  // Answers may overtake each other: only the one to the last question is shown.
  async ask() {
    this.asked += 1;
    this.askLater.cancel();
    const question = this.asked;
    const answer = this.search(this.typed);
    if (!(answer instanceof Promise)) return this.present(answer);
    this.isStale = true;
    if (!this.list.childElementCount) this.present({ message: "Loading…" });
    const found = await answer;
    if (question !== this.asked || !this.isOpen) return null;
    this.isStale = false;
    this.present(found);
    return this.picksFirst && this.active >= 0 ? this.pick(this.active) : null;
  }

  present({ choices = [], message = null }) {
    this.choices = choices;
    this.active = choices.length ? this.startAmong(choices) : -1;
    this.nodes = choices.map((each, at) => this.drawChoice(each, at));
    replaceChildren(this.list, inGroups(choices, this.nodes));
    replaceChildren(this.note, message ?? (choices.length ? "" : "No results"));
    this.note.hidden = !this.note.textContent;
    this.follow(); // before the list is scrolled: only now it has its height
    this.mark();
  }

  // Where the person was last, else what is chosen, else the first; what was typed always begins at the best match.
  startAmong(choices) {
    if (this.typed) return 0;
    const recent = choices.findIndex((each) => each.value === this.recent);
    return Math.max(recent >= 0 ? recent : choices.findIndex((each) => this.isSelected(each)), 0);
  }

  drawChoice(each, at) {
    return drawChoice(each, {
      isSelected: this.isSelected(each),
      pick: () => this.pick(at),
      point: () => {
        this.active = at;
        this.mark({ scroll: false });
      },
    });
  }

  mark({ scroll = true } = {}) {
    this.nodes.forEach((node, at) => node.classList.toggle("active", at === this.active));
    const node = this.nodes[this.active];
    if (!node) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", node.id);
    if (scroll) node.scrollIntoView({ block: "nearest" });
    return null;
  }

  onInput() {
    this.typed = this.input.value.trim();
    this.picksFirst = false;
    if (!this.isOpen) return this.open();
    if (!this.isRemote) return this.ask();
    this.asked += 1;
    this.isStale = true;
    return this.askLater();
  }

  onKey(event) {
    const act = {
      ArrowDown: () => this.move(1),
      ArrowUp: () => this.move(-1),
      PageDown: () => this.leap(LEAP),
      PageUp: () => this.leap(-LEAP),
      Enter: () => this.enter(),
      Escape: () => this.escape(),
      Tab: () => this.tab(),
      Backspace: () => this.backspace(),
    }[event.key];
    if (act && act() !== "pass") {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  move(step) {
    if (!this.isOpen) return this.open();
    const total = this.choices.length;
    if (total) this.active = (this.active + step + total) % total;
    this.mark();
    return null;
  }

  // By a page, but never past the ends.
  leap(step) {
    if (!this.isOpen || !this.choices.length) return "pass";
    this.active = Math.max(0, Math.min(this.choices.length - 1, this.active + step));
    this.mark();
    return null;
  }

  // Enter may come before the choices for what was typed have: then it takes the first of them.
  enter() {
    if (!this.isOpen) return this.open();
    if (!this.isStale && this.active >= 0) return this.pick(this.active);
    this.picksFirst = this.isStale;
    return this.ask();
  }

  escape() {
    if (!this.isOpen) return "pass";
    this.close();
    this.typed = "";
    this.show();
    return null;
  }

  tab() {
    if (this.isOpen && this.typed && this.active >= 0) this.pick(this.active);
    return "pass";
  }

  backspace() {
    if (this.multiple && !this.input.value && this.selected.length) this.remove(this.selected.at(-1));
    return "pass";
  }

  pick(at) {
    const chosen = this.choices[at];
    if (this.multiple) return this.toggle(chosen);
    this.close();
    this.select([chosen]);
    return this.changed();
  }

  toggle(chosen) {
    this.recent = chosen.value;
    if (this.isSelected(chosen)) return this.remove(chosen);
    if (this.selected.length >= this.limit)
      return this.present({ choices: this.choices, message: `At most ${this.limit} can be chosen` });
    this.select([...this.selected, chosen]);
    this.ask();
    return this.changed();
  }

  remove(chosen) {
    this.select(this.selected.filter((each) => each.value !== chosen.value));
    if (this.isOpen) this.ask();
    this.changed();
  }

  drop() {
    this.select([]);
    this.input.focus();
    this.changed();
  }

  // Leaving with an emptied field means no choice; leaving with a half-typed word changes nothing.
  leave() {
    if (this.isGone) return;
    const emptied = !this.multiple && !this.input.value && this.selected.length > 0;
    this.close();
    this.select(emptied ? [] : this.selected);
    if (emptied) this.changed();
  }

  /** What a person is doing here, for the drawing that follows. */
  remember() {
    return { isOpen: this.isOpen, typed: this.typed, shown: this.input.value, at: this.input.selectionEnd };
  }

  resume({ isOpen, typed, shown, at }) {
    if (!isOpen && !typed) return;
    this.typed = typed;
    if (typed) this.input.value = shown;
    if (isOpen) this.open();
    if (typed) this.input.setSelectionRange(at, at);
  }

  /** Lets go of the window when the field has gone from the page. */
  dispose() {
    this.close();
    this.isGone = true;
  }

  isSelected(each) {
    return this.selected.some((chosen) => chosen.value === each.value);
  }
}
