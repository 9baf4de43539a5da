// The order's page in admin moves by itself, and loses nothing of what somebody is doing on it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { onFrame } from "../../static/js/admin/order-block.js";
import { flushPromises } from "./support/clock.mjs";
import { answer, network, page } from "./support/page.mjs";

const block = (verb, { tracking = "" } = {}) => `<article data-stream="order:A"><div id="db-live">
  <b data-text="label">Placed</b><i data-connection="">offline</i>
  <input type="hidden" name="csrfmiddlewaretoken" value="${verb}">
  <input name="note"><textarea name="words"></textarea><input name="tracking" value="${tracking}">
  <select name="carrier"><option>Wren</option><option>Swift</option></select>
  <input type="checkbox" name="mail">
  <input type="radio" name="to" value="bag" checked><input type="radio" name="to" value="bin">
  <button>${verb}</button></div></article>`;

function order(reply = () => answer(block("Start preparing", { tracking: "ours" }))) {
  const { fetch, asked } = network(reply);
  const window = page(block("Mark paid"), { fetch, url: "https://shop.example/admin/orders/order/1/change/" });
  const { document } = window;
  document.querySelector("[data-connection]").textContent = "live";
  const take = onFrame(window);
  const move = () =>
    take(document.querySelector("article"), { t: "ev", s: "order:A", e: "e", n: 2, d: { label: "Paid" } });
  const field = (name) => document.querySelector(`[name="${name}"]`);
  return { document, asked, move, field };
}

test("the status moves at once, the buttons when the page has answered", async () => {
  const { document, move, asked } = order();
  const moving = move();
  assert.equal(document.querySelector("b").textContent, "Paid");
  assert.equal(document.querySelector("button").textContent, "Mark paid");
  await moving;
  assert.equal(document.querySelector("button").textContent, "Start preparing");
  assert.deepEqual(asked[0].slice(0, 2), ["GET", "https://shop.example/admin/orders/order/1/change/"]);
});

test("what is half typed or chosen stays, and the rest is as the server says now", async () => {
  const { document, move, field } = order();
  field("note").value = "call first";
  field("words").value = "Sorry";
  field("carrier").value = "Swift";
  field("mail").checked = true;
  document.querySelector('[value="bin"]').checked = true;
  await move();
  assert.equal(field("note").value, "call first");
  assert.equal(field("words").value, "Sorry");
  assert.equal(field("carrier").value, "Swift");
  assert.equal(field("mail").checked, true);
  assert.equal(document.querySelector('[value="bin"]').checked, true);
  assert.equal(field("tracking").value, "ours");
  assert.equal(field("csrfmiddlewaretoken").value, "Start preparing");
});

test("the focus and the state of the connection stay", async () => {
  const { document, move, field } = order();
  field("note").focus();
  await move();
  assert.equal(document.activeElement, field("note"));
  assert.equal(document.querySelector("[data-connection]").textContent, "live");
});

test("of two answers the one to the later question counts, whichever comes first", async () => {
  const answers = [];
  const { document, move } = order(() => new Promise((resolve) => answers.push(resolve)));
  const both = [move(), move()];
  answers[1](answer(block("Ship")));
  await flushPromises(10);
  answers[0](answer(block("Start preparing")));
  await Promise.all(both);
  assert.equal(document.querySelector("button").textContent, "Ship");
});

test("without an answer, or with the sign-in instead, the block stays", async () => {
  for (const reply of [() => answer("broken", 500), () => answer("<form>Log in</form>")]) {
    const { document, move } = order(reply);
    await move();
    assert.equal(document.querySelector("button").textContent, "Mark paid");
  }
});
