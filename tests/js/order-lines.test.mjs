// The page of an order asks for its lines again once staff have changed them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { start } from "../../static/js/pages/order-lines.js";
import { answer, frame, network, page } from "./support/page.mjs";

const lines = (at, text) => `<article data-stream="order:A">
  <section data-changed-at="${at}"><p>${text}</p></section></article>`;
const later = () => new Promise((resolve) => setTimeout(resolve, 0));

function order(reply) {
  const { fetch, asked } = network(reply);
  const window = page(lines("", "1 × Mug, €10"), { fetch });
  start(window);
  const root = window.document.querySelector("article");
  const move = async (d) => {
    frame(window, root, d);
    await later();
    await later();
  };
  return { asked, move, text: () => root.textContent.trim() };
}

test("changed lines show with their sums, and are asked for once", async () => {
  const { asked, move, text } = order(() => answer(lines("12:00", "3 × Mug, €30")));
  await move({ changed_at: "12:00" });
  assert.equal(text(), "3 × Mug, €30");
  await move({ changed_at: "12:00" });
  assert.equal(asked.length, 1);
});

test("a frame of anything else asks for nothing", async () => {
  const { asked, move } = order(() => answer(""));
  await move({ label: "Paid", changed_at: "" });
  await move({ open: true });
  assert.equal(asked.length, 0);
});

test("without an answer the page stays, and the next frame asks again", async () => {
  let status = 502;
  const { move, text } = order(() => answer(lines("12:00", "3 × Mug, €30"), status));
  await move({ changed_at: "12:00" });
  assert.equal(text(), "1 × Mug, €10");
  status = 200;
  await move({ changed_at: "12:00" });
  assert.equal(text(), "3 × Mug, €30");
});
