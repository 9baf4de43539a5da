// One socket for all tabs: who leads, what the others are told, and what happens when the leader goes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { SharedClient } from "../../static/js/live/shared.js";

/** A browser with tabs: one lock, one channel, a clock that moves when told, and clients by hand instead of sockets. */
function browser({ sharing = true } = {}) {
  const timers = [];
  const channels = new Set();
  const clients = [];
  let now = 0;
  let id = 0;
  let holder = null;
  const waiting = [];
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const grant = () => {
    while (!holder && waiting.length) {
      const next = waiting.shift();
      if (next.signal?.aborted) {
        next.reject(new Error("aborted"));
        continue;
      }
      holder = next;
      Promise.resolve(next.callback()).then(() => {
        if (holder !== next) return;
        holder = null;
        next.resolve();
        grant();
      });
    }
  };
  const locks = {
    request: (_, options, callback) =>
      new Promise((resolve, reject) => {
        const entry = { callback, resolve, reject, signal: options.signal };
        if (options.steal) {
          const robbed = holder;
          holder = null;
          waiting.unshift(entry);
          grant();
          robbed?.reject(new Error("stolen"));
        } else {
          waiting.push(entry);
          grant();
        }
      }),
  };
  const channel = () => {
    const mine = {
      onmessage: null,
      frozen: false,
      postMessage: (data) => {
        for (const other of channels) if (other !== mine && !other.frozen) setImmediate(() => other.onmessage?.({ data: structuredClone(data) }));
      },
      close: () => channels.delete(mine),
    };
    channels.add(mine);
    return mine;
  };
  const env = {
    now: () => now,
    setTimeout: (what, ms) => {
      timers.push({ id: (id += 1), at: now + ms, what });
      return id;
    },
    clearTimeout: (which) => {
      const index = timers.findIndex((timer) => timer.id === which);
      if (index >= 0) timers.splice(index, 1);
    },
    abort: () => new AbortController(),
    ...(sharing ? { locks, channel } : {}),
  };
  const pass = async (ms) => {
    const end = now + ms;
    for (;;) {
      for (let n = 0; n < 5; n += 1) await settle();
      timers.sort((a, b) => a.at - b.at);
      if (!timers.length || timers[0].at > end) break;
      const timer = timers.shift();
      now = timer.at;
      timer.what();
    }
    now = end;
  };
  /** Instead of a LiveClient: notes what it is asked, and can be made to hear. */
  class Client {
    constructor(tab, options) {
      Object.assign(this, { tab, options, state: null, synced: [], running: false });
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
      this.say("reconnecting");
    }
    stop() {
      this.running = false;
    }
    online() {
      if (this.state === "offline") this.start();
    }
    offline() {
      this.stop();
      this.say("offline");
    }
    say(state) {
      this.state = state;
      this.options.onState(state, now);
    }
    hear(frame) {
      this.options.onRaw(frame);
      if (frame.t === "beat") this.options.streams.heads(frame.h);
      else this.options.streams.take(frame);
    }
  }
  const open = (tab, ...watched) => {
    const shown = [];
    const states = [];
    const page = new SharedClient({
      name: "en",
      tab,
      env,
      connect: (options) => new Client(tab, options),
      onFrame: (stream, frame) => shown.push([stream, frame.n]),
      onState: (state) => states.push(state),
    });
    for (const sub of watched) page.watch(...sub);
    page.start();
    return { page, shown, states };
  };
  return { open, pass, clients, leader: () => clients.filter((client) => client.running), channels };
}

const ev = (n, s = "order:A") => ({ t: "ev", s, e: "e", n, d: {} });

test("the first tab has the socket, and every tab sees every frame of its streams once", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  const two = b.open("two", ["order:A", "e", 5]);
  await b.pass(100);
  assert.equal(b.leader().length, 1);
  b.leader()[0].say("live");
  b.leader()[0].hear(ev(6));
  await b.pass(100);
  assert.deepEqual(one.shown, [["order:A", 6]]);
  assert.deepEqual(two.shown, [["order:A", 6]]);
  assert.deepEqual([one.states.at(-1), two.states.at(-1)], ["live", "live"]);
});

test("a tab that is behind the leader is brought up by asking from where it stands", async () => {
  const b = browser();
  b.open("one", ["order:A", "e", 7]);
  const two = b.open("two", ["order:A", "e", 5]);
  await b.pass(100);
  assert.deepEqual(b.leader()[0].synced, [{ s: "order:A", e: "e", n: 5 }]);
  b.leader()[0].hear(ev(6));
  b.leader()[0].hear(ev(7));
  await b.pass(100);
  assert.deepEqual(two.shown, [["order:A", 6], ["order:A", 7]]);
});

test("a stream that only another tab shows is watched for it, and left when that tab goes", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  const two = b.open("two", ["stock:X", "e", 1]);
  await b.pass(100);
  b.leader()[0].hear(ev(2, "stock:X"));
  await b.pass(100);
  assert.deepEqual(two.shown, [["stock:X", 2]]);
  two.page.stop();
  await b.pass(100);
  assert.deepEqual(one.page.streams.names, ["order:A"]);
});

test("when the leader goes another leads, with all that is watched", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  const two = b.open("two", ["order:A", "e", 5]);
  const three = b.open("three", ["stock:X", "e", 1]);
  await b.pass(100);
  one.page.stop();
  await b.pass(100);
  assert.deepEqual(b.leader().map(({ tab }) => tab), ["two"]);
  assert.deepEqual(two.page.streams.names.sort(), ["order:A", "stock:X"]);
  b.leader()[0].hear(ev(6));
  b.leader()[0].hear(ev(2, "stock:X"));
  await b.pass(100);
  assert.deepEqual(two.shown.filter(([s]) => s === "order:A"), [["order:A", 6]]);
  assert.deepEqual(three.shown, [["stock:X", 2]]);
});

test("a frozen leader is robbed of its lock, and follows when it wakes", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  b.open("two", ["order:A", "e", 5]);
  await b.pass(100);
  const [frozen] = b.leader();
  await b.pass(60_000); // it passes nothing on
  assert.equal(frozen.running, false);
  assert.deepEqual(b.leader().map(({ tab }) => tab), ["two"]);
  b.leader()[0].hear(ev(6));
  await b.pass(100);
  assert.deepEqual(one.shown, [["order:A", 6]]);
});

test("a leader that passes on its beats keeps its lock", async () => {
  const b = browser();
  b.open("one", ["order:A", "e", 5]);
  b.open("two", ["order:A", "e", 5]);
  for (let n = 0; n < 10; n += 1) {
    await b.pass(20_000);
    b.leader()[0].hear({ t: "beat", b: n, h: { "order:A": 5 } });
  }
  assert.deepEqual(b.leader().map(({ tab }) => tab), ["one"]);
});

test("a follower that missed a frame finds it by the beat and asks through the leader", async () => {
  const b = browser();
  b.open("one", ["order:A", "e", 5]);
  const two = b.open("two", ["order:A", "e", 5]);
  await b.pass(100);
  const [leader] = b.leader();
  leader.options.streams.take(ev(6)); // never passed on
  leader.hear({ t: "beat", b: 1, h: { "order:A": 6 } });
  await b.pass(400);
  assert.deepEqual(leader.synced, [{ s: "order:A", e: "e", n: 5 }]);
  leader.hear(ev(6));
  await b.pass(100);
  assert.deepEqual(two.shown, [["order:A", 6]]);
});

test("a page that is opened without a network takes part when there is one", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  one.page.offline();
  const two = b.open("two", ["order:A", "e", 5]);
  two.page.offline();
  await b.pass(100);
  assert.deepEqual([one.states.at(-1), two.states.at(-1), b.leader().length], ["offline", "offline", 0]);
  one.page.online();
  two.page.online();
  b.leader()[0].say("live");
  await b.pass(100);
  assert.deepEqual([one.states.at(-1), two.states.at(-1)], ["live", "live"]);
});

test("where nothing can be shared every tab has its own", async () => {
  const b = browser({ sharing: false });
  b.open("one", ["order:A", "e", 5]);
  b.open("two", ["order:A", "e", 5]);
  await b.pass(100);
  assert.equal(b.leader().length, 2);
});

test("a page that comes back from the back-forward cache takes part again", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  await b.pass(100);
  one.page.stop();
  await b.pass(100);
  assert.equal(b.leader().length, 0);
  one.page.start();
  await b.pass(100);
  assert.equal(b.leader().length, 1);
});
