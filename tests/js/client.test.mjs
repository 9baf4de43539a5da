import assert from "node:assert/strict";
import { test } from "node:test";

import { world } from "./support/world.mjs";

const ticket = { ticket: { body: { ticket: "fresh" } } };
const ev = (n) => ({ t: "ev", s: "order:A", e: "e", n, d: {} });

test("it says hello with the page's ticket and where the page stands", async () => {
  const w = world();
  await w.client.start();
  w.sockets[0].open();
  assert.deepEqual(w.sockets[0].sent, [{ t: "hello", v: 1, ticket: "first", subs: [{ s: "order:A", e: "e", n: 5 }] }]);
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
  assert.deepEqual(w.frames, [
    ["order:A", 6],
    ["order:A", 7],
  ]);
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
  assert.deepEqual(w.frames, [
    ["order:A", 6],
    ["order:A", 7],
  ]);
  assert.equal(w.sockets[0].sent.filter((frame) => frame.t === "sync").length, 0);
});

test("a gap that stays is asked about once", async () => {
  const w = world();
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear(ev(8));
  w.sockets[0].hear(ev(9));
  await w.pass(300);
  assert.deepEqual(
    w.sockets[0].sent.filter((frame) => frame.t === "sync"),
    [{ t: "sync", s: "order:A", e: "e", n: 5 }],
  );
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
  await w.pass(5000);
  assert.equal(w.sockets.length, before, "not at once");
  await w.pass(5000);
  assert.equal(w.sockets.length, before + 1, "a server that only restarted is found soon");
  for (let tries = 0; tries < 4; tries += 1) {
    w.sockets.at(-1).cut();
    await w.pass(38_000);
  }
  assert.equal(w.sockets.length, before + 5, "later every half minute");
  w.sockets.at(-1).open();
  w.sockets.at(-1).hear(ev(7));
  assert.equal(w.states.at(-1), "live");
  const polls = w.asked.length;
  await w.pass(20_000);
  assert.equal(w.asked.length, polls);
});

test("three failures within a moment are no reason to poll", async () => {
  const w = world({ answers: { ...ticket, "poll?": { status: 304 } } });
  await w.client.start();
  for (let tries = 0; tries < 3; tries += 1) {
    w.client.env.random = () => 0;
    w.sockets.at(-1).cut();
    await w.pass(60);
  }
  assert.deepEqual(w.states, ["reconnecting"]);
  w.client.env.random = () => 1;
  for (let tries = 0; tries < 3; tries += 1) {
    w.sockets.at(-1).cut();
    await w.pass(4100);
  }
  assert.equal(w.states.at(-1), "polling");
});

test("a server that asks to come back after its restart has not failed", async () => {
  const w = world({ answers: { ...ticket, "poll?": { status: 304 } } });
  await w.client.start();
  for (let tries = 0; tries < 6; tries += 1) {
    w.sockets.at(-1).open();
    w.sockets.at(-1).hear({ t: "bye", code: 1012, after_ms: 1000 });
    w.sockets.at(-1).cut(1012);
    await w.pass(1000);
  }
  assert.deepEqual(w.states, ["reconnecting"]);
});

test("while it polls it comes back no sooner than a full server asked for", async () => {
  const w = world({ answers: { ...ticket, "poll?": { status: 304 } } });
  await w.client.start();
  for (let tries = 0; tries < 3; tries += 1) {
    w.sockets.at(-1).open();
    w.sockets.at(-1).hear({ t: "bye", code: 1013, after_ms: 20_000 });
    w.sockets.at(-1).cut(1013);
    if (tries < 2) await w.pass(20_000);
  }
  await w.pass(0);
  assert.equal(w.states.at(-1), "polling");
  await w.pass(19_900);
  assert.equal(w.sockets.length, 3);
  await w.pass(200);
  assert.equal(w.sockets.length, 4);
});

test("several streams are asked for in one request, and one that is refused is left out", async () => {
  const refusal = { t: "error", code: "not_yours", s: "order:B", detail: "" };
  const answers = { ...ticket, "poll?": { body: [refusal, { ...ev(6), s: "order:C" }] } };
  const w = world({ answers, blocked: true });
  w.client.watch("order:B");
  w.client.watch("order:C", "e", 5);
  await w.client.start();
  await w.pass(8000);
  const polls = w.asked.filter((url) => url.includes("poll?"));
  assert.equal(polls[0], "/live/poll?s=order%3AA&e=e&n=5&s=order%3AB&e=&n=&s=order%3AC&e=e&n=5");
  assert.equal(polls[1], "/live/poll?s=order%3AA&e=e&n=5&s=order%3AC&e=e&n=6");
  assert.deepEqual(w.frames, [["order:C", 6]]);
});

test("very many streams are asked for in addresses that a server takes", async () => {
  const w = world({ answers: { ...ticket, "poll?": { status: 304 } }, blocked: true });
  for (let n = 0; n < 119; n += 1) w.client.watch(`order:${"A".repeat(20)}${n}`, "0123456789abcdef", 1000 + n);
  await w.client.start();
  await w.pass(8000);
  const first = w.asked.filter((url) => url.includes("poll?")).slice(0, 3);
  assert.ok(first.every((url) => url.length < 4000));
  assert.equal(first.join("").split("s=order").length - 1, 120);
});

test("an answer that trying again cannot change stops it", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].cut(4403);
  w.client.retry();
  w.client.online();
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
  await w.flushPromises();
  w.sockets[0].open();
  assert.equal(w.sockets[0].sent[0].ticket, "fresh");
});

for (const hours of [-1, 1]) {
  test(`a clock that is set ${hours} h on the way changes nothing that is shown, and keeps nobody out`, async () => {
    const w = world({ answers: ticket });
    await w.pass(55_000); // the ticket of the page is too old, whatever this clock says
    w.clock.wrong = hours * 3_600_000;
    await w.client.start();
    await w.flushPromises();
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
    w.clock.wrong = -hours * 3_600_000;
    socket.hear(ev(7));
    await w.pass(40_000);
    socket.hear({ t: "beat", b: 2, h: { "order:A": 7 } });
    assert.deepEqual(w.frames, [
      ["order:A", 6],
      ["order:A", 7],
    ]);
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
  const w = world({ answers: { ...ticket } });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear(ev(6));
  delete w.answers.ticket; // the network is gone
  w.client.offline();
  assert.equal(w.states.at(-1), "offline");
  assert.equal(w.sockets[0].readyState, 3);
  await w.pass(60_000);
  assert.deepEqual(w.states, ["reconnecting", "live", "offline"], "failed tries change nothing that is said");
  Object.assign(w.answers, ticket);
  w.client.online();
  await w.flushPromises();
  assert.equal(w.sockets.length, 2);
  assert.equal(w.states.at(-1), "reconnecting");
});

test("a browser that wrongly says offline from the start does not keep the page from being live", async () => {
  const w = world({ away: true });
  await w.client.start();
  assert.deepEqual(w.states, ["offline"]);
  w.sockets[0].open();
  w.sockets[0].hear({ t: "beat", b: 1, h: { "order:A": 5 } });
  w.sockets[0].hear(ev(6));
  assert.deepEqual(w.states, ["offline", "live"]);
  assert.deepEqual(w.frames, [["order:A", 6]]);
});

test("a browser that wrongly says offline on the way does not keep the page from being live for long", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear(ev(6));
  w.client.offline();
  await w.pass(1000);
  w.sockets[1].open();
  w.sockets[1].hear(ev(7));
  assert.deepEqual(w.states, ["reconnecting", "live", "offline", "live"]);
});

test("where the browser wrongly says offline and sockets are blocked the page polls", async () => {
  const frames = [{ t: "ev", s: "order:A", e: "e", n: 6, d: {} }];
  const w = world({ answers: { ...ticket, "poll?": { body: frames } }, away: true, blocked: true });
  await w.client.start();
  await w.pass(10_000);
  assert.deepEqual(w.states, ["offline", "polling"]);
  assert.deepEqual(w.frames, [["order:A", 6]]);
});

test("a page that is looked at again while the network is gone goes on saying offline", async () => {
  const w = world();
  await w.client.start();
  w.client.offline();
  w.client.retry();
  await w.pass(1000);
  assert.equal(w.states.at(-1), "offline");
});

test("a page put away while it polls asks no more, and no event of the browser wakes it", async () => {
  const w = world({ answers: { ...ticket, "poll?": { status: 304 } }, blocked: true });
  await w.client.start();
  await w.pass(5000);
  assert.equal(w.states.at(-1), "polling");
  w.client.stop();
  const asked = w.asked.length;
  w.client.offline();
  w.client.online();
  w.client.retry();
  await w.pass(120_000);
  assert.equal(w.asked.length, asked);
  assert.equal(w.states.at(-1), "polling", "it says nothing any more either");
});

test("a page put away while it waits for its ticket opens nothing", async () => {
  const w = world({ answers: { ticket: "never" } });
  await w.pass(55_000);
  w.client.start();
  await w.flushPromises();
  w.client.stop();
  w.answers.ticket = ticket.ticket;
  await w.pass(120_000);
  assert.deepEqual([w.sockets.length, w.asked.length], [0, 1]);
});

test("tries that come together open one socket", async () => {
  const w = world({ answers: ticket });
  await w.pass(55_000);
  w.client.start();
  w.client.retry();
  w.client.retry();
  await w.flushPromises();
  w.client.retry();
  await w.flushPromises();
  assert.deepEqual([w.sockets.length, w.asked.length], [1, 1]);
});

test("an answer to a poll that comes when the socket is live again shows nothing", async () => {
  const w = world({ answers: { ...ticket, "poll?": { body: [ev(9)] } } });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear({ t: "stale" });
  w.sockets[0].hear({ t: "beat", b: 1, h: {} });
  await w.pass(900);
  const polling = w.client.poller.open();
  w.client.poller.close(); // as when the beat counts
  await polling;
  await w.pass(200);
  assert.deepEqual([w.frames, w.states.at(-1)], [[], "live"]);
  await w.pass(1000);
  assert.equal(
    w.sockets[0].sent.some(({ t }) => t === "sync"),
    false,
  );
});

test("what an old socket still says or does is not this page's any more", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  const [old] = w.sockets;
  old.open();
  w.client.offline();
  await w.pass(600);
  w.sockets[1].open();
  old.hear(ev(6));
  old.cut();
  assert.deepEqual([w.frames, w.states.at(-1)], [[], "offline"]);
  w.sockets[1].hear(ev(6));
  assert.equal(w.states.at(-1), "live");
  await w.pass(10_000);
  assert.equal(w.sockets.length, 2);
});

test("frames put off the moment at which a socket counts as silent", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  w.sockets[0].open();
  for (let b = 1; b <= 5; b += 1) {
    await w.pass(20_000);
    w.sockets[0].hear({ t: "beat", b, h: {} });
  }
  assert.equal(w.sockets.length, 1);
});

test("a socket that never opens counts as silent, too", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  await w.pass(52_000);
  assert.equal(w.sockets.length, 2);
});

test("every frame is passed on as it came, for the other tabs", async () => {
  const w = world();
  const raw = [];
  w.client.onRaw = (frame) => raw.push(frame.t);
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear({ t: "beat", b: 1, h: {} });
  w.sockets[0].hear(ev(6));
  assert.deepEqual(raw, ["beat", "ev"]);
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

test("a server that receives nothing itself is not live, and its next beat says that all is well", async () => {
  const w = world();
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear(ev(6));
  w.sockets[0].hear({ t: "stale" });
  assert.equal(w.states.at(-1), "reconnecting");
  await w.pass(5000);
  w.sockets[0].hear({ t: "beat", b: 1, h: { "order:A": 6 } });
  await w.pass(900);
  assert.equal(w.states.at(-1), "reconnecting", "a stale may still be behind it");
  await w.pass(200);
  assert.equal(w.states.at(-1), "live");
  await w.pass(40_000);
  assert.deepEqual(w.asked, [], "it did not come to polling");
});

test("while the server receives nothing the page polls beside its socket, until a beat says otherwise", async () => {
  const w = world({ answers: { "poll?": { body: [ev(7)] } } });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear(ev(6));
  w.sockets[0].hear({ t: "stale" });
  await w.pass(10_100);
  assert.equal(w.states.at(-1), "polling");
  assert.deepEqual(w.frames.at(-1), ["order:A", 7]);
  assert.equal(w.sockets[0].readyState, 1);
  w.sockets[0].hear({ t: "beat", b: 1, h: { "order:A": 7 } });
  await w.pass(1100);
  assert.equal(w.states.at(-1), "live");
  const asked = w.asked.length;
  await w.pass(10_000);
  assert.equal(w.asked.length, asked);
});

test("beats that say stale neither make the page live nor put off its polling", async () => {
  const w = world({ answers: { "poll?": { status: 304 } } });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear(ev(6));
  for (let b = 1; b <= 4; b += 1) {
    w.sockets[0].hear({ t: "beat", b, h: { "order:A": 6 }, stale: true });
    assert.deepEqual(w.sockets[0].sent.at(-1), { t: "ack", b });
    await w.pass(4000);
  }
  assert.deepEqual(w.states, ["reconnecting", "live", "reconnecting", "polling"]);
});

test("a beat that says stale still brings what was missed, and the answer does not make the page live", async () => {
  const w = world();
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear({ t: "beat", b: 1, h: { "order:A": 6 }, stale: true });
  await w.pass(300);
  assert.deepEqual(w.sockets[0].sent.at(-1), { t: "sync", s: "order:A", e: "e", n: 5 });
  w.sockets[0].hear(ev(6));
  assert.deepEqual(w.frames, [["order:A", 6]]);
  assert.equal(w.states.at(-1), "reconnecting");
});

test("a socket that is cut while the server receives nothing is made anew, and may be live", async () => {
  const w = world({ answers: { ...ticket, "poll?": { status: 304 } } });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear({ t: "stale" });
  w.sockets[0].cut();
  await w.pass(600);
  w.sockets[1].open();
  w.sockets[1].hear(ev(6));
  assert.equal(w.states.at(-1), "live");
  await w.pass(20_000);
  assert.equal(w.states.at(-1), "live");
});

test("a ticket that never comes is given up, and asked for again", async () => {
  const w = world({ answers: { ticket: "never" } });
  await w.pass(55_000); // the page's own is too old
  w.client.start();
  await w.pass(9000);
  assert.equal(w.asked.length, 1);
  await w.pass(3000);
  assert.equal(w.asked.length, 2);
});

test("a poll that never comes is given up, and the page says that it does not know", async () => {
  const answers = { ...ticket, "poll?": { status: 304 } };
  const w = world({ answers, blocked: true });
  await w.client.start();
  await w.pass(5000);
  assert.equal(w.states.at(-1), "polling");
  answers["poll?"] = "never";
  await w.pass(14_000);
  assert.equal(w.states.at(-1), "reconnecting");
});

test("after too many sockets it waits for longer", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].cut(4429);
  await w.pass(3900);
  assert.equal(w.sockets.length, 1);
  await w.pass(200);
  assert.equal(w.sockets.length, 2);
});

test("more streams are watched, and left, over the open socket", async () => {
  const w = world();
  await w.client.start();
  w.sockets[0].open();
  w.client.watch("stock:X");
  w.client.forget("order:A");
  assert.deepEqual(w.sockets[0].sent.slice(1), [
    { t: "sub", subs: [{ s: "stock:X" }] },
    { t: "unsub", s: ["order:A"] },
  ]);
  assert.deepEqual(w.client.streams.names, ["stock:X"]);
});

test("a stream that polling is refused is left out", async () => {
  const w = world({ answers: { ...ticket, "poll?": { status: 404 } }, blocked: true });
  await w.client.start();
  await w.pass(5000);
  const asked = w.asked.filter((url) => url.includes("poll?")).length;
  await w.pass(9000);
  assert.equal(w.asked.filter((url) => url.includes("poll?")).length, asked);
});

test("a refusal that was followed by a frame counts from the start again", async () => {
  const w = world({ answers: ticket });
  const refuse = (socket) => {
    socket.hear({ t: "error", code: "not_yours", s: "order:A", detail: "" });
    socket.cut(4403);
  };
  await w.client.start();
  w.sockets[0].open();
  refuse(w.sockets[0]);
  await w.pass(600);
  w.sockets[1].open();
  w.sockets[1].hear(ev(6));
  refuse(w.sockets[1]);
  await w.pass(2000);
  assert.equal(w.sockets.length, 3);
  w.sockets[2].open();
  assert.equal(w.sockets[2].sent[0].subs.length, 1);
});

test("being tried again is for the refusal just heard, not for the next close", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear({ t: "error", code: "not_yours", s: "order:A", detail: "" });
  w.sockets[0].cut(4403);
  await w.pass(600);
  w.sockets[1].open();
  w.sockets[1].cut(4400);
  await w.pass(60_000);
  assert.deepEqual([w.sockets.length, w.states.at(-1)], [2, "offline"]);
});

test("beats with a stale behind each never make the page say live, nor end its polling", async () => {
  const w = world({ answers: { "poll?": { status: 304 } } });
  await w.client.start();
  const [socket] = w.sockets;
  socket.open();
  socket.hear(ev(6));
  socket.hear({ t: "stale" });
  for (let b = 1; b <= 3; b += 1) {
    await w.pass(20_000);
    socket.hear({ t: "beat", b, h: { "order:A": 6 } });
    socket.hear({ t: "stale" });
  }
  await w.pass(20_000);
  assert.deepEqual(w.states, ["reconnecting", "live", "reconnecting", "polling"]);
  socket.hear({ t: "beat", b: 4, h: { "order:A": 6 } });
  await w.pass(1100);
  assert.equal(w.states.at(-1), "live");
});

test("a beat of a stale server whose socket is then cut makes nothing live", async () => {
  const w = world({ answers: ticket });
  await w.client.start();
  w.sockets[0].open();
  w.sockets[0].hear({ t: "stale" });
  w.sockets[0].hear({ t: "beat", b: 1, h: {} });
  w.sockets[0].cut();
  await w.pass(3000);
  assert.equal(w.states.includes("live"), false);
});
