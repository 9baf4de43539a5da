// The address of an order in admin: what somebody else saved is shown, what somebody typed stays and is not forgotten.

import assert from "node:assert/strict";
import { test } from "node:test";

import { contactForm } from "../../static/js/admin/contact-form.js";
import { onFrame } from "../../static/js/admin/order-block.js";
import { answer, fire, network, page } from "./support/page.mjs";

const block = (city) => `<div data-stream="order:A"><div id="db-live"><form id="move"><button>Ship</button></form>
  <data data-saved="city" value="${city}"></data></div></div>`;
const form = `<form id="contact"><input type="hidden" name="seen-city" value="Berlin">
  <div data-unsaved="Not saved. Go on?"><p data-elsewhere="shown" hidden>Saved: <b data-names></b></p>
  <p data-elsewhere="kept" hidden>Stays: <b data-names></b></p></div>
  <label for="id_city">City *</label><input id="id_city" name="city" value="Berlin"></form>`;

function opened({ saved = "Potsdam", confirm = () => true } = {}) {
  const { fetch } = network(() => answer(block(saved)));
  const window = page(block("Berlin") + form, { fetch, confirm });
  const { document } = window;
  const take = onFrame(window, contactForm(window));
  const save = () => take(document.querySelector("[data-stream]"), { t: "ev", s: "order:A", e: "e", n: 2, d: {} });
  const field = (name) => document.querySelector(`[name="${name}"]`);
  const said = (kind) => document.querySelector(`[data-elsewhere="${kind}"]`);
  return { document, save, field, said };
}

test("a field that nobody touched shows what somebody else saved, and says so", async () => {
  const { save, field, said } = opened();
  await save();
  assert.equal(field("city").value, "Potsdam");
  assert.equal(field("seen-city").value, "Potsdam");
  assert.equal(said("shown").hidden, false);
  assert.equal(said("shown").querySelector("b").textContent, "City");
  assert.equal(said("kept").hidden, true);
});

test("what was typed stays, and the server still learns what the page had shown", async () => {
  const { save, field, said } = opened();
  field("city").value = "Spandau";
  await save();
  assert.equal(field("city").value, "Spandau");
  assert.equal(field("seen-city").value, "Berlin");
  assert.equal(said("kept").hidden, false);
  assert.equal(said("shown").hidden, true);
});

test("who typed the same as was saved has nothing to save", async () => {
  const { save, field, said } = opened();
  field("city").value = "Potsdam";
  await save();
  assert.equal(field("seen-city").value, "Potsdam");
  assert.equal(said("kept").hidden, true);
});

test("a move with an address that is not saved is asked about", () => {
  const asked = [];
  const { document, field } = opened({ confirm: (words) => asked.push(words) > 9 });
  const move = () => fire(document.querySelector("#move"), "submit");
  assert.equal(move(), true);
  field("city").value = "Spandau";
  assert.equal(move(), false);
  assert.deepEqual(asked, ["Not saved. Go on?"]);
  assert.equal(fire(document.querySelector("#contact"), "submit"), true);
});
