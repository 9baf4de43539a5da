// The same frames by polling, where websockets fail. The other transport is socket.js.

/** @import {Refusal, StateFrame, Sub, Wiring} from "./types.js" */

import { ask } from "./asking.js";

const EVERY_MS = 3000;
const TOGETHER = 40; // streams in one request: servers take addresses of a few kilobytes

export class PollTransport {
  /**
   * `onAnswer()` is called for every answer, also if nothing is new; `onRefused(stream)` if the stream is not ours.
   * @param {Omit<Wiring, "url"> & {
   *   onFrame: (frame: StateFrame) => void,
   *   onLost: () => void,
   *   onAnswer: () => void,
   *   onRefused: (stream: string) => void,
   * }} wiring
   */
  constructor({ base, env, timers, subs, onFrame, onLost, onAnswer, onRefused }) {
    this.base = base;
    this.env = env;
    this.timers = timers;
    this.subs = subs;
    this.onFrame = onFrame;
    this.onLost = onLost;
    this.onAnswer = onAnswer;
    this.onRefused = onRefused;
    this.running = false;
  }

  open() {
    this.running = true;
    this.timers.after("poll", EVERY_MS, () => this.open());
    return this.#round();
  }

  close() {
    this.running = false;
    this.timers.cancel("poll");
  }

  /** @param {Sub} sub */
  watch(sub) {
    return this.sync(sub);
  }

  leave() {}

  /**
   * Ask for what came after `{s, e, n}`. False if there was no answer.
   * @param {Sub} sub
   */
  sync(sub) {
    return this.#ask([sub]);
  }

  /**
   * Ask for several streams in one request.
   * @param {Sub[]} subs
   */
  async #ask(subs) {
    const query = new URLSearchParams();
    for (const { s, e, n } of subs) {
      query.append("s", s);
      if (e === undefined && subs.length === 1) continue;
      query.append("e", e ?? "");
      query.append("n", e === undefined ? "" : String(n));
    }
    try {
      const { status, body } = await ask(this.env, `${this.base}poll?${query}`);
      if (!this.running) return false; // closed meanwhile: the socket is live, and its frames are newer
      if (status === 404) subs.forEach(({ s }) => this.onRefused(s));
      else if (status === 200) for (const frame of body) this.#hear(frame);
      else if (status !== 304) return false;
      this.onAnswer();
      return true;
    } catch {
      return false;
    }
  }

  /** @param {StateFrame | Refusal} frame */
  #hear(frame) {
    if (frame.t === "error") this.onRefused(frame.s);
    else this.onFrame(frame);
  }

  async #round() {
    const subs = this.subs();
    for (let first = 0; first < subs.length; first += TOGETHER) {
      if (!(await this.#ask(subs.slice(first, first + TOGETHER)))) {
        if (this.running) this.onLost();
        return;
      }
    }
  }
}
