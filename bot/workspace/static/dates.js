// Writes Slack's date patterns in the time zone and language of the reader.

import { h } from "./dom.js";

const DAY = 86_400_000;
const HALF_YEAR = 182 * DAY;
const TOKEN =
  /\{(date_num|date_short_pretty|date_long_pretty|date_pretty|date_short|date_long|date|time_secs|time|ago|day_divider_pretty)\}/g;

/** A <time> element for unix seconds, written by the pattern; `begins` says that it begins a sentence. */
export function drawDate(seconds, pattern, { begins = false } = {}) {
  const moment = new Date(seconds * 1000);
  const text = formatDate(moment, pattern, new Date());
  return h("time", { datetime: moment.toISOString(), title: full(moment) }, begins ? capitalised(text) : text);
}

export function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The pattern with each token replaced, as seen at the moment `now`. */
export function formatDate(moment, pattern, now) {
  return pattern.replace(TOKEN, (_, token) =>
    token.endsWith("_pretty") ? pretty(moment, token, now) : plain(moment, token, now),
  );
}

export function clock(moment) {
  return moment.toLocaleTimeString(undefined, { hour: "numeric", minute: "2-digit" });
}

export function full(moment) {
  return moment.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
}

export function isSameDay(one, other) {
  return one.toDateString() === other.toDateString();
}

export function inDays(moment, days) {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate() + days, 12);
}

/** Unix seconds as the value of a datetime-local field, in the reader's zone. */
export function toLocalField(seconds) {
  const moment = new Date(seconds * 1000);
  const shifted = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

export function fromLocalField(value) {
  return Math.round(new Date(value).getTime() / 1000);
}

function pretty(moment, token, now) {
  if (isSameDay(moment, now)) return "today";
  if (isSameDay(moment, new Date(now.getTime() - DAY))) return "yesterday";
  if (isSameDay(moment, new Date(now.getTime() + DAY))) return "tomorrow";
  return plain(moment, token === "day_divider_pretty" ? "date_long" : token.replace("_pretty", ""), now);
}

function plain(moment, token, now) {
  const year = Math.abs(moment - now) < HALF_YEAR ? undefined : "numeric";
  switch (token) {
    case "date_num":
      return [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join("-");
    case "date":
      return moment.toLocaleDateString(undefined, { month: "long", day: "numeric", year });
    case "date_short":
      return moment.toLocaleDateString(undefined, { month: "short", day: "numeric", year });
    case "date_long":
      return moment.toLocaleDateString(undefined, { weekday: "long", month: "long", day: "numeric", year });
    case "time":
      return clock(moment);
    case "time_secs":
      return moment.toLocaleTimeString();
    default:
      return ago(moment, now);
  }
}

function ago(moment, now) {
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  const seconds = (moment - now) / 1000;
  const units = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ];
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return words.format(Math.round(seconds / size), unit);
}

function two(number) {
  return String(number).padStart(2, "0");
}
