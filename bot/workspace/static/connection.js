// Talks to the workspace for one person: posts what they do, and follows the snapshots of what they see.

import { readAnswer, unreachable } from "./answers.js";
import { Uploads } from "./uploads.js";

const RETRY_PAUSE = 1500;
// Browsers give all tabs of one address six connections: those in the background ask now and then instead of keeping one.
const BACKGROUND_PAUSE = 2000;

/** The workspace's answer as an object; a workspace that cannot be reached answers {ok: false} like any other refusal. */
export async function ask(path, body, method = "GET") {
  const request =
    body === undefined
      ? { method }
      : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  try {
    const response = await fetch(path, request);
    return readAnswer(response.status, await response.text());
  } catch {
    return unreachable();
  }
}

export class Connection {
  constructor(personId, { onSnapshot, onStatus }) {
    this.base = `/people/${encodeURIComponent(personId)}`;
    this.onSnapshot = onSnapshot;
    this.onStatus = onStatus;
    this.isClosed = false;
    this.loaded = ""; // when this page was loaded, as the workspace says: ephemeral messages from before are lost
    this.uploads = new Uploads(this.base);
    this.turn = () => this.follow();
    document.addEventListener("visibilitychange", this.turn);
    this.follow();
  }

  follow() {
    this.leave();
    this.version = -1;
    if (document.hidden) this.askInBackground();
    else this.listen();
  }

  leave() {
    this.events?.close();
    clearTimeout(this.later);
  }

  async askInBackground() {
    const snapshot = await ask(`${this.base}/state${this.sinceLoaded()}`);
    if (this.isClosed || !document.hidden) return;
    if (snapshot.ok === false) this.onStatus({ isReachable: false });
    else this.receive(snapshot);
    this.later = setTimeout(() => this.askInBackground(), BACKGROUND_PAUSE);
  }

  listen() {
    this.events = new EventSource(`${this.base}/events${this.sinceLoaded()}`);
    this.events.onopen = () => {
      this.version = -1;
    };
    this.events.onmessage = (event) => {
      this.loaded = event.lastEventId;
      this.receive(JSON.parse(event.data));
    };
    this.events.onerror = () => this.lose();
  }

  sinceLoaded() {
    return this.loaded && `?loaded=${encodeURIComponent(this.loaded)}`;
  }

  // The browser tries again by itself unless it was refused outright.
  lose() {
    this.onStatus({ isReachable: false });
    if (this.events.readyState === EventSource.CLOSED) this.later = setTimeout(this.turn, RETRY_PAUSE);
  }

  receive(snapshot) {
    if (this.isClosed || snapshot.version < this.version) return;
    this.version = snapshot.version;
    this.onStatus({ isReachable: true, apps: snapshot.connected });
    this.onSnapshot(snapshot);
  }

  /** Where a file that the person sees is downloaded. */
  addressOf(fileId) {
    return `${this.base}/files/${encodeURIComponent(fileId)}`;
  }

  post(path, body) {
    return ask(`${this.base}/${path}`, body);
  }

  close() {
    this.isClosed = true;
    document.removeEventListener("visibilitychange", this.turn);
    this.leave();
  }
}
