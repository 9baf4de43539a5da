// What a frame's state changes in the page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { show, title } from "../../static/js/live/bind.js";
import { page } from "./support/page.mjs";

function root(html) {
  return page(`<main>${html}</main>`).document.querySelector("main");
}

test("texts follow the state, and what has no value is empty", () => {
  const main = root('<h1 data-text="label">Placed</h1><p data-text="next">Pay</p><b data-text="total">1</b>');
  assert.equal(show(main, { label: "Paid", total: 0 }), true);
  assert.equal(main.textContent, "Paid0");
});

test("a state that is on the screen already changes nothing", () => {
  const main = root('<h1 data-text="label">Paid</h1><p data-show="next" hidden></p>');
  main.dataset.status = "paid";
  assert.equal(show(main, { status: "paid", label: "Paid", next: "" }), false);
});

test("the status stands on the root, where stylesheets look for it", () => {
  const main = root("");
  assert.equal(show(main, { status: "shipped" }), true);
  assert.equal(main.dataset.status, "shipped");
  show(main, {});
  assert.equal(main.dataset.status, "shipped", "a state without one says nothing about it");
});

test("what is empty is hidden, and comes back", () => {
  const main = root('<p data-show="next">Pay</p>');
  const shown = () => !main.querySelector("p").hidden;
  assert.equal(show(main, { next: "" }), true);
  assert.equal(shown(), false);
  assert.equal(show(main, { next: "Pay" }), true);
  assert.equal(shown(), true);
});

const TIME = '<time data-text="at_text" data-datetime="at"></time>';
const STEPS = `<ol data-rows="steps">
  <li data-key="placed" data-state="now"><b data-text="label">Placed</b> ${TIME}</li>
  <li data-key="paid" data-state="next"><b data-text="label">Paid</b> ${TIME}</li>
  <li data-key="cancelled" data-state="hidden" hidden><b data-text="label">Cancelled</b></li>
</ol>`;

test("rows that are all there are found by their key, and the one that is now is marked", () => {
  const main = root(STEPS);
  const steps = [
    { key: "placed", state: "done", label: "Placed" },
    { key: "paid", state: "now", label: "Paid", at: "2026-11-26T10:00:00Z", at_text: "10:00" },
    { key: "cancelled", state: "hidden", label: "Cancelled" },
    { key: "unknown", state: "now", label: "?" },
  ];
  assert.equal(show(main, { steps }), true);
  const [placed, paid, cancelled] = main.querySelectorAll("li");
  assert.deepEqual([placed.dataset.state, paid.dataset.state], ["done", "now"]);
  assert.deepEqual([placed.className, paid.className], ["", "moved"]);
  assert.equal(cancelled.hidden, true);
  assert.equal(paid.querySelector("time").getAttribute("datetime"), "2026-11-26T10:00:00Z");
  assert.equal(paid.querySelector("time").textContent, "10:00");
  assert.equal(show(main, { steps }), false);
});

test("a row that was hidden comes out when it happens", () => {
  const main = root(STEPS);
  show(main, { steps: [{ key: "cancelled", state: "now", label: "Cancelled" }] });
  assert.equal(main.querySelector('[data-key="cancelled"]').hidden, false);
});

const SCANS = `<ol data-list="scans">
  <template><li><b data-text="label"></b> <i data-text="place"></i></li></template>
  <li><b data-text="label">Picked up</b> <i data-text="place">Kiel</i></li>
</ol>`;

test("a list has the rows of the state, made from its template", () => {
  const main = root(SCANS);
  const scans = [
    { label: "In the depot", place: "Hamburg" },
    { label: "Picked up", place: "<b>Kiel</b>" },
  ];
  assert.equal(show(main, { scans }), true);
  const rows = [...main.querySelectorAll("li")].map((row) => row.textContent);
  assert.deepEqual(rows, ["In the depot Hamburg", "Picked up <b>Kiel</b>"]);
  assert.equal(show(main, { scans }), false);
  show(main, {});
  assert.equal(main.querySelectorAll("li").length, 0);
  show(main, { scans });
  assert.equal(main.querySelectorAll("li").length, 2, "the template is still there");
});

test("a list without a template is left alone", () => {
  const main = root('<ol data-list="scans"><li>1</li></ol>');
  assert.equal(show(main, { scans: [] }), false);
  assert.equal(main.textContent, "1");
});

test("texts of rows belong to the rows, not to the state around them", () => {
  const main = root(`<h1 data-text="label"></h1>${STEPS}${SCANS}`);
  show(main, { label: "Paid", scans: [{ label: "Picked up", place: "Kiel" }] });
  assert.equal(main.querySelector('[data-key="placed"] b').textContent, "Placed");
  assert.equal(main.querySelector("[data-list] b").textContent, "Picked up");
});

test("a title is made from its pattern", () => {
  assert.equal(title("{label} · A – Shop", { label: "Paid" }), "Paid · A – Shop");
  assert.equal(title("{label} {nothing}", { label: "$&" }), "$& ");
});

const PARCELS = `<ul data-list="parcels"><template><li><b data-text="title"></b><i data-show="link"><a
  data-href="link">x</a></i><ol data-list="scans"><template><li><s data-text="label"></s></li></template></ol>
  </li></template>
  <li><b data-text="title">Old</b><ol data-list="scans"><template><li><s data-text="label"></s></li></template>
  <li><s data-text="label">Old scan</s></li></ol></li></ul>`;

test("rows have lists of their own, filled from the row and not from the state", () => {
  const main = root(PARCELS);
  const parcels = [
    { title: "One", link: "https://wren.example/1", scans: [{ label: "a" }, { label: "b" }] },
    { title: "Two", link: "", scans: [] },
  ];
  assert.equal(show(main, { parcels, scans: [{ label: "not this" }] }), true);
  const [one, two] = main.querySelectorAll("ul > li");
  assert.deepEqual(
    [...one.querySelectorAll("ol > li")].map((li) => li.textContent),
    ["a", "b"],
  );
  assert.equal(two.querySelectorAll("ol > li").length, 0);
  assert.deepEqual([one.querySelector("i").hidden, two.querySelector("i").hidden], [false, true]);
  assert.equal(show(main, { parcels }), false);
});

test("a list without rows is nothing to show", () => {
  const list = '<ul data-list="papers"><template><li></li></template></ul>';
  const main = root(`<section data-show="papers">${list}</section>`);
  show(main, { papers: [] });
  assert.equal(main.querySelector("section").hidden, true);
});

test("a picture of a row in a row gets its address", () => {
  const main = root(`<ul data-list="parcels"><template><li><ul data-list="photos" data-show="photos"><template><li>
    <a data-href="address"><img data-src="address"><s data-text="label"></s></a></li></template></ul></li></template>
    </ul>`);
  assert.equal(
    show(main, { parcels: [{ photos: [{ label: "Door", address: "/photos/1.webp" }] }, { photos: [] }] }),
    true,
  );
  const [photo] = main.querySelectorAll("img");
  assert.equal(photo.getAttribute("src"), "/photos/1.webp");
  assert.equal(photo.parentElement.getAttribute("href"), "/photos/1.webp");
  assert.deepEqual(
    [...main.querySelectorAll("li > ul")].map((list) => list.hidden),
    [false, true],
  );
});
