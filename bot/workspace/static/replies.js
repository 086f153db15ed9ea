// The box at the end of a thread, in which people answer; it outlives each drawing of its thread, with what is typed in it.

import { h } from "./dom.js";

export class ReplyBox {
  /** `send(text, broadcast)` answers {ok} or {ok: false, message}; `place` is where an answer can be sent to as well. */
  constructor({ send, place }) {
    this.send = send;
    this.box = h("textarea", { rows: 1, "aria-label": "Reply", placeholder: "Reply…", autocomplete: "off" });
    this.also = h("input", { type: "checkbox" });
    this.problem = h("p", { class: "message-problem", role: "alert", hidden: true });
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.node = h(
      "form",
      {
        class: "reply",
        on: {
          submit: (event) => {
            event.preventDefault();
            this.submit();
          },
        },
      },
      this.box,
      h("label", {}, this.also, `Also send to ${place}`),
      h("button", { type: "submit", class: "button" }, "Send reply"),
      this.problem,
    );
  }

  async submit() {
    const text = this.box.value;
    if (!text.trim()) return;
    const answer = await this.send(text, this.also.checked);
    this.problem.hidden = answer.ok;
    this.problem.textContent = answer.ok ? "" : (answer.message ?? "The reply was not sent. Try again?");
    if (!answer.ok || this.box.value !== text) return;
    this.box.value = "";
    this.also.checked = false;
  }
}
