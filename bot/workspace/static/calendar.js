// The calendar and the list of times that open beside a field for a day, a time, or both.

import { clock, inDays, isSameDay } from "./dates.js";
import { h, icon, place, replaceChildren, uniqueId } from "./dom.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
const TIMES = Array.from({ length: 48 }, (_, half) => `${two(Math.floor(half / 2))}:${half % 2 ? "30" : "00"}`);

/**
 * The button that opens it beside `frame`. `kind` is date, time or datetime-local, as the field's type; `read()` answers
 * the field's value and `write(value)` sets it.
 */
export function drawOpener({ kind, frame, read, write }) {
  const label = kind === "time" ? "Choose a time" : kind === "date" ? "Choose a day" : "Choose day and time";
  const button = h(
    "button",
    {
      type: "button",
      class: "icon-button opener",
      "aria-label": label,
      title: label,
      "aria-haspopup": "true",
      "aria-expanded": "false",
    },
    icon(kind === "time" ? "clock" : "calendar"),
  );
  const popup = new Popup({ kind, label, read, write, button });
  button.addEventListener("click", () => popup.open(frame()));
  return [button, popup.node];
}

class Popup {
  constructor({ kind, label, read, write, button }) {
    Object.assign(this, { kind, read, write, button });
    this.month = h("strong", { id: uniqueId("month"), "aria-live": "polite" });
    this.days = h("div", {});
    this.times = h("div", {
      class: "hours",
      role: "listbox",
      "aria-label": "Time",
      on: { keydown: (event) => this.walkTimes(event) },
    });
    this.node = h(
      "div",
      {
        class: "popup calendar",
        popover: "auto",
        role: "group",
        "aria-label": label,
        on: { keydown: (event) => this.onKey(event) },
      },
      kind === "time" ? null : this.drawMonth(),
      kind === "date" ? null : this.times,
    );
    this.node.addEventListener("toggle", (event) =>
      button.setAttribute("aria-expanded", String(event.newState === "open")),
    );
  }

  drawMonth() {
    const turn = (name, label, step) =>
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": label, on: { click: () => this.turn(step) } },
        icon(name),
      );
    return h(
      "div",
      {},
      h("div", { class: "calendar-head" }, turn("back", "Month before", -1), this.month, turn("next", "Next month", 1)),
      this.days,
    );
  }

  get day() {
    return this.read().slice(0, 10) || null;
  }

  get time() {
    return this.read().slice(-5) || null;
  }

  open(anchor) {
    this.at = this.kind !== "time" && this.day ? noon(this.day) : noonToday();
    this.draw();
    this.node.showPopover();
    place(this.node, anchor);
    this.drawTimes();
    (this.days.querySelector("[tabindex='0']") ?? this.times.querySelector("[tabindex='0']")).focus();
  }

  close() {
    this.node.hidePopover();
    this.button.focus();
  }

  draw() {
    if (this.kind === "time") return;
    replaceChildren(this.month, this.at.toLocaleDateString(undefined, { month: "long", year: "numeric" }));
    const first = startOfGrid(this.at);
    const weeks = Array.from({ length: 6 }, (_, week) =>
      Array.from({ length: 7 }, (__, day) => inDays(first, week * 7 + day)),
    );
    const head = weeks[0].map((day) =>
      h(
        "th",
        { scope: "col", abbr: written(day, { weekday: "long" }) },
        written(day, { weekday: "short" }).slice(0, 2),
      ),
    );
    const rows = weeks.map((week) =>
      h(
        "tr",
        {},
        week.map((day) => h("td", {}, this.drawDay(day))),
      ),
    );
    const table = h(
      "table",
      { "aria-labelledby": this.month.id },
      h("thead", {}, h("tr", {}, head)),
      h("tbody", {}, rows),
    );
    replaceChildren(this.days, table);
  }

  drawDay(day) {
    return h(
      "button",
      {
        type: "button",
        tabindex: isSameDay(day, this.at) ? "0" : "-1",
        class: day.getMonth() === this.at.getMonth() ? null : "elsewhere",
        "aria-label": written(day, { dateStyle: "full" }),
        "aria-pressed": String(textOf(day) === this.day),
        "aria-current": isSameDay(day, new Date()) ? "date" : null,
        on: { click: () => this.pickDay(day), keydown: (event) => this.walkDays(event) },
      },
      String(day.getDate()),
    );
  }

  drawTimes() {
    if (this.kind === "date") return;
    const chosen = TIMES.includes(this.time) ? this.time : null;
    const here = chosen ?? TIMES.findLast((time) => time <= (this.time ?? "09:00"));
    const nodes = TIMES.map((time) =>
      h(
        "div",
        {
          role: "option",
          tabindex: time === here ? "0" : "-1",
          "aria-selected": String(time === chosen),
          "data-value": time,
          on: { click: () => this.pickTime(time) },
        },
        clock(new Date(`2000-01-01T${time}`)),
      ),
    );
    replaceChildren(this.times, nodes);
    this.times.scrollTop = Math.max(0, nodes[TIMES.indexOf(here)].offsetTop - this.times.offsetTop - 100);
  }

  pickDay(day) {
    if (this.kind === "date") {
      this.write(textOf(day));
      return this.close();
    }
    this.write(`${textOf(day)}T${this.time ?? "09:00"}`);
    this.at = day;
    this.draw();
    return this.times.querySelector("[tabindex='0']").focus();
  }

  pickTime(time) {
    this.write(this.kind === "time" ? time : `${this.day ?? textOf(this.at)}T${time}`);
    this.close();
  }

  turn(step) {
    this.at = inMonths(this.at, step);
    this.draw();
  }

  walkDays(event) {
    const month = { PageUp: -1, PageDown: 1 }[event.key];
    const step = STEPS[event.key];
    if (!month && !step) return;
    event.preventDefault();
    this.at = month ? inMonths(this.at, month) : inDays(this.at, step);
    this.draw();
    this.days.querySelector("[tabindex='0']").focus();
  }

  walkTimes(event) {
    const nodes = [...this.times.children];
    const at = nodes.indexOf(document.activeElement);
    const next = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: nodes.length - 1 }[event.key];
    if (["Enter", " "].includes(event.key)) this.pickTime(nodes[at].dataset.value);
    else if (next !== undefined) nodes[Math.max(0, Math.min(next, nodes.length - 1))].focus();
    else return;
    event.preventDefault();
  }

  onKey(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    this.close();
  }
}

function noon(text) {
  return new Date(`${text}T12:00`);
}

function noonToday() {
  return noon(textOf(new Date()));
}

// The last day of a shorter month stands for the days that it does not have.
function inMonths(day, step) {
  const last = new Date(day.getFullYear(), day.getMonth() + step + 1, 0).getDate();
  return new Date(day.getFullYear(), day.getMonth() + step, Math.min(day.getDate(), last), 12);
}

function startOfGrid(day) {
  const first = new Date(day.getFullYear(), day.getMonth(), 1, 12);
  return inDays(first, -((first.getDay() - firstWeekday() + 7) % 7));
}

// Sunday is 0, as for Date; where the browser does not tell, the week begins on Monday.
function firstWeekday() {
  const locale = new Intl.Locale(navigator.language);
  return ((locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay ?? 1) % 7;
}

function textOf(day) {
  return `${String(day.getFullYear()).padStart(4, "0")}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

function written(day, style) {
  return day.toLocaleDateString(undefined, style);
}

function two(number) {
  return String(number).padStart(2, "0");
}
