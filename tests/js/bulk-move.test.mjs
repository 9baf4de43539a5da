// The page of a bulk move: its bar moves by itself, and the result appears once it has ended.

import assert from "node:assert/strict";
import { test } from "node:test";

import { onFrame } from "../../static/js/admin/progress.js";
import { answer, network, page } from "./support/page.mjs";

const block = (refusals = "") => `<section data-stream="bulk_move:1" data-status="running">
  <h2 data-text="sentence">0 done</h2><progress max="4" value="0"></progress>
  <form data-show="running"><button>Stop</button></form>${refusals}</section>`;

function running() {
  const { fetch, asked } = network(() => answer(block('<details class="db-refusals">A-1 is Cancelled</details>')));
  const { document, ...window } = page(block(), { fetch, url: "https://shop.example/admin/orders/bulkmove/1/change/" });
  const root = document.querySelector("section");
  const take = onFrame(document.defaultView ?? window);
  const frame = (d) => take(root, { t: "st", s: "bulk_move:1", e: "e", n: 2, d });
  return { document, asked, frame };
}

test("a frame moves the bar and the sentence", async () => {
  const { document, asked, frame } = running();
  await frame({ status: "running", running: "1", sentence: "2 done, 2 to do", worked: "2", total: "4" });
  assert.equal(document.querySelector("progress").value, 2);
  assert.equal(document.querySelector("h2").textContent, "2 done, 2 to do");
  assert.equal(document.querySelector("form").hidden, false);
  assert.equal(asked.length, 0);
});

test("once it has ended the reasons are fetched, once", async () => {
  const { document, asked, frame } = running();
  const ended = { status: "done", running: "", sentence: "3 done, 1 not", worked: "4", total: "4" };
  await frame(ended);
  await frame(ended);
  assert.equal(document.querySelector(".db-refusals").textContent, "A-1 is Cancelled");
  assert.equal(document.querySelector("form").hidden, true);
  assert.equal(asked.length, 1);
});
