// The pages of orders: the question before a cancellation, the line that a new order shows.

import assert from "node:assert/strict";
import { test } from "node:test";

import { start as ask } from "../../static/js/pages/ask.js";
import { start as orders } from "../../static/js/pages/orders.js";
import { fire, frame, page } from "./support/page.mjs";

function order() {
  const window = page(`<article data-stream="order:A">
    <form id="cancel-form" data-ask="cancel"><button>Cancel order</button></form>
    <form id="pay"><button>Pay now</button></form>
    <dialog id="cancel" data-while="can_cancel"></dialog></article>`);
  const { document } = window;
  const dialog = document.querySelector("dialog");
  dialog.showModal = () => (dialog.open = true);
  dialog.close = () => (dialog.open = false);
  ask(window);
  const press = (id) => fire(document.querySelector(`#${id}`), "submit");
  return { window, document, dialog, press };
}

test("Cancel order asks, and sends nothing", () => {
  const { press, dialog } = order();
  assert.equal(press("cancel-form"), false);
  assert.equal(dialog.open, true);
});

test("other forms are sent as ever", () => {
  const { press, dialog } = order();
  assert.equal(press("pay"), true);
  assert.equal(dialog.open, false);
});

test("a browser without dialogs goes to the page that asks", () => {
  const { press, dialog } = order();
  delete dialog.showModal;
  Object.setPrototypeOf(dialog, Object.getPrototypeOf(Object.getPrototypeOf(dialog)));
  assert.equal(press("cancel-form"), true);
});

test("the question closes when the order has moved on, and not before", () => {
  const { window, document, press, dialog } = order();
  press("cancel-form");
  const root = document.querySelector("article");
  frame(window, root, { can_cancel: true });
  assert.equal(dialog.open, true);
  frame(window, root, { can_cancel: false });
  assert.equal(dialog.open, false);
});

function list(url = "https://shop.example/orders/") {
  const window = page(
    `<div data-stream="orders"><p data-new-orders hidden>There is a new order.</p></div>
     <li data-stream="order:A"></li>`,
    { url },
  );
  orders(window);
  const root = window.document.querySelector('[data-stream="orders"]');
  const come = (...refs) => frame(window, root, { orders: refs.map((ref) => ({ ref })) });
  return { window, come, newOrders: window.document.querySelector("[data-new-orders]") };
}

test("the list says that there is an order that it does not show", () => {
  const { come, newOrders } = list();
  come("A");
  assert.equal(newOrders.hidden, true);
  come("B", "A");
  assert.equal(newOrders.hidden, false);
});

test("an older page of the list shows no newer orders anyway", () => {
  const { come, newOrders } = list("https://shop.example/orders/?page=2");
  come("B", "A");
  assert.equal(newOrders.hidden, true);
});

test("a row that moves is no new order", () => {
  const { window, newOrders } = list();
  frame(window, window.document.querySelector("li"), {}, { s: "order:A" });
  assert.equal(newOrders.hidden, true);
});
