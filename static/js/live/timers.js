// Timers by name: setting one again moves it.

export class Timers {
  constructor(env) {
    this.env = env;
    this.running = new Map();
  }

  after(name, ms, what) {
    this.cancel(name);
    this.running.set(
      name,
      this.env.setTimeout(() => {
        this.running.delete(name);
        what();
      }, ms),
    );
  }

  has(name) {
    return this.running.has(name);
  }

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
