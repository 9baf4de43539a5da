// Suggestions, by keyboard, and with an input method.

import assert from "node:assert/strict";
import { test } from "node:test";

import { search } from "../../static/js/pages/search.js";
import { fire, page } from "./support/page.mjs";

const FORM = `<form class="search"><input type="search"><button>Go</button>
  <div id="suggestions"><a href="/1">Mug</a><a href="/2">Mugs</a></div></form><a id="elsewhere" href="/">Shop</a>`;

function box() {
  const window = page(FORM);
  search(window);
  const { document } = window;
  const input = document.querySelector("input");
  input.focus();
  let suggested = 0;
  input.addEventListener("suggest", () => (suggested += 1));
  const at = () => document.activeElement.textContent || document.activeElement.tagName;
  const press = (key, extra = {}) => fire(document.activeElement, "keydown", { key, ...extra });
  return { window, document, input, press, at, suggested: () => suggested };
}

test("the arrows walk through the suggestions, round and round", () => {
  const { press, at } = box();
  const walk = ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp"].map((key) => [press(key), at()]);
  assert.deepEqual(walk, [
    [false, "Mug"],
    [false, "Mugs"],
    [false, "INPUT"],
    [false, "Mugs"],
    [false, "Mug"],
  ]);
});

test("Escape closes them, and other keys are the browser's", () => {
  const { press, document } = box();
  assert.equal(press("m"), true);
  assert.equal(document.querySelectorAll("#suggestions a").length, 2);
  press("Escape");
  assert.equal(document.querySelectorAll("#suggestions a").length, 0);
});

for (const composing of [{ isComposing: true }, { keyCode: 229 }]) {
  test(`the keys of an input method are its own (${Object.keys(composing)})`, () => {
    const { press, at, document } = box();
    for (const key of ["ArrowDown", "ArrowUp", "Escape", "Enter"]) assert.equal(press(key, composing), true);
    assert.equal(at(), "INPUT");
    assert.equal(document.querySelectorAll("#suggestions a").length, 2);
  });
}

test("half a word in an input method is not looked for, the whole word is", () => {
  const { input, suggested } = box();
  fire(input, "input", { isComposing: false });
  assert.equal(suggested(), 1);
  for (let letter = 0; letter < 4; letter += 1) fire(input, "input", { isComposing: true });
  assert.equal(suggested(), 1);
  fire(input, "compositionend");
  assert.equal(suggested(), 2);
});

test("they close when the focus goes elsewhere, not when it goes into them", async () => {
  const { press, document, window } = box();
  press("ArrowDown");
  await new Promise((resolve) => window.setTimeout(resolve, 5));
  assert.equal(document.querySelectorAll("#suggestions a").length, 2);
  document.querySelector("#elsewhere").focus();
  await new Promise((resolve) => window.setTimeout(resolve, 5));
  assert.equal(document.querySelectorAll("#suggestions a").length, 0);
});

test("an answer that comes late does not take away what is walked through", () => {
  const { press, document, window } = box();
  const swap = () => {
    const event = new window.CustomEvent("htmx:beforeSwap", { detail: { shouldSwap: true } });
    document.querySelector("#suggestions").dispatchEvent(event);
    return event.detail.shouldSwap;
  };
  assert.equal(swap(), true);
  press("ArrowDown");
  assert.equal(swap(), false);
});

test("a page without a search box has none", () => {
  search(page("<p></p>"));
});
