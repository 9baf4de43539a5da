import { SharedClient } from "../../../static/js/live/shared.js";
import { Clock } from "./clock.mjs";

/** Web Locks as the standard has them: a stolen lock and a request that was given up both reject with an AbortError. */
class Locks {
  constructor() {
    Object.assign(this, { holder: null, waiting: [], asked: 0 });
  }

  request(_, options, callback) {
    this.asked += 1;
    return new Promise((resolve, reject) => {
      const entry = { callback, resolve, reject };
      options.signal?.addEventListener("abort", () => {
        if (!this.waiting.includes(entry)) return;
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(options.signal.reason);
      });
      if (!options.steal) {
        this.waiting.push(entry);
      } else {
        this.holder?.reject(new DOMException("stolen", "AbortError"));
        this.holder = null;
        this.waiting.unshift(entry);
      }
      this.grant();
    });
  }

  grant() {
    if (this.holder || !this.waiting.length) return;
    const next = this.waiting.shift();
    this.holder = next;
    const done = (end) => (value) => {
      if (this.holder === next) this.holder = null;
      next[end](value);
      this.grant();
    };
    Promise.resolve()
      .then(() => next.callback())
      .then(done("resolve"), done("reject"));
  }
}

/**
 * A browser with tabs: one lock, one channel, a clock that moves when it is told to, and clients by hand instead of
 * sockets. `env` has what this browser has, or has not.
 */
export function browser(env = {}) {
  const clock = new Clock(5);
  const channels = new Set();
  const clients = [];
  const locks = new Locks();
  const channel = () => {
    const mine = {
      onmessage: null,
      postMessage: (data) => {
        for (const other of channels) {
          if (other !== mine) setImmediate(() => other.onmessage?.({ data: structuredClone(data) }));
        }
      },
      close: () => channels.delete(mine),
    };
    channels.add(mine);
    return mine;
  };
  const outside = {
    now: clock.now,
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    abort: () => new AbortController(),
    locks,
    channel,
    ...env,
  };
  /** Instead of a LiveClient: notes what it is asked, and can be made to hear. */
  class Client {
    constructor(tab, options) {
      Object.assign(this, { tab, options, away: options.away, state: null, synced: [], running: false });
      clients.push(this);
    }
    watch(...sub) {
      this.options.streams.watch(...sub);
    }
    forget(stream) {
      this.options.streams.forget(stream);
    }
    sync(sub) {
      this.synced.push(sub);
    }
    start() {
      this.running = true;
      this.say(this.away ? "offline" : "reconnecting");
    }
    stop() {
      this.running = false;
    }
    online() {
      this.away = false;
      this.retry();
    }
    retry() {
      if (this.state === "offline") this.start();
    }
    offline() {
      this.away = true;
      this.say("offline");
    }
    say(state) {
      this.state = state;
      this.options.onState(state, clock.now());
    }
    hear(frame) {
      this.options.onRaw(frame);
      if (frame.t === "beat") this.options.streams.heads(frame.h);
      else this.options.streams.take(frame);
    }
  }
  const open = (tab, watched, { away = false } = {}) => {
    const shown = [];
    const states = [];
    const page = new SharedClient({
      name: "en",
      tab,
      env: outside,
      away,
      connect: (options) => new Client(tab, options),
      onFrame: (stream, frame) => shown.push([stream, frame.n]),
      onState: (state) => states.push(state),
    });
    page.watch(...watched);
    page.start();
    return { page, shown, states };
  };
  const running = () => clients.filter((client) => client.running);
  return { open, clock, pass: (ms) => clock.pass(ms), clients, running, channels, locks };
}
