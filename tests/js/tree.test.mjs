// The tree of categories: what a drag of a handle and the keys on it send.

import assert from "node:assert/strict";
import { test } from "node:test";

import { watchTree } from "../../static/js/admin/tree.js";
import { fire, page } from "./support/page.mjs";

// Home (1) > Kitchen (2) > Pans (3), Table (4); Garden (5). Each row is 40 high, each level 20 further in.
const ROWS = [
  [1, 1, "down"],
  [2, 2, "down out"],
  [3, 3, "out"],
  [4, 2, "up in out"],
  [5, 1, "up in"],
];

function tree(url) {
  const cells = ROWS.map(
    ([key, depth, steps]) => `<tr id="row-${key}"><td><span id="move-${key}" data-category="${key}"
      data-depth="${depth}"><button class="db-handle"></button></span></td><td>${steps
        .split(" ")
        .map((step) => `<button data-step="${step}" form="f" name="move" value="${key}:${step}"></button>`)
        .join("")}</td></tr>`,
  );
  const window = page(`<form id="f"></form><table>${cells.join("")}</table>`, url ? { url } : {});
  const { document } = window;
  ROWS.forEach(([key, depth], n) => {
    const box = (left) => () => ({ top: 40 * n, height: 40, left });
    document.querySelector(`#row-${key}`).getBoundingClientRect = box(0);
    document.querySelector(`#move-${key}`).getBoundingClientRect = box(20 * depth);
  });
  document.elementFromPoint = (_x, y) => document.querySelectorAll("tr")[Math.floor(y / 40)] ?? null;
  Object.defineProperty(document.documentElement, "clientHeight", { value: 2000 });
  window.scrollBy = () => {};
  const form = document.querySelector("form");
  const sent = [];
  form.submit = () => sent.push(form.querySelector("[name=move]").value);
  watchTree(document.querySelector("table"), form);
  const handle = (key) => document.querySelector(`#move-${key} button`);
  const point = (key, name, x = 0, y = 0) => {
    const event = new window.MouseEvent(name, { clientX: x, clientY: y, bubbles: true });
    handle(key).dispatchEvent(event);
  };
  for (const [key] of ROWS) handle(key).setPointerCapture = () => {};
  const drag = (key, x, y, last = "pointerup") => {
    point(key, "pointerdown");
    point(key, "pointermove", x, y);
    if (last) point(key, last);
    return sent;
  };
  return { window, document, handle, drag, sent };
}

/** How far down a part of a row is. */
const y = (n, part) => 40 * n + 40 * part;

test("a row takes it before, into or after it, as the pointer is at its top, middle or end", () => {
  assert.deepEqual(tree().drag(5, 25, y(1, 0.1)), ["5:before:2"]);
  assert.deepEqual(tree().drag(5, 25, y(1, 0.5)), ["5:inside:2"]);
  assert.deepEqual(tree().drag(2, 25, y(4, 0.9)), ["2:after:5"]);
});

test("below a category that has others, it becomes the first of them", () => {
  assert.deepEqual(tree().drag(5, 25, y(0, 0.9)), ["5:before:2"]);
});

test("below the last one of a category the pointer's level says how far out it goes", () => {
  assert.deepEqual(tree().drag(5, 65, y(2, 0.9)), ["5:after:3"]);
  assert.deepEqual(tree().drag(5, 45, y(2, 0.9)), ["5:after:2"]);
  assert.deepEqual(tree().drag(3, 25, y(3, 0.9)), ["3:after:1"]);
  assert.deepEqual(tree().drag(3, 45, y(3, 0.9)), ["3:after:4"]);
  assert.deepEqual(tree().drag(4, 25, y(2, 0.9)), ["4:after:1"], "what is dragged itself is below nothing");
});

test("into itself, to what is in it, and beside the table nothing goes", () => {
  for (const place of [y(1, 0.5), y(2, 0.5), y(9, 0.5)]) assert.deepEqual(tree().drag(2, 25, place), []);
});

test("Escape and a drag that the browser takes over move nothing, and no row stays marked", () => {
  const { window, document, handle, drag, sent } = tree();
  drag(5, 25, y(1, 0.5), "");
  assert.equal(document.querySelector("#row-2").dataset.drop, "inside");
  handle(5).dispatchEvent(new window.KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  handle(5).dispatchEvent(new window.MouseEvent("pointerup", { bubbles: true }));
  drag(5, 25, y(1, 0.5), "pointercancel");
  assert.deepEqual(sent, []);
  assert.equal(document.querySelectorAll("[data-drop], [data-dragged]").length, 0);
});

test("an arrow key is the button of the row, where it has one, and one page sends one move", () => {
  const press = (key, name, options = {}) => {
    const { sent, handle } = tree();
    fire(handle(key), "keydown", { key: name, ...options });
    fire(handle(key), "keydown", { key: name, ...options });
    return sent;
  };
  assert.deepEqual(press(4, "ArrowUp"), ["4:up"]);
  assert.deepEqual(press(4, "ArrowRight"), ["4:in"]);
  assert.deepEqual(press(4, "ArrowLeft"), ["4:out"]);
  assert.deepEqual(press(4, "ArrowDown"), []);
  assert.deepEqual(press(4, "ArrowLeft", { altKey: true }), [], "the browser's own way back");
});

test("after a move the handle of what was moved has the focus", () => {
  const { window, document, handle } = tree("https://shop.example/admin/#move-3");
  window.dispatchEvent(new window.Event("pageshow"));
  assert.equal(document.activeElement, handle(3));
});
