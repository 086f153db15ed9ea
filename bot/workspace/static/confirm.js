// Asks for confirmation where an element of Block Kit carries a confirm object.

import { h, uniqueId } from "./dom.js";
import { drawText } from "./mrkdwn.js";

/** Resolves to true where the person agrees; at once where nothing is to be confirmed. */
export function confirmed(confirm, names) {
  if (!confirm) return Promise.resolve(true);
  return new Promise((resolve) => {
    const dialog = drawDialog(confirm, names);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "confirm");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function drawDialog(confirm, names) {
  const id = uniqueId("confirm");
  const style = confirm.style === "danger" ? "danger" : "primary";
  return h(
    "dialog",
    {
      class: "modal confirm",
      role: "alertdialog",
      "aria-labelledby": `${id}-title`,
      "aria-describedby": `${id}-text`,
      on: { keydown: keepEscape },
    },
    h(
      "form",
      { method: "dialog" },
      h("header", {}, h("h2", { id: `${id}-title` }, drawText(confirm.title, names))),
      h("div", { class: "modal-body", id: `${id}-text` }, drawText(confirm.text, names)),
      h(
        "footer",
        {},
        h("button", { value: "deny", autofocus: true }, drawText(confirm.deny ?? { text: "Cancel" }, names)),
        h("button", { value: "confirm", class: style }, drawText(confirm.confirm ?? { text: "Yes" }, names)),
      ),
    ),
  );
}

// The question may stand over a modal, which must not close by the same key.
function keepEscape(event) {
  if (event.key === "Escape") event.stopPropagation();
}
