// The list of a queue in admin moves by itself, and loses nothing of what somebody is doing on it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { numbers, watchNumbers } from "../../static/js/admin/numbers.js";
import { onFrame } from "../../static/js/admin/queue-rows.js";
import { answer, network, page } from "./support/page.mjs";

const row = (n) => `<tr><td><input type="checkbox" name="_selected_action" value="${n}"></td>
  <td>ORDER-${n}</td><td><input class="db-number" name="tracking-${n}"></td></tr>`;

const list = (...orders) => `<nav data-stream="queues" data-queue="to_ship" data-mark="1.1">
  <b data-text="to_ship">1</b></nav>
  <form id="ship-numbered"><button>Ship</button><b data-typed hidden></b>
  <input type="file" data-numbers><p data-lost="Not here: {those}" hidden></p></form>
  <form id="changelist-form">${
    orders.length ? `<table id="result_list">${orders.map(row).join("")}</table>` : "<p>Nothing</p>"
  }</form>`;

function queue(before, after) {
  const { fetch, asked } = network(() => answer(list(...after)));
  const window = page(list(...before), { fetch, url: "https://shop.example/admin/orders/order/?queue=to_ship" });
  const { document } = window;
  const take = onFrame(window);
  const frame = (d) => take(document.querySelector("nav"), { t: "st", s: "queues", e: "e", n: 2, d });
  const field = (name) => document.querySelector(`[name="${name}"]`);
  const rows = () => [...document.querySelectorAll("tr")].map((tr) => tr.textContent.trim());
  return { window, document, asked, frame, field, rows };
}

test("the figure moves, and the rows are fetched once the queue has changed", async () => {
  const { document, frame, rows, asked } = queue([1, 2], [2, 3]);
  await frame({ to_ship: "2", to_ship_mark: "2.9" });
  assert.equal(document.querySelector("nav b").textContent, "2");
  assert.deepEqual(rows(), ["ORDER-2", "ORDER-3"]);
  assert.equal(asked.length, 1);
  await frame({ to_ship: "2", to_ship_mark: "2.9" });
  assert.equal(asked.length, 1);
});

test("another queue's change fetches nothing", async () => {
  const { frame, asked } = queue([1], [1]);
  await frame({ to_ship: "1", to_ship_mark: "1.1", to_pack: "5", to_pack_mark: "5.5" });
  assert.equal(asked.length, 0);
});

test("what is ticked and typed stays, and so does the focus", async () => {
  const { document, frame, field } = queue([1, 2], [2, 3]);
  document.querySelector('[value="2"]').checked = true;
  field("tracking-2").value = "JJD-2";
  field("tracking-2").focus();
  await frame({ to_ship_mark: "2.9" });
  assert.equal(field("tracking-2").value, "JJD-2");
  assert.equal(document.querySelector('[value="2"]').checked, true);
  assert.equal(document.querySelector('[value="3"]').checked, false);
  assert.equal(document.activeElement, field("tracking-2"));
});

test("the first order of a queue shows, and so does that the last has gone", async () => {
  const first = queue([], [1]);
  await first.frame({ to_ship_mark: "1.9" });
  assert.deepEqual(first.rows(), ["ORDER-1"]);
  const last = queue([1], []);
  await last.frame({ to_ship_mark: "0.0" });
  assert.deepEqual(last.rows(), []);
});

test("an answer that fails is asked for again with the next frame", async () => {
  const replies = [() => answer("", 503), () => Promise.reject(new TypeError("away")), () => answer(list(1, 2))];
  const { fetch } = network(() => replies.shift()());
  const window = page(list(1), { fetch, url: "https://shop.example/admin/orders/order/?queue=to_ship" });
  const take = onFrame(window);
  const frame = { t: "st", s: "queues", e: "e", n: 2, d: { to_ship_mark: "2.9" } };
  while (replies.length) await take(window.document.querySelector("nav"), frame);
  assert.equal(window.document.querySelectorAll("tr").length, 2);
});

function typing(...orders) {
  const window = page(list(...orders), { url: "https://shop.example/admin/orders/order/?queue=to_ship" });
  const { document } = window;
  watchNumbers(document);
  const field = (n) => document.querySelector(`[name="tracking-${n}"]`);
  const enter = (element) => {
    const event = new window.KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true });
    element.dispatchEvent(event);
    return event;
  };
  const paste = (element, text) => {
    const event = new window.Event("paste", { bubbles: true, cancelable: true });
    event.clipboardData = { getData: () => text };
    element.dispatchEvent(event);
    return event;
  };
  return { window, document, field, enter, paste, typed: document.querySelector("[data-typed]") };
}

test("a scanner's Enter goes to the next row, and after the last to the button; it sends nothing", () => {
  const { document, field, enter } = typing(1, 2);
  assert.equal(enter(field(1)).defaultPrevented, true);
  assert.equal(document.activeElement, field(2));
  enter(field(2));
  assert.equal(document.activeElement, document.querySelector("#ship-numbered button"));
});

test("a pasted list fills the rows from there on, and is counted", () => {
  const { field, paste, typed } = typing(1, 2, 3);
  assert.equal(paste(field(2), "A-1\nB-2\nC-3\n").defaultPrevented, true);
  assert.deepEqual([field(1).value, field(2).value, field(3).value], ["", "A-1", "B-2"]);
  assert.deepEqual([typed.textContent, typed.hidden], ["2", false]);
});

test("one number that is pasted is the browser's own matter", () => {
  const { field, paste } = typing(1, 2);
  assert.equal(paste(field(1), "A-1").defaultPrevented, false);
});

test("a list that names orders fills their rows, whatever their order, and says which are not there", () => {
  const { document, field, paste } = typing(1, 2, 3);
  for (const n of [1, 2, 3]) field(n).dataset.ref = `AAAAA-0000${n}`;
  paste(field(1), "Order\tNumber\nAAAAA-00003\tC-3\naaaaa-00001\tA-1\nZZZZZ-99999\tX-9\n");
  assert.deepEqual([field(1).value, field(2).value, field(3).value], ["A-1", "", "C-3"]);
  const said = document.querySelector("[data-lost]");
  assert.deepEqual([said.textContent, said.hidden], ["Not here: ZZZZZ-99999\tX-9", false]);
  paste(field(2), "B-1\nB-2");
  assert.equal(said.hidden, true);
});

test("one line that names an order goes to its row, not to the field in which it is pasted", () => {
  const { field, paste } = typing(1, 2);
  field(2).dataset.ref = "AAAAA-00002";
  assert.equal(paste(field(1), "AAAAA-00002;B-2").defaultPrevented, true);
  assert.deepEqual([field(1).value, field(2).value], ["", "B-2"]);
});

test("an empty line of a list leaves its row as it is", () => {
  const { field, paste } = typing(1, 2, 3);
  paste(field(1), "A-1\n\nC-3\n");
  assert.deepEqual([field(1).value, field(2).value, field(3).value], ["A-1", "", "C-3"]);
});

test("numbers that find no row are said", () => {
  const { document, field, paste } = typing(1, 2);
  paste(field(2), "B-2\nC-3");
  assert.equal(document.querySelector("[data-lost]").textContent, "Not here: C-3");
});

test("a file fills the rows as a pasted list does", async () => {
  const { window, document, field } = typing(1, 2);
  for (const n of [1, 2]) field(n).dataset.ref = `AAAAA-0000${n}`;
  const chosen = document.querySelector("[data-numbers]");
  Object.defineProperty(chosen, "files", { value: [{ text: async () => '"AAAAA-00002","B-2"\r\n' }] });
  chosen.dispatchEvent(new window.Event("change", { bubbles: true }));
  await new Promise((done) => setTimeout(done));
  assert.deepEqual([field(1).value, field(2).value], ["", "B-2"]);
});

test("an order whose number is still empty gets no other cell of its line", () => {
  const { field, paste } = typing(1, 2);
  for (const n of [1, 2]) field(n).dataset.ref = `AAAAA-0000${n}`;
  paste(field(1), "AAAAA-00001;Jane Doe;\nAAAAA-00002;DHL;B-2");
  assert.deepEqual([field(1).value, field(2).value], ["", "B-2"]);
});

test("an order is found however its number is written, and a second number for it is said", () => {
  const { document, field, paste } = typing(1, 2);
  for (const n of [1, 2]) field(n).dataset.ref = `AAAAA-0000${n}`;
  paste(field(1), "B-2,#aaaaa 0000 2\nA-1,AAAAAOOOO1\nA-9,AAAAA-00001");
  assert.deepEqual([field(1).value, field(2).value], ["A-1", "B-2"]);
  assert.equal(document.querySelector("[data-lost]").textContent, "Not here: A-9,AAAAA-00001");
});

test("a number that looks like an order's is a number where no such order is", () => {
  const { field, paste } = typing(1, 2);
  assert.equal(paste(field(1), "12345-67890").defaultPrevented, false);
  paste(field(1), "12345-67890\n12345-67891");
  assert.deepEqual([field(1).value, field(2).value], ["12345-67890", "12345-67891"]);
});

test("a heading is no number", () => {
  const { field, paste } = typing(1, 2);
  paste(field(1), "Tracking\nA-1\nB-2");
  assert.deepEqual([field(1).value, field(2).value], ["A-1", "B-2"]);
});

test("a file that names no orders fills nothing: it has an order of its own", async () => {
  const { window, document, field } = typing(1, 2);
  const chosen = document.querySelector("[data-numbers]");
  Object.defineProperty(chosen, "files", { value: [{ text: async () => "A-1\nB-2\n" }] });
  chosen.dispatchEvent(new window.Event("change", { bubbles: true }));
  await new Promise((done) => setTimeout(done));
  assert.deepEqual([field(1).value, field(2).value], ["", ""]);
  assert.equal(document.querySelector("[data-lost]").textContent, "Not here: A-1 · B-2");
});

test("of a spreadsheet's lines the last column is the number", () => {
  const found = numbers("Box 1\tA-1\r\nBox 2;B-2\n\nBox 3, C-3", new Set());
  assert.deepEqual(
    found.map(({ number }) => number),
    ["A-1", "B-2", "", "C-3"],
  );
});
