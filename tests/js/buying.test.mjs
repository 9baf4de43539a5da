// From the product to the order: what the pages offer follows what can be bought.

import assert from "node:assert/strict";
import { test } from "node:test";

import { cartNumber } from "../../static/js/pages/cart-number.js";
import { start as cart } from "../../static/js/pages/cart.js";
import { start as filters } from "../../static/js/pages/filters.js";
import { start as product } from "../../static/js/pages/product.js";
import { flushPromises } from "./support/clock.mjs";
import { answer, fire, frame, loaded, network, page } from "./support/page.mjs";

// -- The product's page ---------------------------------------------------------------------------

const BUY = "<button>Add to cart</button><div><p data-sold-out hidden>Sold out for now.</p></div>";

function forSale(html) {
  const window = page(`<form class="buy">${html}${BUY}</form><p data-stream="stock:ELSEWHERE" data-status="out"></p>`);
  product(window);
  const { document } = window;
  const offered = () => [!document.querySelector("button").disabled, document.querySelector("[data-sold-out]").hidden];
  const stock = (sku, status) => {
    const root = document.querySelector(`[data-stream="stock:${sku}"]`);
    root.dataset.status = status;
    frame(window, root, { status });
  };
  return { window, document, offered, stock };
}

const one = (status) => `<input type="hidden" name="variant"><p data-stream="stock:A" data-status="${status}"></p>`;
const radio = (sku, status, checked = "") => `<label data-stream="stock:${sku}" data-status="${status}">
  <input type="radio" name="variant" ${checked}></label>`;
const two = (a, b) => radio("A", a, "checked") + radio("B", b);
const OFFERED = [true, true];
const SOLD_OUT = [false, false];

test("what sells out while the page is open can no longer be put in the cart, and the page says so", () => {
  const { offered, stock } = forSale(one("few"));
  assert.deepEqual(offered(), OFFERED);
  stock("A", "out");
  assert.deepEqual(offered(), SOLD_OUT);
});

test("what comes back can be put in the cart at once", () => {
  const { offered, stock } = forSale(one("out"));
  assert.deepEqual(offered(), SOLD_OUT);
  stock("A", "few");
  assert.deepEqual(offered(), OFFERED);
});

test("the variant that is chosen counts", () => {
  const { document, offered, stock } = forSale(two("in", "out"));
  assert.deepEqual(offered(), OFFERED);
  const [a, b] = document.querySelectorAll("input");
  b.checked = true;
  fire(b, "change");
  assert.deepEqual(offered(), SOLD_OUT);
  stock("A", "out");
  stock("B", "in");
  assert.deepEqual(offered(), OFFERED);
  a.checked = true;
  fire(a, "change");
  assert.deepEqual(offered(), SOLD_OUT);
});

test("a choice that the browser restores counts from the start", () => {
  const { window, document, offered } = forSale(two("in", "out"));
  document.querySelectorAll("input")[1].checked = true;
  fire(window, "pageshow");
  assert.deepEqual(offered(), SOLD_OUT);
});

test("a page where nothing is for sale offers nothing", () => {
  product(page("<p></p>"));
});

// -- The cart's page ------------------------------------------------------------------------------

function inTheCart(quantity, { blocked = false } = {}) {
  const drawn = [];
  const htmx = { ajax: (...request) => drawn.push(request) };
  const line = `<li class="cart-line${blocked ? " blocked" : ""}"><p data-stream="stock:A"></p>
    <input name="quantity" value="${quantity}"></li>`;
  const window = page(`<div id="cart"><ul>${line}</ul></div>`, { url: "https://shop.example/cart/", htmx });
  cart(window);
  const stock = (available) => frame(window, window.document.querySelector("[data-stream]"), { available });
  return { drawn, stock };
}

test("a line of which there are too few now has the cart drawn anew", () => {
  const { drawn, stock } = inTheCart(3);
  stock(3);
  assert.deepEqual(drawn, []);
  stock(2);
  assert.deepEqual(drawn, [["GET", "/cart/", { target: "#cart", swap: "outerHTML" }]]);
});

test("a line that can be bought again has the cart drawn anew", () => {
  const { drawn, stock } = inTheCart(3, { blocked: true });
  stock(2);
  assert.deepEqual(drawn, []);
  stock(3);
  assert.equal(drawn.length, 1);
});

test("what is not in the cart does not move it", () => {
  const window = page('<p data-stream="stock:A"></p>', { htmx: { ajax: () => assert.fail() } });
  cart(window);
  frame(window, window.document.querySelector("p"), { available: 0 });
});

// -- The number beside Cart -----------------------------------------------------------------------

const NUMBER = '<span data-cart-count="/cart/count/"><span id="cart-count" hidden>0</span></span>';

async function comeBack({
  persisted = false,
  type = "navigate",
  reply = () => answer('<span id="cart-count">2</span>'),
}) {
  const { fetch, asked } = network(reply);
  const performance = { getEntriesByType: () => [{ type }] };
  const window = await loaded(page(NUMBER, { fetch, performance }));
  cartNumber(window);
  fire(window, "pageshow", { persisted });
  await flushPromises(20);
  const number = window.document.querySelector("#cart-count");
  return { asked: asked.map(([, url]) => url), number: number.hidden ? null : number.textContent };
}

test("a page that comes back from the cache has the number of now", async () => {
  assert.deepEqual(await comeBack({ persisted: true }), { asked: ["/cart/count/"], number: "2" });
});

test("so has one that the browser loaded again by Back, perhaps from its cache of files", async () => {
  assert.deepEqual(await comeBack({ type: "back_forward" }), { asked: ["/cart/count/"], number: "2" });
});

test("a page that is gone to has it already", async () => {
  assert.deepEqual(await comeBack({}), { asked: [], number: null });
});

test("without an answer the number stays as it is", async () => {
  const broken = [
    () => {
      throw new TypeError("no network");
    },
    () => answer("broken", 500),
    () => answer("<p>Sign in</p>"),
  ];
  for (const reply of broken) assert.equal((await comeBack({ persisted: true, reply })).number, null);
});

test("a page without the number asks for none", async () => {
  const { fetch, asked } = network(() => answer(""));
  const window = page("<p></p>", { fetch });
  cartNumber(window);
  fire(window, "pageshow", { persisted: true });
  await flushPromises(5);
  assert.deepEqual(asked, []);
});

// -- Filters --------------------------------------------------------------------------------------

/** How often the filters were applied, on a page where their button folds them or not. */
function filtered(fold) {
  const window = page(`<button class="opens-filters" ${fold ? "" : "style='display: none'"}></button>
    <form class="filters" id="f"><input type="checkbox"></form><select name="sort" form="f"><option></select><input>`);
  const applied = [];
  window.document.querySelector("form").addEventListener("submit", (event) => applied.push(event.preventDefault()));
  filters(window);
  return { change: (selector) => fire(window.document.querySelector(selector), "change"), applied };
}

test("filters apply as they are changed", () => {
  const { change, applied } = filtered(false);
  change("form input");
  change("select");
  assert.equal(applied.length, 2);
});

test("on a phone several filters are chosen, then applied; the order of the list changes at once", () => {
  const { change, applied } = filtered(true);
  change("form input");
  assert.equal(applied.length, 0);
  change("select");
  assert.equal(applied.length, 1);
});

test("another field of the page applies nothing", () => {
  const { change, applied } = filtered(false);
  change("select + input");
  assert.equal(applied.length, 0);
});
