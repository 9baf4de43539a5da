// The press that starts the packing sends what is ticked, or all rows as they are at that moment.

import assert from "node:assert/strict";
import { test } from "node:test";

import { watchStart } from "../../static/js/admin/start-packing.js";
import { page } from "./support/page.mjs";

const row = (n) => `<tr><td><input type="checkbox" class="action-select" value="${n}"></td></tr>`;

function list(...orders) {
  const window = page(`<form id="start-packing"><input type="hidden" name="order" value="1"><button>Go</button></form>
    <table id="result_list">${orders.map(row).join("")}</table>`);
  const { document } = window;
  watchStart(document);
  const send = () => {
    const form = document.querySelector("form");
    form.dispatchEvent(new window.Event("submit", { cancelable: true }));
    return [...form.querySelectorAll("[name=order]")].map((field) => field.value);
  };
  return { document, send };
}

test("what is ticked is sent", () => {
  const { document, send } = list(1, 2, 3);
  for (const n of ["2", "3"]) document.querySelector(`[value="${n}"].action-select`).checked = true;
  assert.deepEqual(send(), ["2", "3"]);
});

test("with nothing ticked, all rows are sent, those too that came meanwhile", () => {
  const { document, send } = list(2);
  document.querySelector("#result_list").insertAdjacentHTML("beforeend", row(4));
  assert.deepEqual(send(), ["2", "4"]);
  assert.deepEqual(send(), ["2", "4"]);
});

test("a page without the form is left alone", () => {
  watchStart(page("<p>Orders</p>").document);
});
