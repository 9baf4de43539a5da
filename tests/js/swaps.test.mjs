// What htmx changes in a page, and what the page says when a request fails.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { watchSwaps } from "../../static/js/pages/swaps.js";
import { page as open } from "./support/page.mjs";

let page, reloads;

beforeEach(() => {
  reloads = 0;
  page = open(`<main><p id="swap-words" hidden data-failed="failed" data-offline="offline" data-many="many"></p>
    <div id="cart"><form id="line"><input id="quantity" name="quantity" value="1"><button>Remove</button></form>
    <form id="other"><button id="second">Remove</button></form></div></main>`);
  watchSwaps(page, () => (reloads += 1));
});

const words = () => page.document.querySelector("#swap-words");
const form = () => page.document.querySelector("#line");

function send(name, detail) {
  form().dispatchEvent(new page.CustomEvent(name, { bubbles: true, detail: { elt: form(), ...detail } }));
}

for (const [status, said] of [
  [500, "failed"],
  [429, "many"],
]) {
  test(`a ${status} is said, and the field shows again what the shop knows`, () => {
    page.document.querySelector("#quantity").value = "4";
    send("htmx:responseError", { xhr: { status } });
    assert.equal(words().textContent, said);
    assert.equal(words().hidden, false);
    assert.equal(page.document.querySelector("#quantity").value, "1");
  });
}

test("without a network the page says so", () => {
  send("htmx:sendError", {});
  assert.equal(words().textContent, "offline");
});

test("the next request takes the words away", () => {
  send("htmx:sendError", {});
  send("htmx:beforeRequest", {});
  assert.equal(words().hidden, true);
});

for (const status of [403, 404, 410]) {
  test(`after a ${status} the page is loaded again`, () => {
    send("htmx:responseError", { xhr: { status } });
    assert.equal(reloads, 1);
    assert.equal(words().hidden, true);
  });
}

test("suggestions that do not come are no word to the shopper", () => {
  form().setAttribute("hx-target", "#suggestions");
  send("htmx:responseError", { xhr: { status: 500 } });
  send("htmx:sendError", {});
  assert.equal(words().hidden, true);
});

/** htmx replaces the cart by another one. */
function swap(html) {
  const target = page.document.querySelector("#cart");
  const tell = (name, element) =>
    page.document.dispatchEvent(new page.CustomEvent(name, { detail: { target: element } }));
  tell("htmx:beforeSwap", target);
  target.outerHTML = html;
  tell("htmx:afterSettle", target);
}

test("when the focused line is removed, the focus stays at its place in the cart", () => {
  page.document.querySelector("#second").focus();
  swap('<div id="cart"><form><button id="first">Remove</button></form><a id="checkout" href="/checkout/">x</a></div>');
  assert.equal(page.document.activeElement.id, "checkout");
});

test("when the cart gets empty, the focus goes to what is left", () => {
  page.document.querySelector("#second").focus();
  swap('<div id="cart"><a id="look" href="/products/">Look around</a></div>');
  assert.equal(page.document.activeElement.id, "look");
});

test("a focus outside of the cart stays where it is", () => {
  swap('<div id="cart"><a href="/products/">Look around</a></div>');
  assert.equal(page.document.activeElement, page.document.body);
});
