// One socket for all tabs: who leads, what the others are told, and what happens when the leader goes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browser } from "./support/tabs.mjs";

const ev = (n, s = "order:A") => ({ t: "ev", s, e: "e", n, d: {} });

test("the first tab has the socket, and every tab sees every frame of its streams once", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  const two = b.open("two", ["order:A", "e", 5]);
  await b.pass(100);
  assert.equal(b.running().length, 1);
  b.running()[0].say("live");
  b.running()[0].hear(ev(6));
  await b.pass(100);
  assert.deepEqual(one.shown, [["order:A", 6]]);
  assert.deepEqual(two.shown, [["order:A", 6]]);
  assert.deepEqual([one.states.at(-1), two.states.at(-1)], ["live", "live"]);
});

test("a tab that is behind the leader is brought up by asking from where it stands", async () => {
  const b = browser();
  b.open("one", ["order:A", "e", 7]);
  await b.pass(100);
  const two = b.open("two", ["order:A", "e", 5]);
  await b.pass(100);
  assert.deepEqual(b.running()[0].synced, [{ s: "order:A", e: "e", n: 5 }]);
  b.running()[0].hear(ev(6));
  b.running()[0].hear(ev(7));
  await b.pass(100);
  assert.deepEqual(two.shown, [
    ["order:A", 6],
    ["order:A", 7],
  ]);
});

test("a stream that only another tab shows is watched for it, and left when that tab goes", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  const two = b.open("two", ["stock:X", "e", 1]);
  await b.pass(100);
  b.running()[0].hear(ev(2, "stock:X"));
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
  assert.deepEqual(
    b.running().map(({ tab }) => tab),
    ["two"],
  );
  assert.deepEqual(two.page.streams.names.sort(), ["order:A", "stock:X"]);
  b.running()[0].hear(ev(6));
  b.running()[0].hear(ev(2, "stock:X"));
  await b.pass(100);
  assert.deepEqual(
    two.shown.filter(([s]) => s === "order:A"),
    [["order:A", 6]],
  );
  assert.deepEqual(three.shown, [["stock:X", 2]]);
});

test("a frozen leader loses its lock to the next, and follows when it wakes", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  b.open("two", ["order:A", "e", 5]);
  await b.pass(100);
  const [frozen] = b.running();
  await b.pass(60_000); // it passes nothing on
  assert.equal(frozen.running, false);
  assert.deepEqual(
    b.running().map(({ tab }) => tab),
    ["two"],
  );
  b.running()[0].hear(ev(6));
  await b.pass(100);
  assert.deepEqual(one.shown, [["order:A", 6]]);
});

test("a leader that passes on its beats keeps its lock", async () => {
  const b = browser();
  b.open("one", ["order:A", "e", 5]);
  b.open("two", ["order:A", "e", 5]);
  for (let n = 0; n < 10; n += 1) {
    await b.pass(20_000);
    b.running()[0].hear({ t: "beat", b: n, h: { "order:A": 5 } });
  }
  assert.deepEqual(
    b.running().map(({ tab }) => tab),
    ["one"],
  );
});

test("a follower that missed a frame finds it by the beat and asks through the leader", async () => {
  const b = browser();
  b.open("one", ["order:A", "e", 5]);
  const two = b.open("two", ["order:A", "e", 5]);
  await b.pass(100);
  const [leader] = b.running();
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
  const one = b.open("one", ["order:A", "e", 5], { away: true });
  const two = b.open("two", ["order:A", "e", 5], { away: true });
  await b.pass(100);
  assert.deepEqual([one.states, two.states], [["offline"], ["offline"]]);
  one.page.online();
  two.page.online();
  b.running()[0].say("live");
  await b.pass(100);
  assert.deepEqual([one.states.at(-1), two.states.at(-1)], ["live", "live"]);
});

test("a browser that wrongly says offline keeps no tab from being live", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5], { away: true });
  await b.pass(100);
  assert.equal(b.running().length, 1, "the leader tries all the same");
  b.running()[0].say("live");
  const two = b.open("two", ["order:A", "e", 5], { away: true });
  await b.pass(100);
  assert.deepEqual(
    [one.states, two.states],
    [
      ["offline", "live"],
      ["offline", "live"],
    ],
  );
  one.page.offline();
  two.page.offline();
  assert.deepEqual([one.states.at(-1), two.states.at(-1)], ["offline", "offline"]);
  b.running()[0].say("live");
  await b.pass(100);
  assert.deepEqual([one.states.at(-1), two.states.at(-1)], ["live", "live"]);
});

test("a follower that is looked at again asks the leader once more", async () => {
  const b = browser();
  b.open("one", ["order:A", "e", 5]);
  const two = b.open("two", ["order:A", "e", 5]);
  await b.pass(100);
  b.running()[0].state = "live"; // and the word of it was lost
  two.page.retry();
  await b.pass(100);
  assert.equal(two.states.at(-1), "live");
});

test("where nothing can be shared every tab has its own", async () => {
  const b = browser({ locks: undefined });
  b.open("one", ["order:A", "e", 5]);
  b.open("two", ["order:A", "e", 5]);
  await b.pass(100);
  assert.equal(b.running().length, 2);
});

test("a page that comes back from the back-forward cache takes part again", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  await b.pass(100);
  one.page.stop();
  await b.pass(100);
  assert.equal(b.running().length, 0);
  one.page.start();
  await b.pass(100);
  assert.equal(b.running().length, 1);
});

const REFUSALS = {
  "with a SecurityError": () => Promise.reject(new DOMException("no", "SecurityError")),
  "with an AbortError of its own": () => Promise.reject(new DOMException("no", "AbortError")),
  "with nothing": () => Promise.reject(),
  "at once": () => {
    throw new TypeError("no");
  },
};
for (const [how, request] of Object.entries(REFUSALS)) {
  test(`where Web Locks are refused ${how} every tab has its own socket, and asks once`, async () => {
    let asked = 0;
    const refusing = (...args) => {
      asked += 1;
      return request(...args);
    };
    const b = browser({ locks: { request: refusing } });
    const one = b.open("one", ["order:A", "e", 5]);
    const two = b.open("two", ["order:A", "e", 5]);
    await b.pass(120_000);
    assert.equal(asked, 2);
    assert.deepEqual(
      b.running().map(({ tab }) => tab),
      ["one", "two"],
    );
    assert.equal(b.channels.size, 0, "and says nothing to the others");
    b.running()[0].say("live");
    b.running()[0].hear(ev(6));
    await b.pass(100);
    assert.deepEqual([one.states.at(-1), one.shown], ["live", [["order:A", 6]]]);
    assert.deepEqual(two.shown, []);
  });
}

test("a lock that is lost for another reason than by being taken costs no socket", async () => {
  let lose;
  const request = (_, options, callback) => {
    callback();
    return new Promise((_resolve, reject) => (lose = reject));
  };
  const b = browser({ locks: { request } });
  b.open("one", ["order:A", "e", 5]);
  await b.pass(100);
  lose(new DOMException("site data was cleared", "InvalidStateError"));
  await b.pass(100);
  assert.equal(b.clients.length, 1);
  assert.equal(b.running().length, 1);
});

test("where a lock is never granted, the tab goes on alone after its patience", async () => {
  const b = browser({ locks: { request: () => new Promise(() => {}) } });
  b.open("one", ["order:A", "e", 5]);
  await b.pass(49_000);
  assert.equal(b.running().length, 0);
  await b.pass(4000);
  assert.equal(b.running().length, 1);
});

test("where no channel can be opened every tab has its own socket", async () => {
  const refuse = () => {
    throw new DOMException("no", "SecurityError");
  };
  const b = browser({ channel: refuse });
  b.open("one", ["order:A", "e", 5]);
  b.open("two", ["order:A", "e", 5]);
  await b.pass(100);
  assert.equal(b.running().length, 2);
});

test("a stream that is watched later is asked for by the leader, too", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  const two = b.open("two", ["order:A", "e", 5]);
  await b.pass(100);
  two.page.watch("stock:X", "e", 1);
  one.page.watch("stock:Y", "e", 1);
  await b.pass(100);
  assert.deepEqual(one.page.streams.names, ["order:A", "stock:Y", "stock:X"]);
});

test("a tab that was put away takes no lock, hears nothing, and is woken by nothing", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  const two = b.open("two", ["order:A", "e", 5]);
  await b.pass(100);
  two.page.stop();
  assert.equal(b.channels.size, 1);
  assert.equal(b.locks.waiting.length, 0);
  const said = two.states.length;
  one.page.stop();
  two.page.retry();
  two.page.online();
  await b.pass(120_000);
  assert.deepEqual([b.running().length, two.shown, two.states.length], [0, [], said]);
});

test("what the browser says of the network reaches the leader's client", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  await b.pass(100);
  const [client] = b.running();
  const heard = [];
  for (const name of ["online", "offline", "retry"]) client[name] = () => heard.push(name);
  one.page.offline();
  assert.equal(one.page.away, true);
  one.page.online();
  assert.equal(one.page.away, false);
  one.page.retry();
  assert.deepEqual(heard, ["offline", "online", "retry"]);
});

test("a follower that knows the leader's state does not ask a second time", async () => {
  const b = browser();
  b.open("one", ["order:A", "e", 5]);
  await b.pass(2000);
  const [client] = b.running();
  client.say("live");
  const served = [];
  const sync = client.sync.bind(client);
  client.sync = (sub) => served.push(sub) && sync(sub);
  const two = b.open("two", ["order:A", "e", 4]);
  await b.pass(5000);
  assert.equal(two.states.at(-1), "live");
  assert.equal(served.length, 1);
});

test("a leader's own later stream is watched from its version", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  await b.pass(100);
  one.page.watch("stock:Y", "e", 3);
  b.running()[0].hear(ev(4, "stock:Y"));
  assert.deepEqual(one.shown, [["stock:Y", 4]]);
});

test("a tab whose lock was taken leads again when the other one goes", async () => {
  const b = browser();
  const one = b.open("one", ["order:A", "e", 5]);
  const two = b.open("two", ["order:A", "e", 5]);
  await b.pass(60_000); // the leader passes nothing on
  assert.deepEqual(
    b.running().map(({ tab }) => tab),
    ["two"],
  );
  two.page.stop();
  await b.pass(1000);
  assert.deepEqual(
    b.running().map(({ tab }) => tab),
    ["one"],
  );
  assert.equal(one.states.at(-1), "reconnecting");
});
