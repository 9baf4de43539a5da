// The product's page shows the variant that is chosen: its price, its picture, its address.

import assert from "node:assert/strict";
import { test } from "node:test";

import { start as gallery } from "../../static/js/pages/gallery.js";
import { start as product } from "../../static/js/pages/product.js";
import { fire, page } from "./support/page.mjs";

const picture = (n, variant) => `<li id="picture-${n}" data-variant="${variant}">
  <a href="/media/${n}.webp" data-zoom><img alt="Picture ${n}"></a></li>`;
const thumb = (n) => `<li><a href="#picture-${n}"><img alt=""></a></li>`;
const radio = (pk, sku, price, status, checked = "") => `<label data-stream="stock:${sku}" data-status="${status}">
  <input type="radio" name="variant" value="${pk}" ${checked}><span class="variant-price"> ${price} </span></label>`;

function opened(before = () => {}) {
  const window = page(
    `<div class="gallery"><ul class="pictures">${picture(1, "")}${picture(2, "8")}</ul>
      <ul class="thumbs">${thumb(1)}${thumb(2)}</ul>
      <dialog class="zoom"><div class="zoom-stage"></div>
        <button data-step="-1"></button><button data-step="1"></button></dialog></div>
    <form class="buy"><p data-price>€16.00</p>
      ${radio(7, "SAGE", "€16.00", "in", "checked")}
      ${radio(8, "CLAY", "€18.00", "in")}${radio(9, "INK", "€16.00", "out")}
      <button>Add to cart</button></form><p data-promise></p><p data-sold-out hidden></p>`,
    { url: "https://shop.example/products/mug/?x=1" },
  );
  const { document } = window;
  const strip = document.querySelector(".pictures");
  const scrolled = [];
  Object.defineProperty(strip, "clientWidth", { value: 400 });
  strip.scrollTo = ({ left }) => scrolled.push(left);
  document.querySelector("dialog").showModal = function () {
    this.open = true;
  };
  before(document);
  gallery(window);
  product(window);
  const choose = (place) => {
    const input = document.querySelectorAll("input")[place];
    input.checked = true;
    fire(input, "change");
  };
  const current = () => [...document.querySelectorAll(".thumbs a")].findIndex((a) => a.hasAttribute("aria-current"));
  return { window, document, scrolled, choose, current };
}

test("choosing a variant shows its price and picture, and the address names it", () => {
  const { window, document, scrolled, choose, current } = opened();
  choose(1);
  assert.equal(document.querySelector("[data-price]").textContent, "€18.00");
  assert.equal(window.location.href, "https://shop.example/products/mug/?x=1&variant=CLAY");
  assert.deepEqual([scrolled.at(-1), current()], [400, 1]);
  choose(0);
  assert.deepEqual([scrolled.at(-1), current()], [0, 0]);
});

test("a variant that was chosen before the script was there is shown, and named by the address", () => {
  const early = opened((document) => (document.querySelectorAll("input")[1].checked = true));
  assert.equal(early.document.querySelector("[data-price]").textContent, "€18.00");
  assert.equal(early.window.location.href, "https://shop.example/products/mug/?x=1&variant=CLAY");
  assert.equal(early.scrolled.at(-1), 400);
  const untouched = opened();
  assert.equal(untouched.window.location.href, "https://shop.example/products/mug/?x=1");
  assert.deepEqual(untouched.scrolled, []);
});

test("a variant without a picture shows the main one, and one that is sold out promises nothing", () => {
  const { document, scrolled, choose } = opened();
  choose(2);
  assert.equal(scrolled.at(-1), 0);
  assert.equal(document.querySelector("[data-promise]").hidden, true);
  assert.equal(document.querySelector("[data-sold-out]").hidden, false);
  choose(0);
  assert.equal(document.querySelector("[data-promise]").hidden, false);
});

test("a small picture leads to the large one of the strip", () => {
  const { document, scrolled, current } = opened();
  assert.equal(fire(document.querySelectorAll(".thumbs a")[1], "click"), false);
  assert.deepEqual([scrolled.at(-1), current()], [400, 1]);
});

test("where people write from right to left, the strip and the arrow keys go the other way", () => {
  const { document, scrolled } = opened();
  document.documentElement.dir = "rtl";
  fire(document.querySelectorAll(".thumbs a")[1], "click");
  assert.equal(scrolled.at(-1), -400);
  const strip = document.querySelector(".pictures");
  strip.scrollLeft = -400;
  fire(document.querySelectorAll(".thumbs a")[0], "click");
  fire(strip, "scrollend");
  assert.ok(document.querySelectorAll(".thumbs a")[1].hasAttribute("aria-current"));
  const dialog = document.querySelector("dialog");
  fire(document.querySelectorAll("[data-zoom]")[0], "click");
  fire(dialog, "keydown", { key: "ArrowLeft" });
  assert.equal(dialog.querySelector("img").getAttribute("src"), "/media/2.webp");
});

test("the large view goes round by arrow keys and buttons, and a click makes the picture larger", () => {
  const { document } = opened();
  const dialog = document.querySelector("dialog");
  const seen = () => dialog.querySelector("img").getAttribute("src");
  fire(document.querySelectorAll("[data-zoom]")[1], "click");
  assert.deepEqual([dialog.open, seen()], [true, "/media/2.webp"]);
  fire(dialog, "keydown", { key: "ArrowRight" });
  assert.equal(seen(), "/media/1.webp");
  fire(dialog, "keydown", { key: "ArrowLeft" });
  assert.equal(seen(), "/media/2.webp");
  fire(dialog.querySelector("img"), "click");
  assert.ok(dialog.querySelector("[data-larger]"));
  fire(dialog.querySelector("[data-step='1']"), "click");
  assert.deepEqual([seen(), dialog.querySelector("[data-larger]")], ["/media/1.webp", null]);
});

test("a picture that is opened in a tab of its own stays a link", () => {
  const { document } = opened();
  document.addEventListener("click", (event) => event.preventDefault());
  fire(document.querySelector("[data-zoom]"), "click", { ctrlKey: true });
  assert.notEqual(document.querySelector("dialog").open, true);
});
