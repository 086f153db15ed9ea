// Shows the stack of open views as modal dialogs, only the topmost of which is on the page.

import { h, icon, replaceChildren, uniqueId } from "./dom.js";
import { BlockList } from "./blocks.js";
import { drawText } from "./mrkdwn.js";
import { viewSurface } from "./surface.js";

const TROUBLE = "We had some trouble connecting. Try again?";

export class ModalStack {
  constructor(connection, names) {
    this.connection = connection;
    this.names = names;
    this.modals = new Map();
  }

  update(views) {
    const older = this.modals;
    this.modals = new Map(
      views.map((view) => [view.id, older.get(view.id) ?? new Modal(view, this.connection, this.names)]),
    );
    for (const [id, modal] of older) if (!this.modals.has(id)) modal.remove();
    views.forEach((view, at) => this.modals.get(view.id).update(view, { depth: at }));
    const top = [...this.modals.values()].at(-1);
    for (const modal of this.modals.values()) if (modal !== top) modal.hide();
    if (top) top.show();
    else if (older.size) restoreCaret();
  }

  close() {
    this.update([]);
  }
}

class Modal {
  constructor(view, connection, names) {
    this.view = view;
    this.isBusy = false;
    this.connection = connection;
    this.names = names;
    this.blocks = new BlockList(
      viewSurface({
        connection,
        names,
        source: { type: "view", view_id: view.id },
        current: () => this.view,
        blocks: () => this.blocks,
        report: (message) => this.report(message),
        waiting: () => this.showWaiting(),
      }),
    );
    this.build();
  }

  build() {
    const id = uniqueId("modal");
    this.title = h("h2", { id });
    this.back = h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Back", on: { click: () => this.close({ all: false }) } },
      icon("back"),
    );
    this.banner = h("p", { class: "banner", role: "alert", hidden: true });
    this.waiting = h("p", { class: "waiting", role: "status" });
    this.closer = h("button", {
      type: "button",
      class: "button close",
      on: { click: () => this.close({ all: false }) },
    });
    this.submitter = h("button", { type: "submit", class: "button primary submit" });
    const cross = h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Close", on: { click: () => this.close({ all: true }) } },
      icon("close"),
    );
    const form = h(
      "form",
      { novalidate: true, on: { submit: (event) => this.submit(event), keydown: (event) => this.submitByKey(event) } },
      h("header", {}, this.back, this.title, cross),
      h("div", { class: "modal-body" }, this.blocks.node),
      this.banner,
      h("footer", {}, this.waiting, this.closer, this.submitter),
    );
    this.form = form;
    this.node = h(
      "dialog",
      {
        class: "modal",
        role: "dialog",
        "aria-modal": "true",
        "aria-labelledby": id,
        "data-view-id": this.view.id,
        on: { keydown: (event) => this.escape(event), cancel: (event) => event.preventDefault() },
      },
      form,
    );
  }

  update(view, { depth }) {
    this.view = view;
    replaceChildren(this.title, drawText(view.title, this.names));
    this.back.hidden = depth === 0;
    replaceChildren(this.closer, view.close ? drawText(view.close, this.names) : view.submit ? "Cancel" : "Close");
    this.submitter.hidden = !view.submit;
    if (view.submit) replaceChildren(this.submitter, drawText(view.submit, this.names));
    this.blocks.update(view.blocks ?? []);
    this.showWaiting();
  }

  show() {
    if (this.node.open) return this.keepFocus();
    if (!this.node.isConnected) document.body.append(this.node);
    this.node.showModal();
    return this.focusStart();
  }

  // An update may take away what had the focus.
  keepFocus() {
    const focused = document.activeElement;
    if (!focused || focused === document.body || focused.closest("[hidden]")) this.focusStart();
  }

  hide() {
    if (this.node.open) this.lastFocused = document.activeElement;
    this.node.close();
  }

  remove() {
    this.blocks.update([]); // ends what still goes on in the fields
    this.node.close();
    this.node.remove();
  }

  focusStart() {
    const { lastFocused } = this;
    this.lastFocused = null;
    if (lastFocused && this.node.contains(lastFocused)) return lastFocused.focus();
    const wanted = this.node.querySelector("[data-focus-on-load]");
    const field = this.blocks.fields.find((each) => (wanted ? each.node.contains(wanted) : true));
    if (field?.control) return field.focus();
    return (wanted ?? this.node.querySelector(".modal-body [data-action-id]") ?? this.closer).focus();
  }

  async submit(event) {
    event.preventDefault();
    if (!this.view.submit || this.isBusy || this.isUploading) return;
    this.setBusy(true);
    this.report(null);
    for (const field of this.blocks.fields) field.clearError();
    await this.blocks.flush();
    const answer =
      this.problemsHere() ?? (await this.connection.post(`views/${encodeURIComponent(this.view.id)}/submit`, {}));
    // A view that closes stays busy until it is gone, so that a second press cannot submit it again.
    if (!(answer.ok && answer.closed)) this.setBusy(false);
    if (!answer.ok) this.showProblems(answer);
  }

  // What the workspace never took must not be submitted as if it had.
  problemsHere() {
    const wrong = this.blocks.fields.filter((field) => field.problem);
    return wrong.length
      ? { ok: false, errors: Object.fromEntries(wrong.map((field) => [field.block.block_id, field.problem])) }
      : null;
  }

  showProblems(answer) {
    if (!answer.errors) return this.report(answer.message ?? TROUBLE);
    const errors = Object.entries(answer.errors);
    const elsewhere = errors.filter(([blockId]) => !this.blocks.field(blockId)).map(([, message]) => message);
    for (const [blockId, message] of errors) this.blocks.field(blockId)?.showError(message);
    if (elsewhere.length) this.report(elsewhere.join(" "));
    return this.blocks.fields.find((field) => field.block.block_id in answer.errors)?.focus();
  }

  async close({ all }) {
    const answer = await this.connection.post(`views/${encodeURIComponent(this.view.id)}/close`, { all });
    if (!answer.ok) this.report(answer.message ?? TROUBLE);
  }

  escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    this.close({ all: false });
  }

  submitByKey(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.view.submit) this.form.requestSubmit();
  }

  setBusy(isBusy) {
    this.isBusy = isBusy;
    this.submitter.setAttribute("aria-busy", String(isBusy));
    this.showWaiting();
  }

  get isUploading() {
    return this.blocks.fields.some((field) => field.isUploading);
  }

  // The button stays where it is for the keyboard: it only says that it does nothing yet.
  showWaiting() {
    this.submitter.setAttribute("aria-disabled", String(this.isBusy || this.isUploading));
    const text = this.isUploading && this.view.submit ? "Waiting for the upload to finish…" : "";
    if (this.waiting.textContent !== text) replaceChildren(this.waiting, text);
  }

  report(message) {
    this.banner.hidden = !message;
    replaceChildren(this.banner, message ?? "");
  }
}

// Chromium 156 may give the focus back to a text field without its caret, and then nothing can be typed there.
function restoreCaret() {
  const field = document.activeElement;
  const caret = field?.selectionEnd ?? null;
  if (caret !== null) field.setSelectionRange(caret, caret);
}
