// A form is sent once – and can be sent again when nothing came of it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { sendOnce } from "../../static/js/pages/once.js";
import { Clock } from "./support/clock.mjs";
import { fire, loaded, page } from "./support/page.mjs";

async function checkout(extra = {}) {
  const clock = new Clock();
  const { setTimeout, clearTimeout } = clock;
  const form = '<form id="order"><button data-once></button></form><form id="other"><button></button></form>';
  const window = await loaded(page(form, { setTimeout, clearTimeout, ...extra }));
  sendOnce(window);
  const order = window.document.querySelector("#order");
  return { window, clock, order, press: (target = order) => fire(target, "submit") };
}

test("the second press sends nothing", async () => {
  const { press, order } = await checkout();
  assert.equal(press(), true);
  assert.equal(order.getAttribute("aria-busy"), "true");
  assert.equal(press(), false);
});

test("a form that asks for nothing of the kind is sent as often as it is pressed", async () => {
  const { press, window } = await checkout();
  const other = window.document.querySelector("#other");
  assert.deepEqual([press(other), press(other), other.getAttribute("aria-busy")], [true, true, null]);
});

test("a form that something else has stopped counts as not sent", async () => {
  const { press, window, order } = await checkout();
  window.addEventListener("submit", (event) => event.preventDefault(), { capture: true, once: true });
  assert.equal(press(), false);
  assert.equal(order.getAttribute("aria-busy"), null);
  assert.equal(press(), true);
});

test("who stops the page by Escape can press again", async () => {
  const { press, window, order } = await checkout();
  press();
  fire(window.document, "keydown", { key: "a" });
  assert.equal(press(), false);
  fire(window.document, "keydown", { key: "Escape" });
  assert.equal(order.getAttribute("aria-busy"), null);
  assert.equal(press(), true);
});

test("who stops the page by the browser's button can press again", async () => {
  const navigation = new EventTarget();
  const { press } = await checkout({ navigation });
  press();
  navigation.dispatchEvent(new Event("navigateerror"));
  assert.equal(press(), true);
});

test("an answer that does not come for ten seconds may never come", async () => {
  const { press, clock } = await checkout();
  press();
  await clock.pass(9900);
  assert.equal(press(), false);
  await clock.pass(200);
  assert.equal(press(), true);
  await clock.pass(5000);
  assert.equal(press(), false, "the second try has its own ten seconds");
});

test("a page that comes back by the browser's button can be sent again", async () => {
  const { press, window } = await checkout();
  press();
  fire(window, "pageshow");
  assert.equal(press(), true);
});
