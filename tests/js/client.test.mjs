import assert from "node:assert/strict";
import { test } from "node:test";

import { LiveClient } from "../../static/js/live/client.js";

/** A world to play with: a clock that only moves when told, sockets and answers by hand. */
function world({ answers = {} } = {}) {
  const timers = [];
  const sockets = [];
  const asked = [];
  let now = 0;
  let id = 0;
  let wrong = 0;
  class Socket {
    constructor(url) {
      Object.assign(this, { url, readyState: 0, sent: [] });
      sockets.push(this);
    }
    open() {
      this.readyState = 1;
      this.onopen();
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    hear(frame) {
      this.onmessage({ data: JSON.stringify(frame) });
    }
    close() {
      this.readyState = 3;
    }
    cut(code = 1006) {
      this.readyState = 3;
      this.onclose({ code });
    }
  }
  const env = {
    WebSocket: Socket,
    now: () => now + wrong,
    random: () => 1,
    setTimeout: (what, ms) => {
      timers.push({ id: (id += 1), at: now + ms, what });
      return id;
    },
    clearTimeout: (which) => {
      const index = timers.findIndex((timer) => timer.id === which);
      if (index >= 0) timers.splice(index, 1);
    },
    fetch: async (url) => {
      asked.push(url);
      const key = Object.keys(answers).find((part) => url.includes(part));
      if (!key) throw new TypeError("no network");
      const { status = 200, body } = answers[key];
      return { status, ok: status >= 200 && status < 300, json: async () => body };
    },
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const pass = async (ms) => {
    const end = now + ms;
    for (;;) {
      await settle();
      timers.sort((a, b) => a.at - b.at);
      if (!timers.length || timers[0].at > end) break;
      const timer = timers.shift();
      now = timer.at;
      timer.what();
    }
    now = end;
    await settle();
  };
  const frames = [];
  const states = [];
  const client = new LiveClient({
    url: "ws://shop/live/",
    base: "/live/",
    ticket: "first",
    env,
    onFrame: (stream, frame) => frames.push([stream, frame.n]),
    onState: (state) => states.push(state),
  });
  client.watch("order:A", "e", 5);
  const setClock = (ms) => {
    wrong = ms;
  };
  return { client, sockets, asked, frames, states, pass, settle, setClock };
}

const ticket = { ticket: { body: { ticket: "fresh" } } };
const ev = (n) => ({ t: "ev", s: "order:A", e: "e", n, d: {} });

test("it says hello with the page's ticket and where the page stands", async () => {
  const w = world();
  await w.client.start();
  w.sockets[0].open();
  assert.deepEqual(w.sockets[0].sent, [
    { t: "hello", v: 1, ticket: "first", subs: [{ s: "order:A", e: "e", n: 5 }] },
  ]);
  assert.deepEqual(w.states, ["reconnecting"]);
  w.sockets[0].hear({ t: "beat", b: 1, h: { "order:A": 5 } });
  assert.deepEqual(w.states, ["reconnecting", "live"]);
  assert.deepEqual(w.sockets[0].sent.at(-1), { t: "ack", b: 1 });
});

test("after a cut it comes back with a fresh ticket and the version it has", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear(ev(6));
  w.sockets[0].cut();
  assert.equal(w.states.at(-1), "reconnecting");
  await w.pass(600);
  w.sockets[1].open();
  assert.deepEqual(w.sockets[1].sent[0], { t: "hello", v: 1, ticket: "fresh", subs: [{ s: "order:A", e: "e", n: 6 }] });
  w.sockets[1].hear(ev(7));
  assert.deepEqual(w.frames, [["order:A", 6], ["order:A", 7]]);
  assert.equal(w.states.at(-1), "live");
});

test("a gap that closes by itself within a moment asks nothing", async () => {
  const w = world();
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear(ev(7));
  await w.pass(200);
  w.sockets[0].hear(ev(6));
  await w.pass(1000);
  assert.deepEqual(w.frames, [["order:A", 6], ["order:A", 7]]);
  assert.equal(w.sockets[0].sent.filter((frame) => frame.t === "sync").length, 0);
});

test("a gap that stays is asked about once", async () => {
  const w = world();
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear(ev(8));
  w.sockets[0].hear(ev(9));
  await w.pass(300);
  assert.deepEqual(w.sockets[0].sent.filter((frame) => frame.t === "sync"), [{ t: "sync", s: "order:A", e: "e", n: 5 }]);
});

test("a lost last event is found by a beat's head", async () => {
  const w = world();
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear({ t: "beat", b: 1, h: { "order:A": 6 } });
  await w.pass(300);
  assert.deepEqual(w.sockets[0].sent.at(-1), { t: "sync", s: "order:A", e: "e", n: 5 });
});

test("a socket that went silent is given up and made anew", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear(ev(6));
  await w.pass(52_000);
  assert.equal(w.sockets[0].readyState, 3);
  assert.equal(w.sockets.length, 2);
});

test("where sockets never open it polls, and goes on trying", async () => {
  const w = world({ answers: { ...ticket, "poll?": { body: [{ t: "ev", s: "order:A", e: "e", n: 6, d: {} }] } } });
  await w.client.start();
  for (let tries = 0; tries < 3; tries += 1) {
    w.sockets.at(-1).cut();
    await w.pass(3000);
  }
  assert.equal(w.states.at(-1), "polling");
  assert.deepEqual(w.frames, [["order:A", 6]]);
  assert.ok(w.asked.some((url) => url === "/live/poll?s=order%3AA&e=e&n=5"));
  const before = w.sockets.length;
  await w.pass(40_000);
  assert.equal(w.sockets.length, before + 1);
  w.sockets.at(-1).open();
  w.sockets.at(-1).hear(ev(7));
  assert.equal(w.states.at(-1), "live");
  const polls = w.asked.length;
  await w.pass(20_000);
  assert.equal(w.asked.length, polls);
});

test("an answer that trying again cannot change stops it", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].cut(4403);
  await w.pass(60_000);
  assert.equal(w.sockets.length, 1);
  assert.equal(w.states.at(-1), "offline");
});

test("an expired ticket is only a reason to fetch a fresh one", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].cut(4401);
  await w.pass(600);
  w.sockets[1].open();
  assert.equal(w.sockets[1].sent[0].ticket, "fresh");
});

test("a page that waited longer than its ticket lives fetches another before it connects", async () => {
  const w = world({ answers: ticket });
  await w.pass(55_000);
  await w.client.start();
  await w.settle();
  w.sockets[0].open();
  assert.equal(w.sockets[0].sent[0].ticket, "fresh");
});

for (const hours of [-1, 1]) {
  test(`a clock that is set ${hours} h on the way changes nothing that is shown, and keeps nobody out`, async () => {
    const w = world({ answers: ticket });
    await w.pass(55_000); // the ticket of the page is too old, whatever this clock says
    w.setClock(hours * 3_600_000);
    await w.client.start();
    await w.settle();
    w.sockets[0].open();
    if (w.sockets[0].sent[0].ticket === "first") {
      w.sockets[0].cut(4401);
      await w.pass(600);
      w.sockets[1].open();
    }
    const socket = w.sockets.at(-1);
    assert.equal(socket.sent[0].ticket, "fresh");
    socket.hear({ t: "beat", b: 1, h: { "order:A": 5 } });
    socket.hear(ev(6));
    w.setClock(-hours * 3_600_000);
    socket.hear(ev(7));
    await w.pass(40_000);
    socket.hear({ t: "beat", b: 2, h: { "order:A": 7 } });
    assert.deepEqual(w.frames, [["order:A", 6], ["order:A", 7]]);
    assert.equal(w.states.at(-1), "live");
    await w.pass(60_000); // silence is measured by timers, not by the clock
    assert.notEqual(w.states.at(-1), "live");
  });
}

test("the server's goodbye says how long to wait", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear({ t: "bye", code: 1012, after_ms: 1800 });
  w.sockets[0].cut(1012);
  await w.pass(1700);
  assert.equal(w.sockets.length, 1);
  await w.pass(200);
  assert.equal(w.sockets.length, 2);
});

test("offline is said at once, and online tried at once", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear(ev(6));
  w.client.offline();
  assert.equal(w.states.at(-1), "offline");
  await w.pass(60_000);
  assert.equal(w.sockets.length, 1);
  w.client.online();
  await w.settle();
  assert.equal(w.sockets.length, 2);
  assert.equal(w.states.at(-1), "reconnecting");
});

test("a page put away closes its socket and does nothing more", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  w.sockets[0].open();
  w.client.stop();
  await w.pass(120_000);
  assert.equal(w.sockets.length, 1);
  assert.equal(w.sockets[0].readyState, 3);
});

test("one stream that is not ours does not take the others along", async () => {
  const w = world({ answers: ticket });
  w.client.watch("stock:GONE", "e", 1);
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear({ t: "error", code: "not_yours", s: "stock:GONE", detail: "" });
  w.sockets[0].cut(4403);
  await w.pass(600);
  w.sockets[1].open();
  assert.equal(w.sockets[1].sent[0].subs.length, 2, "a fresh ticket may know more: somebody signed in in another tab");
  w.sockets[1].hear({ t: "error", code: "not_yours", s: "stock:GONE", detail: "" });
  w.sockets[1].cut(4403);
  await w.pass(1100);
  w.sockets[2].open();
  assert.deepEqual(w.sockets[2].sent[0].subs, [{ s: "order:A", e: "e", n: 5 }]);
});
