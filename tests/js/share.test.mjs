// **Share** opens the browser's menu, or copies the address.

import assert from "node:assert/strict";
import { test } from "node:test";

import { start as share } from "../../static/js/pages/share.js";
import { flushPromises } from "./support/clock.mjs";
import { fire, page } from "./support/page.mjs";

async function pressed(navigator, own = "") {
  const window = page(`<button data-share="${own}" data-copied="Copied." hidden></button><p data-share-words></p>`, {
    url: "https://shop.example/products/mug/?variant=CLAY",
    navigator,
  });
  share(window);
  const button = window.document.querySelector("button");
  fire(button, "click");
  await flushPromises();
  return { hidden: button.hidden, words: window.document.querySelector("p").textContent };
}

test("the browser's own menu gets the address with the variant", async () => {
  const shared = [];
  const { hidden, words } = await pressed({ share: async ({ url }) => shared.push(url) });
  assert.deepEqual([shared, hidden, words], [["https://shop.example/products/mug/?variant=CLAY"], false, ""]);
});

test("a button may have an address of its own", async () => {
  const shared = [];
  const own = "https://shop.example/wishes/of/secret/";
  await pressed({ share: async ({ url }) => shared.push(url) }, own);
  assert.deepEqual(shared, [own]);
});

test("without a menu the address is copied, and that is said", async () => {
  const copied = [];
  const { words } = await pressed({ clipboard: { writeText: async (text) => copied.push(text) } });
  assert.deepEqual([copied, words], [["https://shop.example/products/mug/?variant=CLAY"], "Copied."]);
});

test("a menu that is closed and a copy that is refused promise nothing", async () => {
  const refuse = () => Promise.reject(new Error("no"));
  assert.equal((await pressed({ share: refuse })).words, "");
  assert.equal((await pressed({ clipboard: { writeText: refuse } })).words, "");
});

test("a browser that can do neither is offered neither", async () => {
  assert.equal((await pressed({})).hidden, true);
});
