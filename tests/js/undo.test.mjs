// The seconds in which a move can still be undone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { watchUndo } from "../../static/js/admin/undo.js";
import { page } from "./support/page.mjs";

const button = (seconds) =>
  `<button data-undo="${seconds}">Undo <span data-undo-left aria-hidden="true"></span></button>`;

function watched(seconds) {
  const window = page(`<div id="db-live">${button(seconds)}</div>`, {});
  let now = 0;
  let tick = () => {};
  window.setInterval = (show) => {
    tick = show;
    return 1;
  };
  watchUndo(window, () => now);
  const wait = (ms) => {
    now += ms;
    tick();
  };
  return { block: window.document.querySelector("#db-live"), wait };
}

test("the seconds run, and the button rests when they are over", () => {
  const { block, wait } = watched(42);
  assert.equal(block.textContent, "Undo 0:42");
  wait(1000);
  assert.equal(block.textContent, "Undo 0:41");
  assert.equal(block.querySelector("button").disabled, false);
  wait(60_000);
  assert.equal(block.textContent, "Undo 0:00");
  assert.equal(block.querySelector("button").disabled, true);
});

test("a button of a fresh block counts from what the server says, and a page without one is left alone", () => {
  const { block, wait } = watched(10);
  wait(9000);
  block.innerHTML = button(55);
  wait(0);
  assert.equal(block.textContent, "Undo 0:55");
  block.innerHTML = "";
  wait(1000);
  assert.equal(block.textContent, "");
});
