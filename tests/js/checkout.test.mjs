// The checkout page: sums and address fields follow what is chosen.

import assert from "node:assert/strict";
import { test } from "node:test";

import { start } from "../../static/js/pages/checkout.js";
import { flushPromises } from "./support/clock.mjs";
import { answer, fire, network, page } from "./support/page.mjs";

const address = (country, extra = "", more = "") => `<div id="address">
  <input name="city" value=""><input name="name" value="">
  <select name="country"><option value="DE"${country === "DE" ? " selected" : ""}>Germany</option>
    <option value="US"${country === "US" ? " selected" : ""}>United States</option></select>${extra}</div>${more}`;
const whole = (...parts) => answer(`<form id="checkout">${address(...parts)}</form>`);
const STATE = '<select name="region"><option value=""></option><option value="NY">New York</option></select>';

function checkout({ reply = () => whole("US", STATE), before = () => {}, errors = "" } = {}) {
  const { fetch, asked } = network(reply);
  const window = page(
    `${errors}<form id="checkout">${address("DE")}
      <input type="hidden" name="currency" value="EUR">
      <input type="radio" name="method" data-total="€44.00" data-delivery="€7.10" data-apart="€1.00">
      <p id="sums"><b data-sum="total">€36.90</b><b data-sum="delivery">€0.00</b><b data-sum="apart">€0.00</b></p>
      </form>`,
    { url: "https://shop.example/checkout/", fetch },
  );
  const { document } = window;
  const field = (name) => document.querySelector("#checkout").elements.namedItem(name);
  before(field);
  start(window);
  const choose = (country) => {
    field("country").value = country;
    fire(field("country"), "change");
  };
  return { window, document, field, asked, choose };
}

test("the sums follow the delivery method", () => {
  const { document } = checkout();
  fire(document.querySelector("[type=radio]"), "change");
  assert.equal(document.querySelector('[data-sum="total"]').textContent, "€44.00");
  assert.equal(document.querySelector('[data-sum="delivery"]').textContent, "€7.10");
  assert.equal(document.querySelector('[data-sum="apart"]').textContent, "€1.00");
});

test("a country has its own fields, and what was typed is sent along", async () => {
  const { field, asked, choose, document } = checkout();
  field("name").value = "Ann";
  choose("US");
  await flushPromises(10);
  const [[method, url, { body }]] = asked;
  assert.deepEqual([method, url, body.get("shape"), body.get("name")], ["POST", "/checkout/", "1", "Ann"]);
  assert.ok(field("region"));
  assert.equal(document.activeElement, field("country"));
});

test("what is typed while the answer is on its way is kept", async () => {
  const { field, choose } = checkout();
  choose("US");
  field("city").value = "New York";
  await flushPromises(10);
  assert.ok(field("region"));
  assert.equal(field("city").value, "New York");
});

test("another market has another currency, and its sums", async () => {
  const more = '<input type="hidden" name="currency" value="USD"><p id="sums"><b data-sum="total">$42.00</b></p>';
  const { document, field, choose } = checkout({ reply: () => whole("US", STATE, more) });
  choose("US");
  await flushPromises(10);
  assert.equal(document.querySelector('[data-sum="total"]').textContent, "$42.00");
  assert.equal(field("currency").value, "USD");
});

test("a state and a VAT number are asked about, too: they decide about the tax", async () => {
  const { document, field, asked, choose } = checkout();
  choose("US");
  await flushPromises(10);
  field("region").value = "NY";
  fire(field("region"), "change");
  await flushPromises(10);
  assert.equal(asked.length, 2);
  assert.equal(asked[1][2].body.get("region"), "NY");
  assert.ok(document.querySelector("#checkout"));
});

test("an answer for a country that is no longer chosen is dropped", async () => {
  const { field, choose } = checkout();
  choose("US");
  field("country").value = "DE";
  await flushPromises(10);
  assert.equal(field("region"), null);
});

test("without an answer the fields stay", async () => {
  const { field, choose } = checkout({ reply: () => answer("broken", 500) });
  choose("US");
  await flushPromises(10);
  assert.ok(field("city"));
});

test("a country that was chosen before the script was there is asked for at the start", async () => {
  const { field, asked } = checkout({ before: (named) => (named("country").value = "US") });
  await flushPromises(10);
  assert.equal(asked.length, 1);
  assert.ok(field("region"));
});

test("a country that stands as the server sent it is not", async () => {
  const { asked } = checkout();
  await flushPromises(10);
  assert.deepEqual(asked, []);
});

test("a form that came back with errors says so first", () => {
  const { document } = checkout({ errors: '<p id="checkout-errors" tabindex="-1">Something is missing.</p>' });
  assert.equal(document.activeElement.id, "checkout-errors");
});
