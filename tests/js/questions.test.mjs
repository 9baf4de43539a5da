// The conversation about an order gets its new messages, and loses nothing of what somebody is writing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { start } from "../../static/js/pages/questions.js";
import { flushPromises } from "./support/clock.mjs";
import { answer, frame, network, page } from "./support/page.mjs";

const conversation = (...said) => `<section id="questions" data-stream="question:A">
  <ol id="messages">${said.map((text) => `<li>${text}</li>`).join("")}</ol><textarea></textarea></section>`;

function open(reply) {
  const { fetch, asked } = network(reply);
  const window = page(conversation("When?"), { fetch, url: "https://shop.example/orders/A/" });
  start(window);
  const root = window.document.querySelector("section");
  const shown = () => [...window.document.querySelectorAll("li")].map((row) => row.textContent);
  return { window, root, asked, shown };
}

test("a frame brings the new message, and what is half written stays", async () => {
  const { window, root, asked, shown } = open(() => answer(conversation("When?", "Tomorrow.")));
  window.document.querySelector("textarea").value = "And one thing";
  frame(window, root, { messages: 2 });
  await flushPromises(5);
  assert.deepEqual(shown(), ["When?", "Tomorrow."]);
  assert.equal(window.document.querySelector("textarea").value, "And one thing");
  assert.equal(asked.length, 1);
});

test("a frame of the order itself asks for nothing", async () => {
  const { window, root, asked } = open(() => answer(conversation()));
  frame(window, root, {}, { s: "order:A" });
  await flushPromises(5);
  assert.equal(asked.length, 0);
});

test("without an answer the page stays as it is", async () => {
  for (const reply of [() => answer("", 500), () => answer("<p>Please sign in</p>")]) {
    const { window, root, shown } = open(reply);
    frame(window, root, { messages: 2 });
    await flushPromises(5);
    assert.deepEqual(shown(), ["When?"]);
  }
});
