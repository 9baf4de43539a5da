// What an order's page does beside moving: it marks what is new, shows the step in the tab's icon, and rings.

import assert from "node:assert/strict";
import { test } from "node:test";

import { rings } from "../../static/js/pages/doorbell.js";
import { start as since } from "../../static/js/pages/since.js";
import { progress, ring, start as step } from "../../static/js/pages/step.js";
import { page } from "./support/page.mjs";

const AT = "2026-11-27T10:00:00+00:00";
const LATER = "2026-11-27T11:00:00+00:00";

function order(rows, status = "paid", stream = "order:A") {
  const items = rows.map(([state, at]) => `<li data-state="${state}"><time datetime="${at}"></time></li>`).join("");
  return `<link rel="icon" href="/plain.svg"><article class="order" data-stream="${stream}" data-status="${status}"
    data-new="new"><div class="timeline"><ol>${items}</ol></div></article>`;
}

function visit(rows, storage) {
  const shown = page(order(rows));
  Object.defineProperty(shown, "localStorage", { value: storage });
  since(shown);
  return [...shown.document.querySelectorAll("li")].map((row) => row.textContent);
}

function memory(content = {}) {
  return {
    content,
    getItem: (key) => content[key] ?? null,
    setItem: (key, value) => (content[key] = value),
  };
}

test("what came since the last visit is marked, and only then", () => {
  const storage = memory();
  assert.deepEqual(visit([["now", AT]], storage), [""]);
  const moved = [
    ["done", AT],
    ["now", LATER],
  ];
  assert.deepEqual(visit(moved, storage), ["", "new"]);
  assert.deepEqual(visit(moved, storage), ["", ""]);
});

test("what comes while somebody looks is not new the next time", () => {
  const storage = memory();
  const shown = page(order([["now", AT]]));
  Object.defineProperty(shown, "localStorage", { value: storage });
  since(shown);
  shown.document.querySelector("time").setAttribute("datetime", LATER);
  shown.document.dispatchEvent(new shown.CustomEvent("doorbell:frame", { detail: {} }));
  assert.deepEqual(visit([["now", LATER]], storage), [""]);
});

test("nonsense in the storage and a full one break nothing", () => {
  assert.deepEqual(visit([["now", AT]], memory({ "doorbell-seen": "{" })), [""]);
  const full = { getItem: () => null, setItem: () => assert.fail("full") };
  assert.deepEqual(visit([["now", AT]], full), [""]);
});

test("only the newest orders are remembered", () => {
  const storage = memory();
  for (let n = 0; n < 40; n++) {
    const shown = page(order([["now", AT]], "paid", `order:${n}`));
    Object.defineProperty(shown, "localStorage", { value: storage });
    since(shown);
  }
  const kept = Object.keys(JSON.parse(storage.content["doorbell-seen"]));
  assert.equal(kept.length, 30);
  assert.equal(kept.at(-1), "order:39");
});

test("the icon shows how far the order is, and moves with it", () => {
  const shown = page(
    order([
      ["done", AT],
      ["now", AT],
      ["next", ""],
      ["next", ""],
    ]),
  );
  const root = shown.document.querySelector("article");
  assert.equal(progress(root, "paid").share, 0.5);
  step(shown);
  const icon = () => shown.document.querySelector("link").getAttribute("href");
  const before = icon();
  assert.equal(before, ring(0.5, progress(root, "paid").colour));
  shown.document.querySelectorAll("li")[1].dataset.state = "done";
  shown.document.querySelectorAll("li")[2].dataset.state = "now";
  shown.document.dispatchEvent(new shown.CustomEvent("doorbell:frame", { detail: { frame: { t: "ev" } } }));
  assert.notEqual(icon(), before);
});

test("the app's icon counts what moved while nobody looked", async () => {
  const shown = page(order([["now", AT]]));
  const badges = [];
  let hidden = true;
  shown.navigator.setAppBadge = async (n) => badges.push(n);
  Object.defineProperty(shown.document, "hidden", { get: () => hidden });
  step(shown);
  const frame = { detail: { frame: { t: "ev" } } };
  for (let n = 0; n < 2; n++) shown.document.dispatchEvent(new shown.CustomEvent("doorbell:frame", frame));
  hidden = false;
  shown.document.dispatchEvent(new shown.Event("visibilitychange"));
  assert.deepEqual(badges, [0, 1, 2, 0]);
});

const frame = { t: "ev", at: AT, d: { status: "delivered" } };
const moment = { frame, before: "shipped", wanted: true, hidden: false, calm: false, now: Date.parse(AT) + 500 };

test("the doorbell sounds at the last two steps", () => {
  assert.ok(rings(moment));
  assert.ok(rings({ ...moment, frame: { ...frame, d: { status: "out_for_delivery" } } }));
  assert.ok(!rings({ ...moment, frame: { ...frame, d: { status: "shipped" } }, before: "paid" }));
});

for (const [why, changed] of Object.entries({
  "nobody asked": { wanted: false },
  "the tab is hidden": { hidden: true },
  "motion is reduced": { calm: true },
  "it is a snapshot": { frame: { ...frame, t: "snap" } },
  "it happened before": { now: Date.parse(AT) + 61_000 },
  "the status is the same": { before: "delivered" },
})) {
  test(`the doorbell is silent when ${why}`, () => assert.ok(!rings({ ...moment, ...changed })));
}
