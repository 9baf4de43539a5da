// "Tell me when it moves": the button of each order, and what the shop is told.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AskedOrders } from "../../static/js/pages/asked.js";
import { shouldNotify, start, subscriptionFor } from "../../static/js/pages/notifications.js";
import { Caches } from "./support/caches.mjs";
import { flushPromises } from "./support/clock.mjs";
import { answer, frame, network, page } from "./support/page.mjs";

/** A browser's push service: one subscription, made for one key. */
class PushManager {
  constructor({ key = null, missing = false } = {}) {
    Object.assign(this, { key, missing, made: key ? 1 : 0 });
  }
  get current() {
    if (!this.key) return null;
    const endpoint = `https://push.example/${this.made}`;
    return { endpoint, toJSON: () => ({ endpoint }), unsubscribe: async () => (this.key = null) };
  }
  async getSubscription() {
    return this.current;
  }
  async subscribe({ applicationServerKey }) {
    if (this.missing) throw new DOMException("no push service", "AbortError");
    if (this.key && this.key !== applicationServerKey) throw new DOMException("another key", "InvalidStateError");
    if (!this.key) this.made += 1;
    this.key = applicationServerKey;
    return this.current;
  }
}

/** One browser: its permission, its push service and its storage outlive its pages. */
function browser({ permission = "granted", answers = permission, status = () => 204, ...push } = {}) {
  const caches = new Caches();
  const pushManager = new PushManager(push);
  const shown = [];
  const there = new Map();
  const registration = {
    pushManager,
    showNotification: async (title, options) => {
      shown.push([title, options.tag]);
      there.set(options.tag, { title, ...options });
    },
    getNotifications: async ({ tag }) => [there.get(tag)].filter(Boolean),
  };
  const Notification = { permission, requestPermission: async () => (Notification.permission = answers) };
  const { fetch, asked } = network((url, { method }) => answer("", status(url, method)));
  const told = () => asked.map(([method, url, { body }]) => [method, url, JSON.parse(body).endpoint.at(-1)]);
  const visit = async (ref, { key = "vapid", ...extra } = {}) => {
    const window = page(
      `<input name="csrfmiddlewaretoken" value="t0ken"><article data-stream="order:${ref}">
       <button data-notify data-push-key="${key}" data-push-url="/orders/${ref}/push/" aria-pressed="false" hidden>
       </button></article>`,
      {
        url: `https://shop.example/orders/${ref}/`,
        navigator: { serviceWorker: { ready: Promise.resolve(registration) } },
        Notification,
        caches,
        fetch,
        ...extra,
      },
    );
    await start(window);
    const button = window.document.querySelector("button");
    const press = async () => {
      button.click();
      await flushPromises(20);
    };
    const state = () => (button.hidden ? "hidden" : button.getAttribute("aria-pressed") === "true" ? "on" : "off");
    const root = window.document.querySelector("article");
    const move = async (t = "ev") => {
      frame(window, root, { headline: "Paid", ref, sentence: "" }, { t, id: "event" });
      await flushPromises(10);
    };
    return { window, press, state, move, button };
  };
  return { visit, told, asked, shown, caches, pushManager, Notification };
}

test("the button is of one order: another order's is off, and pressing that one changes neither", async () => {
  const b = browser();
  const a = await b.visit("A");
  await a.press();
  assert.equal(a.state(), "on");
  const other = await b.visit("B");
  assert.equal(other.state(), "off");
  await other.press();
  await other.press();
  assert.equal(other.state(), "off");
  assert.equal((await b.visit("A")).state(), "on");
  assert.deepEqual(b.told(), [
    ["POST", "/orders/A/push/", "1"],
    ["POST", "/orders/B/push/", "1"],
    ["DELETE", "/orders/B/push/", "1"],
    ["POST", "/orders/A/push/", "1"],
  ]);
});

test("the shop is told with the page's token", async () => {
  const b = browser();
  await (await b.visit("A")).press();
  assert.equal(b.asked[0][2].headers["X-CSRFToken"], "t0ken");
});

test("a page that is opened again tells the shop again: it may have lost it", async () => {
  const b = browser();
  await (await b.visit("A")).press();
  b.asked.length = 0;
  await b.visit("A");
  assert.deepEqual(b.told(), [["POST", "/orders/A/push/", "1"]]);
});

test("after a new key the old subscription is given up, and every order gets the new one", async () => {
  const b = browser();
  await (await b.visit("A", { key: "old" })).press();
  await (await b.visit("B", { key: "old" })).press();
  b.asked.length = 0;
  await b.visit("B", { key: "new" });
  assert.equal(b.pushManager.key, "new");
  assert.deepEqual(b.told(), [
    ["POST", "/orders/B/push/", "2"],
    ["POST", "/orders/A/push/", "2"],
  ]);
});

test("a subscription that the browser has lost is made anew for every order", async () => {
  const b = browser();
  await (await b.visit("A")).press();
  await (await b.visit("B")).press();
  b.asked.length = 0;
  b.pushManager.key = null;
  await b.visit("A");
  assert.deepEqual(b.told(), [
    ["POST", "/orders/A/push/", "2"],
    ["POST", "/orders/B/push/", "2"],
  ]);
});

test("another failure of the push service is not taken for a new key", async () => {
  const manager = new PushManager({ missing: true });
  await assert.rejects(subscriptionFor(manager, "vapid"), { name: "AbortError" });
});

test("what the shop refuses is not shown as if it were on", async () => {
  const b = browser({ status: () => 404 });
  const a = await b.visit("A");
  await a.press();
  assert.equal(a.state(), "off");
  assert.equal((await b.visit("A")).state(), "off");
});

for (const [what, options] of [
  ["without a push service", { missing: true }],
  ["while the shop is broken", { status: () => 500 }],
]) {
  test(`${what} the button stays on: the open page notifies by itself`, async () => {
    const b = browser(options);
    const a = await b.visit("A");
    await a.press();
    assert.equal(a.state(), "on");
    Object.defineProperty(a.window.document, "hidden", { value: true });
    await a.move();
    assert.deepEqual(b.shown, [["Paid · A", "order:A"]]);
    await a.move();
    assert.equal(b.shown.length, 1, "another tab, or the push, has shown it already");
  });
}

test("only of a change, only when asked for, only to somebody who does not look", async () => {
  const now = { frame: { t: "ev" }, hidden: true, wanted: true, permission: "granted" };
  assert.equal(shouldNotify(now), true);
  const others = [{ frame: { t: "snap" } }, { hidden: false }, { wanted: false }, { permission: "default" }];
  for (const other of others) assert.equal(shouldNotify({ ...now, ...other }), false, JSON.stringify(other));
  const b = browser();
  const a = await b.visit("A");
  await a.press();
  await a.move();
  assert.deepEqual(b.shown, [], "the page is looked at");
});

test("who says no is asked no more, and who only closes the question may be", async () => {
  const no = browser({ permission: "default", answers: "denied" });
  const page1 = await no.visit("A");
  assert.equal(page1.state(), "off");
  await page1.press();
  assert.equal(page1.state(), "hidden");
  assert.equal((await no.visit("A")).state(), "hidden");
  const later = browser({ permission: "default", answers: "default" });
  const page2 = await later.visit("A");
  await page2.press();
  assert.equal(page2.state(), "off");
  assert.deepEqual(later.told(), []);
});

test("a permission that was taken back is not shown as on", async () => {
  const b = browser();
  await (await b.visit("A")).press();
  b.Notification.permission = "default";
  assert.equal((await b.visit("A")).state(), "off");
});

test("pressed twice in a row it ends as it was, for the shop too", async () => {
  const b = browser();
  const a = await b.visit("A");
  a.button.click();
  await flushPromises(2);
  a.button.click();
  await flushPromises(30);
  assert.equal(a.state(), "off");
  assert.equal(b.told().at(-1)?.[0] ?? "nothing", "DELETE");
});

test("where there is nothing to unsubscribe, or no way to notify, the shop hears nothing", async () => {
  const b = browser();
  const a = await b.visit("A");
  await a.press();
  b.pushManager.key = null;
  await a.press();
  assert.deepEqual(
    b.told().map(([method]) => method),
    ["POST"],
  );
  for (const lacking of [{ Notification: undefined }, { navigator: {} }]) {
    assert.equal((await b.visit("A", lacking)).state(), "hidden");
  }
  const blocked = { open: () => Promise.reject(new DOMException("no", "SecurityError")) };
  assert.equal((await b.visit("A", { caches: blocked })).state(), "hidden");
  await start(page("<p></p>"));
});

test("the orders that were asked about are kept until they are not wanted", async () => {
  const asked = new AskedOrders(new Caches());
  const order = { url: "/orders/A/push/", page: "https://shop.example/orders/A/", key: "vapid" };
  await asked.add(order);
  assert.deepEqual([await asked.has(order.url), await asked.has("/orders/B/push/")], [true, false]);
  assert.deepEqual(await asked.all(), [order]);
  await asked.remove(order.url);
  assert.deepEqual(await asked.all(), []);
});
