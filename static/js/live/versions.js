// The version rule: what to do with a frame, given what is on the screen. Pure, no clock, no socket.

/**
 * Where a page stands in one stream. `epoch` names the log, `n` the version shown.
 * `held` keeps frames that came before their predecessor.
 */
export class Versions {
  constructor(epoch = null, n = null) {
    this.epoch = epoch;
    this.n = n;
    this.held = new Map();
  }

  /**
   * Take a `snap` or `ev` frame. Returns `{show, gap}`: the frames to show now, in order, and whether one is missing.
   */
  take(frame) {
    if (frame.t === "snap") {
      if (frame.e === this.epoch && this.n !== null && frame.n < this.n) return { show: [], gap: false };
      this.epoch = frame.e;
      this.n = frame.n;
      for (const [n, held] of [...this.held]) if (n <= frame.n || held.e !== frame.e) this.held.delete(n);
      return { show: [frame, ...this.#release()], gap: this.held.size > 0 };
    }
    if (this.n === null || frame.e !== this.epoch) return { show: [], gap: true }; // another log: ask for a snapshot
    if (frame.n <= this.n) return { show: [], gap: false }; // a repeat
    this.held.set(frame.n, frame);
    return { show: this.#release(), gap: this.held.size > 0 };
  }

  /** Whether a beat's head says that something never came. */
  behind(head) {
    return this.n === null || head > this.n;
  }

  #release() {
    const ready = [];
    while (this.held.has(this.n + 1)) {
      this.n += 1;
      ready.push(this.held.get(this.n));
      this.held.delete(this.n);
    }
    return ready;
  }
}
