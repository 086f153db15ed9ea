// Follows the workspace's journal: every request and frame between app and workspace, as it is noted.

import { ask } from "./connection.js";

const RETRY_PAUSE = 1500;

/** Calls `take(entries)` with what is new, oldest first, until it is stopped; `lost(message)` says that nothing comes. */
export class JournalFeed {
  constructor({ take, lost }) {
    this.take = take;
    this.lost = lost;
    this.last = 0;
    this.events = null;
    this.question = 0;
  }

  start() {
    if (!this.events) this.catchUp();
  }

  stop() {
    this.question += 1;
    this.events?.close();
    this.events = null;
  }

  // After a lost connection all is asked for anew: a workspace that was started again counts from one again.
  async catchUp({ after = this.last } = {}) {
    this.question += 1;
    const { question } = this;
    const answer = await ask(`/journal?after=${after}`);
    if (question !== this.question) return;
    if (!answer.ok) return this.lose(answer.message ?? "The journal cannot be read.");
    if (answer.last < this.last) this.last = 0;
    this.receive(answer.entries);
    this.listen();
  }

  listen() {
    this.events = new EventSource(`/journal/events?after=${this.last}`);
    this.events.onmessage = (event) => this.receive([JSON.parse(event.data)]);
    this.events.onerror = () => this.lose("The workspace cannot be reached. Is it still running?");
  }

  lose(message) {
    this.stop();
    this.lost(message);
    const { question } = this;
    setTimeout(() => question === this.question && this.catchUp({ after: 0 }), RETRY_PAUSE);
  }

  receive(entries) {
    const news = entries.filter((entry) => entry.n > this.last);
    this.lost(null);
    if (!news.length) return;
    this.last = news.at(-1).n;
    this.take(news);
  }
}
