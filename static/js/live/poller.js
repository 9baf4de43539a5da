// The same frames by asking for them, where websockets fail (see socket.js).

const EVERY_MS = 3000;

export class PollTransport {
  /** `onAnswer()` is told of every answer, also where nothing is new; `onRefused(stream)` of one that is not ours. */
  constructor({ base, env, timers, subs, onFrame, onLost, onAnswer, onRefused }) {
    Object.assign(this, { base, env, timers, subs, onFrame, onLost, onAnswer, onRefused });
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

  watch(sub) {
    return this.sync(sub);
  }

  leave() {}

  /** What came after `{s, e, n}`? False when there was no answer. */
  async sync({ s, e, n }) {
    const query = new URLSearchParams(e === undefined ? { s } : { s, e, n });
    try {
      const response = await this.env.fetch(`${this.base}poll?${query}`, { credentials: "same-origin" });
      if (!this.running) return false;
      if (response.status === 404) this.onRefused(s);
      else if (response.status === 200) for (const frame of await response.json()) this.onFrame(frame);
      else if (response.status !== 304) return false;
      this.onAnswer();
      return true;
    } catch {
      return false;
    }
  }

  async #round() {
    for (const sub of this.subs()) {
      if (!(await this.sync(sub))) {
        if (this.running) this.onLost(0);
        return;
      }
    }
  }
}
