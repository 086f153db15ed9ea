// Makes DOM nodes from values; nothing in this page ever turns text into markup.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  menu: "M4 6h16M4 12h16M4 18h16",
  close: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  chevron: "M6 9l6 6 6-6",
  copy: "M9 9h10v11H9zM5 15V4h10",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 100 6 3 3 0 000-6z",
  hash: "M9 4L7 20M17 4l-2 16M4 9h17M3 15h17",
  home: "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
  chat: "M4 5h16v11H9l-5 4z",
  send: "M3.5 3.5c0-.5.5-.8 1-.6l16.3 8.2c.7.4.7 1.4 0 1.8L4.5 21.1c-.5.2-1-.1-1-.6l1-6.7 9-1.8-9-1.8z",
  contrast: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 3v18M12 7h6.5M12 11h8.9M12 15h8.4",
  inspect: "M4 5h16v14H4zM4 9h16M8 13l2 2-2 2M13 17h4",
  calendar: "M4 6h16v14H4zM4 10h16M8 3v5M16 3v5",
  clock: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 7v5l4 2",
  next: "M9 5l7 7-7 7",
  down: "M12 5v14M6 13l6 6 6-6",
  out: "M4 12h15M13 6l6 6-6 6",
  in: "M20 12H5M11 6l-6 6 6 6",
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  vertical: "M12 5h.01M12 12h.01M12 19h.01",
  attach: "M20 11l-8.5 8.5a5 5 0 01-7-7L13 4a3.4 3.4 0 015 5l-8.5 8.5a1.7 1.7 0 01-2.4-2.4L15 7",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  app: "M6 7l5 5-5 5M13 17h6",
  people: "M9 11a3 3 0 100-6 3 3 0 000 6zM3 20c0-4 3-6 6-6s6 2 6 6M16 5a3 3 0 010 6M18 14c2 1 3 3 3 6",
};

let count = 0;

/** A name no other element of the page has. */
export function uniqueId(prefix) {
  count += 1;
  return `${prefix}-${count}`;
}

/** An element; `on` holds listeners, absent and false attributes are left out, strings become text. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") listen(node, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, String(value));
  }
  node.append(...present(children));
  return node;
}

export function replaceChildren(node, ...children) {
  node.replaceChildren(...present(children));
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Puts nodes in this order below parent without moving those that already stand right, so focus survives. */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let cursor = parent.firstElementChild;
  for (const node of nodes) {
    if (node === cursor) cursor = cursor.nextElementSibling;
    else parent.insertBefore(node, cursor);
  }
}

/** Shows a popover beside its anchor, above it where there is more room. */
export function place(popover, anchor, { width = null } = {}) {
  const box = anchor.getBoundingClientRect();
  const below = window.innerHeight - box.bottom - 12;
  const above = box.top - 12;
  const upwards = below < 200 && above > below;
  const style = popover.style;
  if (width) style.width = `${width}px`;
  style.maxHeight = `${Math.max(96, Math.min(320, upwards ? above : below))}px`;
  const left = Math.min(box.left, window.innerWidth - popover.offsetWidth - 8);
  style.left = `${Math.max(8, left)}px`;
  style.top = upwards ? "auto" : `${box.bottom + 4}px`;
  style.bottom = upwards ? `${window.innerHeight - box.top + 4}px` : "auto";
}

export function debounce(milliseconds, act) {
  let timer = null;
  const later = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      act(...values);
    }, milliseconds);
  };
  later.cancel = () => {
    clearTimeout(timer);
    timer = null;
  };
  return later;
}

function listen(node, listeners) {
  for (const [event, listener] of Object.entries(listeners)) node.addEventListener(event, listener);
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}
