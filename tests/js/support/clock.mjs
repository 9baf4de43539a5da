/** What was started goes on as far as it can without time passing. */
export async function flushPromises(rounds = 1) {
  for (let round = 0; round < rounds; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A clock that moves only when it is told to: `await clock.pass(ms)`. `clock.wrong` is what it is off by. */
export class Clock {
  constructor(rounds = 1) {
    Object.assign(this, { rounds, time: 0, wrong: 0, last: 0, timers: [] });
  }

  now = () => this.time + this.wrong;

  setTimeout = (what, ms) => {
    this.timers.push({ id: (this.last += 1), at: this.time + ms, what });
    return this.last;
  };

  clearTimeout = (id) => {
    this.timers = this.timers.filter((timer) => timer.id !== id);
  };

  async pass(ms) {
    const end = this.time + ms;
    for (;;) {
      await flushPromises(this.rounds);
      this.timers.sort((one, other) => one.at - other.at);
      if (!this.timers.length || this.timers[0].at > end) break;
      const timer = this.timers.shift();
      this.time = timer.at;
      timer.what();
    }
    this.time = end;
    await flushPromises(this.rounds);
  }
}
