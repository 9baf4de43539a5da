// What the page tells its service worker.

import assert from "node:assert/strict";
import { test } from "node:test";

import { install } from "../../static/js/pages/install.js";
import { Clock, flushPromises } from "./support/clock.mjs";
import { frame, page } from "./support/page.mjs";

function installed({ head = '<meta name="session" content="mark">', register = async () => {} } = {}) {
  const registered = [];
  const said = [];
  const clock = new Clock(5);
  const serviceWorker = {
    ready: Promise.resolve({ active: { postMessage: (message) => said.push(message) } }),
    register: (url) => {
      registered.push(url);
      return register();
    },
  };
  const { setTimeout, clearTimeout } = clock;
  const window = page('<p data-stream="order:A"></p>', {
    head,
    url: "https://shop.example/orders/A/",
    navigator: { serviceWorker },
    setTimeout,
    clearTimeout,
  });
  install(window, "https://shop.example/files/js/pages/install.js");
  const move = () => frame(window, window.document.querySelector("p"), {});
  return { registered, said, clock, move };
}

test("the worker is registered with the place of the static files", () => {
  assert.deepEqual(installed().registered, ["/service-worker.js?files=%2Ffiles%2F"]);
});

test("it is told whose session the page is of", async () => {
  const { said } = installed();
  await flushPromises(5);
  assert.deepEqual(said, [{ session: "mark" }]);
});

test("also that there is none", async () => {
  const { said } = installed({ head: '<meta name="session" content="">' });
  await flushPromises(5);
  assert.deepEqual(said, [{ session: "" }]);
});

test("a page that does not say so says nothing", async () => {
  const { said } = installed({ head: "" });
  await flushPromises(5);
  assert.deepEqual(said, []);
});

test("a page that has moved is kept as it is a moment later, once for several changes", async () => {
  const { said, clock, move } = installed({ head: "" });
  move();
  await clock.pass(1000);
  move();
  await clock.pass(1400);
  assert.deepEqual(said, []);
  await clock.pass(200);
  assert.deepEqual(said, [{ keep: "https://shop.example/orders/A/" }]);
});

test("a browser that refuses the worker, or knows none, has the page all the same", async () => {
  installed({ register: () => Promise.reject(new DOMException("no", "SecurityError")) });
  install(page("<p></p>", { navigator: {} }));
  await flushPromises(5);
});
