// The same frames by polling, where websockets fail. The other transport is socket.js.

/** @import {StateFrame, Sub, Wiring} from "./types.js" */

import { ask } from "./asking.js";

const EVERY_MS = 3000;

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
  async sync({ s, e, n }) {
    const query = new URLSearchParams(e === undefined ? { s } : { s, e, n: String(n) });
    try {
      const { status, body } = await ask(this.env, `${this.base}poll?${query}`);
      if (!this.running) return false; // closed meanwhile: the socket is live, and its frames are newer
      if (status === 404) this.onRefused(s);
      else if (status === 200) for (const frame of body) this.onFrame(frame);
      else if (status !== 304) return false;
      this.onAnswer();
      return true;
    } catch {
      return false;
    }
  }

  async #round() {
    for (const sub of this.subs()) {
      if (!(await this.sync(sub))) {
        if (this.running) this.onLost();
        return;
      }
    }
  }
}
