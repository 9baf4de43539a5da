// A live page, from its first connection to the words that say how sure it is.

import assert from "node:assert/strict";
import { test } from "node:test";

import { environment, startLive } from "../../static/js/live/start.js";
import { Clock } from "./support/clock.mjs";
import { fire, page } from "./support/page.mjs";

const ORDER = `
  <article data-stream="order:A" data-epoch="e" data-version="5" data-title="{label} · A">
    <h1 data-text="label">Placed</h1>
    <span data-connection="" data-live="live" data-polling="polling"></span>
    <span data-sure="as of {time}" hidden></span>
  </article>`;
const HEAD = '<meta name="live-ticket" content="t"><meta name="rendered-at" content="2026-11-26T10:00:00+01:00">';

/** A page with one order, and its sockets by hand. */
function live({ body = ORDER, head = HEAD, ...window } = {}) {
  const sockets = [];
  const clock = new Clock(5);
  class Socket {
    constructor(url) {
      Object.assign(this, { url, readyState: 1, sent: [], send: (text) => this.sent.push(JSON.parse(text)) });
      this.close = () => (this.readyState = 3);
      sockets.push(this);
    }
    hear(frame) {
      this.onmessage({ data: JSON.stringify(frame) });
    }
  }
  const fetch = async () => new Response('{"ticket": "fresh"}');
  const { setTimeout, clearTimeout } = clock;
  const shown = page(body, { head, fetch, setTimeout, clearTimeout, WebSocket: Socket, ...window });
  return { window: shown, document: shown.document, sockets, clock, client: startLive({ page: shown }) };
}

const ev = (n, d, s = "order:A") => ({ t: "ev", s, e: "e", n, id: "1", d });
const texts = (document) =>
  ["h1", "[data-connection]", "[data-sure]"].map((part) => document.querySelector(part).textContent);

test("a frame changes the page, its version and its title, and the page is told", async () => {
  const { document, sockets, clock } = live();
  await clock.pass(100);
  const [socket] = sockets;
  assert.equal(socket.url, "wss://shop.example/live/");
  socket.onopen();
  assert.deepEqual(socket.sent[0].subs, [{ s: "order:A", e: "e", n: 5 }]);
  const told = [];
  document.addEventListener("doorbell:frame", ({ detail }) =>
    told.push([detail.stream, detail.frame.n, detail.root.tagName]),
  );
  socket.hear(ev(6, { label: "Paid" }));
  assert.deepEqual(texts(document), ["Paid", "live", ""]);
  assert.equal(document.title, "Paid · A");
  assert.equal(document.querySelector("article").dataset.version, "6");
  assert.deepEqual(told, [["order:A", 6, "ARTICLE"]]);
});

test("every place that shows a stream moves, also one that came later", async () => {
  const { document, sockets, clock } = live();
  await clock.pass(100);
  document.body.insertAdjacentHTML("beforeend", '<p data-stream="order:A"><b data-text="label"></b></p>');
  sockets[0].hear(ev(6, { label: "Paid" }));
  assert.equal(document.querySelector("p b").textContent, "Paid");
});

test("a page that was never sure says since when it stands as it does", async () => {
  const { document, clock } = live({ WebSocket: undefined });
  await clock.pass(1900);
  assert.equal(document.querySelector("[data-sure]").hidden, true, "a short break is not worth a word");
  await clock.pass(200);
  const at = new Date("2026-11-26T10:00:00+01:00").toLocaleTimeString("en", { hourCycle: "h23" });
  assert.equal(document.querySelector("[data-sure]").textContent, `as of ${at}`);
});

test("a page that is sure again takes the doubt back", async () => {
  const { window, document, sockets, clock } = live();
  await clock.pass(100);
  sockets[0].hear(ev(6, { label: "Paid" }));
  fire(window, "offline");
  await clock.pass(3000);
  assert.equal(texts(document)[1], "offline");
  assert.match(texts(document)[2], /^as of \d\d:\d\d:\d\d$/);
  sockets.at(-1).hear(ev(7, { label: "Preparing" }));
  assert.deepEqual(texts(document), ["Preparing", "live", ""]);
  assert.equal(document.querySelector("[data-sure]").hidden, true);
});

test("a browser that says offline is believed as far as the word goes: the page tries all the same", async () => {
  const { document, sockets, clock } = live({ navigator: { onLine: false } });
  await clock.pass(100);
  assert.equal(texts(document)[1], "offline");
  sockets[0].hear(ev(6, { label: "Paid" }));
  assert.deepEqual(texts(document), ["Paid", "live", ""]);
});

test("a page that goes away closes its socket, and one that comes back from the cache is live again", async () => {
  const { window, document, sockets, clock } = live();
  await clock.pass(100);
  fire(window, "pagehide");
  assert.equal(sockets[0].readyState, 3);
  fire(window, "pageshow", { persisted: false });
  await clock.pass(100);
  assert.equal(sockets.length, 1);
  fire(window, "pageshow", { persisted: true });
  await clock.pass(100);
  sockets[1].hear(ev(6, { label: "Paid" }));
  assert.deepEqual(texts(document), ["Paid", "live", ""]);
});

for (const [what, wake] of [
  ["is looked at again", ({ document }) => fire(document, "visibilitychange")],
  ["is thawed", ({ document }) => fire(document, "resume")],
  ["has a network again", ({ window }) => fire(window, "online")],
]) {
  test(`a page that ${what} does not wait for its next try`, async () => {
    const world = live();
    const { sockets, clock } = world;
    await clock.pass(100);
    for (let tries = 0; tries < 5; tries += 1) {
      sockets.at(-1).onclose({ code: 1006 });
      await clock.pass(40_000);
    }
    sockets.at(-1).onclose({ code: 1006 });
    const before = sockets.length;
    wake(world);
    await clock.pass(10);
    assert.equal(sockets.length, before + 1);
  });
}

test("a page with nothing live, or without a ticket, opens nothing", () => {
  assert.equal(live({ body: "<p></p>" }).client, null);
  assert.equal(live({ head: "" }).client, null);
});

test("what the browser has is used, and what it lacks is left out", () => {
  const channels = [];
  class BroadcastChannel {
    constructor(name) {
      channels.push(name);
    }
  }
  const locks = {};
  const env = environment({ BroadcastChannel, navigator: { locks }, fetch: (url) => url });
  env.channel("en");
  assert.deepEqual([channels, env.locks === locks, env.fetch("/x")], [["doorbell en"], true, "/x"]);
  assert.equal(env.abort().signal.aborted, false);
  assert.ok(env.now() > 0 && env.random() < 1);
  assert.equal(environment({ navigator: {} }).channel, undefined);
});

test("the page says since when it is unsure in the shop's time zone, wherever the shopper is", async () => {
  const { document, clock } = live({
    head: `${HEAD}<meta name="time-zone" content="Asia/Shanghai">`,
    WebSocket: undefined,
  });
  await clock.pass(2100);
  assert.equal(document.querySelector("[data-sure]").textContent, "as of 17:00:00");
});
