// Shortcuts of the admin, and icons that are not read aloud.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hideIcons } from "../../static/js/admin/icons.js";
import { watchKeys } from "../../static/js/admin/keys.js";
import { fire, page } from "./support/page.mjs";

const row = (n) => `<tbody><tr><td><input type="checkbox" class="action-select"></td>
  <th><a href="/${n}">${n}</a></th><td><input class="db-number"></td></tr></tbody>`;
const list = `<table id="result_list">${row(1)}${row(2)}${row(3)}</table>
  <textarea></textarea><dialog id="db-keys"></dialog>`;

function keyboard(body = list) {
  const window = page(body);
  const { document } = window;
  const done = { searched: 0, shown: 0 };
  window.addEventListener("opencommand", () => (done.searched += 1));
  const dialog = document.querySelector("dialog");
  if (dialog) dialog.showModal = () => (done.shown += 1);
  watchKeys(window);
  const press = (key, options = {}, target = document.activeElement) =>
    fire(target, "keydown", { key, cancelable: true, ...options });
  const here = () => document.activeElement.textContent;
  return { window, document, done, press, here };
}

test("j and k go through the rows and stop at the ends", () => {
  const { press, here } = keyboard();
  const seen = ["j", "j", "j", "j", "k"].map((key) => {
    assert.equal(press(key), false, "the key has no other effect");
    return here();
  });
  assert.deepEqual(seen, ["1", "2", "3", "3", "2"]);
});

test("arrows move on a row, and scroll elsewhere", () => {
  const { press, here } = keyboard();
  assert.equal(press("ArrowDown"), true);
  press("j");
  press("ArrowDown");
  assert.equal(here(), "2");
  press("ArrowUp");
  assert.equal(here(), "1");
});

test("x ticks the row on which the keyboard is", () => {
  const { document, press } = keyboard();
  press("x");
  press("j");
  press("x");
  assert.deepEqual(
    [...document.querySelectorAll(".action-select")].map((box) => box.checked),
    [true, false, false],
  );
});

test("i leads into the first field of the table, and is a letter there", () => {
  const { document, press } = keyboard();
  assert.equal(press("i"), false);
  assert.equal(document.activeElement, document.querySelector(".db-number"));
  assert.equal(press("i"), true);
  assert.equal(keyboard("<textarea></textarea>").press("i"), true, "a page without a table");
});

test("rows that came anew are found, and the place is kept", () => {
  const { document, press, here } = keyboard();
  press("j");
  press("j");
  document.querySelector("#result_list").innerHTML = row(1) + row(2) + row(4);
  press("j");
  assert.equal(here(), "4");
});

test("/ opens the one search, where the list has no field of its own", () => {
  const { document, done, press } = keyboard();
  assert.equal(press("/"), false);
  assert.equal(done.searched, 1);
  document.body.insertAdjacentHTML("beforeend", '<input id="searchbar">');
  assert.equal(press("/"), true, "the theme takes it");
  assert.equal(done.searched, 1);
});

test("? shows the shortcuts", () => {
  const { done, press } = keyboard();
  press("?");
  assert.equal(done.shown, 1);
});

test("no key is taken while somebody types, composes, holds a modifier, scans, or reads a dialog", () => {
  const { document, done, press, here } = keyboard();
  const field = document.querySelector("textarea");
  for (const key of ["/", "?", "j", "x"]) {
    for (const target of [field, document.querySelector(".db-number")]) assert.equal(press(key, {}, target), true);
    for (const held of [
      { ctrlKey: true },
      { metaKey: true },
      { altKey: true },
      { isComposing: true },
      { keyCode: 229 },
    ]) {
      assert.equal(press(key, held), true, `${key} ${JSON.stringify(held)}`);
    }
  }
  document.querySelector("dialog").setAttribute("open", "");
  assert.equal(press("j"), true);
  document.querySelector("dialog").removeAttribute("open");
  document.body.insertAdjacentHTML("beforeend", "<input data-scan>");
  assert.equal(press("j"), true);
  assert.deepEqual([done, here() === "1"], [{ searched: 0, shown: 0 }, false]);
});

test("icons beside text are hidden from screen readers, and one that is all a button has is not", () => {
  const icon = '<span class="material-symbols-outlined">settings</span>';
  const { document } = page(`<h1>${icon}</h1><a>${icon} Orders</a><button aria-label="Menu">${icon}</button>
    <button id="alone">${icon}</button>`);
  hideIcons(document);
  const hidden = [...document.querySelectorAll("span")].map((each) => each.getAttribute("aria-hidden"));
  assert.deepEqual(hidden, ["true", "true", "true", null]);
  document.body.insertAdjacentHTML("beforeend", `<p>${icon}</p>`);
  fire(document, "htmx:afterSwap");
  assert.equal(document.querySelector("p span").getAttribute("aria-hidden"), "true");
});
