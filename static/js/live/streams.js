// The streams that a page watches, and the version that it shows of each. A gap often closes by itself; if it does not
// within a moment, the page asks for what is missing.

/** @import {OnFrame, StateFrame, Sub} from "./types.js" */

import { Versions } from "./versions.js";

const HOLD_MS = 250;

export class Streams {
  /**
   * `show(stream, frame)` puts a frame on the screen; `ask(sub)` asks for what is missing after `{s, e, n}`.
   * @param {{
   *   timers: Pick<import("./timers.js").Timers, "after" | "has" | "cancel">,
   *   show: OnFrame,
   *   ask: (sub: Sub) => void,
   * }} outside
   */
  constructor({ timers, show, ask }) {
    this.timers = timers;
    this.show = show;
    this.ask = ask;
    /** @type {Map<string, Versions>} */
    this.known = new Map();
  }

  /**
   * Watch `stream`, of which version `n` of `epoch` is on the screen already (or null).
   * @param {string} stream
   * @param {string | null} [epoch]
   * @param {number | null} [n]
   */
  watch(stream, epoch = null, n = null) {
    this.known.set(stream, new Versions(epoch, n));
  }

  /** @param {string} stream */
  forget(stream) {
    this.known.delete(stream);
    this.timers.cancel(`gap ${stream}`);
  }

  get names() {
    return [...this.known.keys()];
  }

  /**
   * A stream and its version on the screen, as `hello`, `sub` and `sync` name them.
   * @param {string} stream
   * @returns {Sub}
   */
  sub(stream) {
    const { epoch, n } = this.known.get(stream) ?? new Versions();
    return epoch === null || n === null ? { s: stream } : { s: stream, e: epoch, n };
  }

  /**
   * A `snap` or `ev` frame came.
   * @param {StateFrame} frame
   */
  take(frame) {
    const versions = this.known.get(frame.s);
    if (!versions) return;
    const { show, gap } = versions.take(frame);
    for (const ready of show) this.show(frame.s, ready);
    if (gap) this.#later(frame.s);
    else this.timers.cancel(`gap ${frame.s}`);
  }

  /**
   * A beat came: ask for every stream that is behind its head.
   * @param {Record<string, number>} heads
   */
  heads(heads) {
    for (const [stream, head] of Object.entries(heads)) {
      if (this.known.get(stream)?.behind(head)) this.#later(stream);
    }
  }

  /** @param {string} stream */
  #later(stream) {
    if (this.timers.has(`gap ${stream}`)) return;
    this.timers.after(`gap ${stream}`, HOLD_MS, () => this.known.has(stream) && this.ask(this.sub(stream)));
  }
}
