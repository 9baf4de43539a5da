// A table of fields moves as a spreadsheet does, and says how many cells were changed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { rows, watchGrid } from "../../static/js/admin/grid.js";
import { page } from "./support/page.mjs";

const before = { "price-1": "1.00", "price-2": "2.00", "price-3": "3.00", "title-1": "One", "status-1": "draft" };

function table() {
  const window = page(`<form data-grid><button>Save <b data-changes hidden></b></button>
    <input type="hidden" name="before">
    <table><tr><td><input name="title-1" value="One"></td><td><input name="price-1" value="1.00"></td>
      <td><select name="status-1"><option value="draft" selected>d</option><option value="hidden">h</option>
      </select></td></tr>
    <tr><td></td><td><input name="price-2" value="2.00"></td></tr>
    <tr><td></td><td><input name="price-3" value="typed"></td></tr></table></form>`);
  const { document } = window;
  const form = document.querySelector("form");
  form.querySelector("[name=before]").value = JSON.stringify(before);
  for (const name of ["HTMLInputElement", "HTMLSelectElement"]) globalThis[name] = window[name];
  watchGrid(form);
  const field = (name) => document.querySelector(`[name="${name}"]`);
  const press = (name, key, more = {}) => {
    const event = new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
    field(name).dispatchEvent(event);
    return event;
  };
  const type = (name, text) => {
    field(name).value = text;
    field(name).dispatchEvent(new window.Event("input", { bubbles: true }));
  };
  const told = () => document.querySelector("[data-changes]");
  return { window, document, form, field, press, type, told };
}

test("Enter and the arrow keys go on in the column, and Enter in the last row to the button", () => {
  const { document, press, field } = table();
  press("price-1", "Enter");
  assert.equal(document.activeElement, field("price-2"));
  press("price-2", "ArrowDown");
  assert.equal(document.activeElement, field("price-3"));
  press("price-3", "ArrowUp");
  assert.equal(document.activeElement, field("price-2"));
  press("price-2", "Enter", { shiftKey: true });
  assert.equal(document.activeElement, field("price-1"));
  assert.equal(press("price-3", "Enter").defaultPrevented, true);
  assert.equal(document.activeElement.tagName, "BUTTON");
});

test("in a list of choices the arrow keys choose, and while a word is composed Enter ends it", () => {
  const { press } = table();
  assert.equal(press("status-1", "ArrowDown").defaultPrevented, false);
  assert.equal(press("title-1", "Enter", { isComposing: true }).defaultPrevented, false);
});

test("changed cells are counted and marked, what was refused before among them, and Escape takes one back", () => {
  const { press, type, told, field } = table();
  type("price-1", "9.00");
  assert.equal(told().textContent, "2"); // price-3 was typed before
  assert.equal(field("price-1").hasAttribute("data-changed"), true);
  press("price-1", "Escape");
  assert.equal(field("price-1").value, "1.00");
  assert.equal(told().textContent, "1");
});

test("a pasted column fills the rows from there on", () => {
  const { window, field } = table();
  const event = new window.Event("paste", { bubbles: true, cancelable: true });
  event.clipboardData = { getData: () => "5,00\tx\r\n6,00\r\n7,00\r\n" };
  field("price-2").dispatchEvent(event);
  assert.deepEqual([field("price-1").value, field("price-2").value, field("price-3").value], ["1.00", "5,00", "6,00"]);
});

test("a second submit of the same page is stopped", () => {
  const { window, form } = table();
  const send = () => {
    const event = new window.Event("submit", { bubbles: true, cancelable: true });
    form.dispatchEvent(event);
    return event.defaultPrevented;
  };
  assert.deepEqual([send(), send()], [false, true]);
});

test("of a pasted line the first cell counts, and empty lines between stay", () => {
  assert.deepEqual(rows("1\t2\n\n3\n"), ["1", "", "3"]);
});
