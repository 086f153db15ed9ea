// Sends files to the workspace, a few at a time, so that an upload never holds up what is typed meanwhile.

import { readAnswer, unreachable } from "./answers.js";

const AT_ONCE = 2;

export class Uploads {
  constructor(base) {
    this.base = base;
    this.waiting = [];
    this.running = 0;
  }

  /** Begins as soon as others are done; `done` resolves to the workspace's answer, `progress(share)` goes from 0 to 1. */
  start(file, progress) {
    const request = new XMLHttpRequest();
    const job = { request, file };
    job.done = new Promise((resolve) => {
      job.finish = resolve;
    });
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () => this.end(job, readAnswer(request.status, request.responseText));
    request.onerror = () => this.end(job, unreachable());
    request.onabort = () => this.end(job, { ok: false, error: "dropped" });
    this.waiting.push(job);
    this.next();
    return { done: job.done, drop: () => this.drop(job) };
  }

  next() {
    if (this.running >= AT_ONCE || !this.waiting.length) return;
    const { request, file } = this.waiting.shift();
    this.running += 1;
    request.open("POST", `${this.base}/files?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(file);
  }

  end(job, answer) {
    this.running -= 1;
    job.finish(answer);
    this.next();
  }

  drop(job) {
    if (!this.waiting.includes(job)) return job.request.abort();
    this.waiting = this.waiting.filter((each) => each !== job);
    return job.finish({ ok: false, error: "dropped" });
  }
}
