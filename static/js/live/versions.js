// The version rule: what to do with a frame, given what is on the screen. Pure, no clock, no socket.

/** @import {StateFrame} from "./types.js" */

/**
 * Where a page stands in one stream. `epoch` names the log, `n` the version shown.
 * `held` keeps frames that came before their predecessor.
 */
export class Versions {
  /**
   * @param {string | null} [epoch]
   * @param {number | null} [n]
   */
  constructor(epoch = null, n = null) {
    this.epoch = epoch;
    this.n = n;
    /** @type {Map<number, StateFrame>} */
    this.held = new Map();
  }

  /**
   * Take a `snap` or `ev` frame. Returns `{show, gap}`: the frames to show now, in order, and whether one is missing.
   * @param {StateFrame} frame
   * @returns {{show: StateFrame[], gap: boolean}}
   */
  take(frame) {
    if (frame.t === "snap") {
      if (frame.e === this.epoch && this.n !== null && frame.n < this.n) return { show: [], gap: false };
      this.epoch = frame.e;
      this.n = frame.n;
      for (const [n, held] of [...this.held]) if (n <= frame.n || held.e !== frame.e) this.held.delete(n);
      return { show: [frame, ...this.#release(frame.n)], gap: this.held.size > 0 };
    }
    if (this.n === null || frame.e !== this.epoch) return { show: [], gap: true }; // another log: ask for a snapshot
    if (frame.n <= this.n) return { show: [], gap: false }; // a repeat
    this.held.set(frame.n, frame);
    return { show: this.#release(this.n), gap: this.held.size > 0 };
  }

  /**
   * Whether the head of a beat shows that a frame is missing.
   * @param {number} head
   */
  behind(head) {
    return this.n === null || head > this.n;
  }

  /**
   * The held frames that follow version `n` without a gap.
   * @param {number} n
   */
  #release(n) {
    const ready = [];
    for (let next = this.held.get(n + 1); next; next = this.held.get(n + 1)) {
      ready.push(next);
      this.held.delete((n += 1));
    }
    this.n = n;
    return ready;
  }
}
