// The staff's board: cards, figures, the pause, and what is said aloud.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Charts } from "../../static/js/board/charts.js";
import { Screen } from "../../static/js/board/screen.js";
import { fire, page } from "./support/page.mjs";

const CARD = `<li data-ref=""><a href=""><b data-part="ref"></b> <i class="board-late" data-part="late" hidden></i>
  <span data-part="label"></span></a></li>`;
const column = (key) => `<section data-column="${key}"><h2><b data-count></b></h2><ul data-cards></ul>
  <p class="board-more" hidden><i data-more></i></p></section>`;
const BOARD = `<div class="board">
  <button data-pause aria-pressed="false" data-pause-label="Pause" data-resume-label="Go on">Pause</button>
  <button data-sound aria-pressed="false">Sound</button><p data-said data-pattern="New order {ref}"></p>
  <dd data-figure="rate"></dd><div data-alarm="oldest" data-limit="10"><dd data-figure="oldest"></dd></div>
  <ul data-cards="newest"></ul>${column("placed")}${column("paid")}<template data-card>${CARD}</template></div>`;

const card = (ref, extra = {}) => ({ ref, url: `/admin/${ref}/`, late: "", label: "Placed", ...extra });

function state({ newest = [], placed = [], paid = [], more = 0, ...figures } = {}) {
  const columns = [
    { key: "placed", count: placed.length + more, more, cards: placed },
    { key: "paid", count: paid.length, more: 0, cards: paid },
  ];
  return { newest, columns, pulse: [], rate: 0, oldest: 0, ...figures };
}

function board(first = state()) {
  const window = page(BOARD);
  const root = window.document.querySelector(".board");
  const clock = { now: 0 };
  const played = [];
  const pulses = [];
  const screen = new Screen(root, {
    charts: { show: (pulse) => pulses.push(pulse) },
    ring: (context) => played.push(context),
    now: () => clock.now,
    newSound: () => "sound",
  });
  screen.start(first);
  const one = (selector) => root.querySelector(selector);
  const refs = (selector) => [...root.querySelectorAll(`${selector} li`)].map((item) => item.dataset.ref);
  const press = (selector) => fire(one(selector), "click");
  return { window, screen, clock, played, pulses, one, refs, press };
}

test("orders stand in their columns, in the server's order, and how many more there are", () => {
  const b = board(state({ placed: [card("A"), card("B")], more: 3 }));
  assert.deepEqual(b.refs('[data-column="placed"]'), ["A", "B"]);
  assert.equal(b.one('[data-column="placed"] [data-count]').textContent, "5");
  assert.equal(b.one('[data-column="placed"] [data-more]').textContent, "3");
  assert.equal(b.one('[data-column="placed"] .board-more').hidden, false);
  assert.equal(b.one('[data-column="paid"] .board-more').hidden, true);
});

test("a card has its order's words and its address, and is marked when it is late", () => {
  const b = board(state({ placed: [card("A", { late: "late" })] }));
  const item = b.one('[data-column="placed"] li');
  assert.equal(item.querySelector("a").getAttribute("href"), "/admin/A/");
  assert.equal(item.querySelector('[data-part="ref"]').textContent, "A");
  assert.equal(item.querySelector(".board-late").hidden, false);
  b.screen.take(state({ placed: [card("A", { label: "Waiting" })] }));
  assert.equal(b.one('[data-column="placed"] li'), item, "the same element: the focus stays on it");
  assert.equal(item.querySelector('[data-part="label"]').textContent, "Waiting");
  assert.equal(item.querySelector(".board-late").hidden, true);
});

test("an order that moves on leaves its column, and the others keep their elements", () => {
  const b = board(state({ placed: [card("A"), card("B"), card("C")] }));
  const before = b.one('[data-column="placed"] [data-ref="C"]');
  b.screen.take(state({ placed: [card("C"), card("A")], paid: [card("B", { label: "Paid" })] }));
  assert.deepEqual([b.refs('[data-column="placed"]'), b.refs('[data-column="paid"]')], [["C", "A"], ["B"]]);
  assert.equal(b.one('[data-column="placed"] [data-ref="C"]'), before);
});

test("figures follow, and one beyond its limit raises an alarm until it is back", () => {
  const b = board();
  const alarm = () => b.one("[data-alarm]").classList.contains("alarm");
  b.screen.take(state({ rate: 12, oldest: 10 }));
  assert.deepEqual([b.one('[data-figure="rate"]').textContent, alarm()], ["12", false]);
  b.screen.take(state({ oldest: 11 }));
  assert.equal(alarm(), true);
  b.screen.take(state({ oldest: 0 }));
  assert.equal(alarm(), false);
});

test("while it is paused nothing moves, and going on shows the newest", () => {
  const b = board();
  b.press("[data-pause]");
  assert.equal(b.one("[data-pause]").textContent, "Go on");
  b.screen.take(state({ rate: 1 }));
  b.screen.take(state({ rate: 2 }));
  assert.equal(b.one('[data-figure="rate"]').textContent, "0");
  b.press("[data-pause]");
  assert.deepEqual([b.one("[data-pause]").textContent, b.one('[data-figure="rate"]').textContent], ["Pause", "2"]);
});

test("going on when nothing came draws nothing", () => {
  const b = board();
  const drawn = b.pulses.length;
  b.press("[data-pause]");
  b.press("[data-pause]");
  assert.equal(b.pulses.length, drawn);
});

test("a new order is said aloud, also while paused; one that was there at the start is not", () => {
  const b = board(state({ newest: [card("A")] }));
  b.screen.take(state({ newest: [card("A")] }));
  assert.equal(b.one("[data-said]").textContent, "");
  b.press("[data-pause]");
  b.screen.take(state({ newest: [card("B"), card("A")] }));
  assert.equal(b.one("[data-said]").textContent, "New order B");
});

test("however many come, one is said every five seconds", () => {
  const b = board();
  b.screen.take(state({ newest: [card("A")] }));
  b.clock.now = 4999;
  b.screen.take(state({ newest: [card("B"), card("A")] }));
  assert.equal(b.one("[data-said]").textContent, "New order A");
  b.clock.now = 5000;
  b.screen.take(state({ newest: [card("C"), card("B")] }));
  assert.equal(b.one("[data-said]").textContent, "New order C");
});

test("it sounds only for who has asked for it", () => {
  const b = board();
  b.screen.take(state({ newest: [card("A")] }));
  b.press("[data-sound]");
  b.clock.now = 10_000;
  b.screen.take(state({ newest: [card("B")] }));
  b.press("[data-sound]");
  b.clock.now = 20_000;
  b.screen.take(state({ newest: [card("C")] }));
  assert.deepEqual(b.played, ["sound"]);
});

test("a board without one of its parts says which", () => {
  const window = page('<div class="board"></div>');
  const root = window.document.querySelector(".board");
  assert.throws(() => new Screen(root, { charts: {}, ring: () => {}, now: () => 0 }), /no \[data-pause\]/);
});

test("the charts show the pulse, and a second without events has no latency", () => {
  const drawn = [];
  class Chart {
    constructor(canvas, { data }) {
      Object.assign(this, { name: canvas.dataset.chart, data, updates: 0 });
      drawn.push(this);
    }
    update() {
      this.updates += 1;
    }
  }
  const window = page('<div><canvas data-chart="rate"></canvas><canvas data-chart="latency"></canvas></div>');
  const charts = new Charts(window.document.querySelector("div"), Chart);
  charts.show([
    [4, 3, 9],
    [0, 0, 0],
  ]);
  const [rate, latency] = drawn;
  assert.deepEqual([rate.name, latency.name], ["rate", "latency"]);
  assert.deepEqual(rate.data.datasets[0].data, [4, 0]);
  assert.deepEqual(
    latency.data.datasets.map(({ data }) => data),
    [
      [3, null],
      [9, null],
    ],
  );
  assert.deepEqual([rate.updates, latency.updates], [1, 1]);
});
