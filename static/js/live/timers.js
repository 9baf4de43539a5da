// Timers by name: setting one again moves it.

/** @import {Env} from "./types.js" */

export class Timers {
  /** @param {Pick<Env, "setTimeout" | "clearTimeout">} env */
  constructor(env) {
    this.env = env;
    /** @type {Map<string, any>} */
    this.running = new Map();
  }

  /**
   * Call `what` once, `ms` milliseconds from now.
   * @param {string} name
   * @param {number} ms
   * @param {() => void} what
   */
  after(name, ms, what) {
    this.cancel(name);
    const id = this.env.setTimeout(() => {
      this.running.delete(name);
      what();
    }, ms);
    this.running.set(name, id);
  }

  /** @param {string} name */
  has(name) {
    return this.running.has(name);
  }

  /** @param {string[]} names */
  cancel(...names) {
    for (const name of names) {
      if (!this.running.has(name)) continue;
      this.env.clearTimeout(this.running.get(name));
      this.running.delete(name);
    }
  }

  cancelAll() {
    this.cancel(...this.running.keys());
  }
}
