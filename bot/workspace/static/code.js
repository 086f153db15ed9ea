// Draws a block of code with the button that copies it.

import { h, icon, replaceChildren } from "./dom.js";

export function drawCode(content) {
  const code = h("code", {}, content);
  const label = h("span", {}, "Copy");
  const button = h("button", { type: "button", class: "copy" }, icon("copy"), label);
  button.addEventListener("click", async () => {
    const copied = await copy(code.textContent);
    replaceChildren(label, copied ? "Copied" : "Select and copy by hand");
    setTimeout(() => replaceChildren(label, "Copy"), 2000);
  });
  label.setAttribute("aria-live", "polite");
  return h("div", { class: "code-block" }, h("pre", { tabindex: "0" }, code), button);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
