// Order pages without a network, and what must not be kept.

import assert from "node:assert/strict";
import { test } from "node:test";

import { flushPromises } from "./support/clock.mjs";
import { Answer, redirect, serviceWorker } from "./support/worker.mjs";

const gone = () => {
  throw new TypeError("no network");
};

/** A shop whose pages can be changed, and that can go away. */
function shop(pages = {}) {
  const at = { "/orders/": "list", "/orders/A/": "paid", "/track/token/": "guest", ...pages };
  const answer = (url) => {
    const { pathname, search } = new URL(url);
    const page = at[pathname + search] ?? at[pathname] ?? new Answer("not here", { status: 404 });
    if (page === gone) return gone();
    return typeof page === "string" ? new Answer(page) : page.clone();
  };
  return { at, answer };
}

/** A worker that has kept the list, one order and a guest's order. */
async function filled(options = {}) {
  const { at, answer } = shop();
  const w = serviceWorker({ network: (url, request) => answer(url, request), ...options });
  for (const url of ["/orders/", "/orders/A/", "/track/token/"]) await w.load(url);
  assert.deepEqual(await w.kept(), ["/orders/", "/orders/A/", "/track/token/"]);
  return { ...w, at };
}

test("an order's page opens without a network, with the state it last had", async () => {
  const w = await filled();
  w.at["/orders/A/"] = gone;
  assert.equal((await await w.load("/orders/A/")).said, "paid");
});

test("where nothing is kept the page without a network says so, at every address", async () => {
  const w = serviceWorker({ network: (url) => (url.includes("/static/") ? new Answer(url) : gone()) });
  await w.fire("install");
  for (const url of ["/orders/A/", "/", "/products/mug/", "/admin/"]) {
    assert.equal((await await w.load(url)).said, "https://shop.example/static/offline.html");
  }
});

test("a browser that could not fetch that page shows its own", async () => {
  const w = serviceWorker({ network: gone });
  await w.fire("install");
  await assert.rejects(async () => w.load("/orders/A/").then((answered) => answered), /no network/);
});

test("other pages than orders are always the network's, and are not kept", async () => {
  const w = serviceWorker({ network: () => new Answer("fresh") });
  assert.equal((await await w.load("/products/mug/")).said, "fresh");
  assert.deepEqual(await w.kept(), []);
});

test("the network comes first", async () => {
  const w = await filled();
  w.at["/orders/A/"] = "shipped";
  assert.equal((await w.load("/orders/A/")).said, "shipped");
  w.at["/orders/A/"] = gone;
  assert.equal((await w.load("/orders/A/")).said, "shipped");
});

test("a network that says nothing for four seconds has failed, where something is kept", async () => {
  const w = await filled();
  w.at["/orders/A/"] = { clone: () => new Promise(() => {}) };
  let answered;
  w.load("/orders/A/", { patient: true }).then((page) => (answered = page));
  await w.clock.pass(3900);
  assert.equal(answered, undefined);
  await w.clock.pass(200);
  await flushPromises(20);
  assert.equal(answered.said, "paid");
});

test("a slow network is waited for where nothing is kept", async () => {
  let arrive;
  const w = serviceWorker({ network: () => new Promise((resolve) => (arrive = resolve)) });
  let answered;
  w.load("/orders/A/", { patient: true }).then((page) => (answered = page));
  await w.clock.pass(10_000);
  assert.equal(answered, undefined);
  arrive(new Answer("late"));
  await flushPromises(20);
  assert.equal(answered.said, "late");
});

for (const [what, url, options] of [
  ["what is not a page that is gone to", "/orders/A/", { mode: "cors" }],
  ["what is sent", "/orders/A/", { method: "POST" }],
  ["other hosts", "https://elsewhere.example/orders/A/", {}],
]) {
  test(`${what} are left to the browser`, async () => {
    const w = serviceWorker();
    assert.equal(await w.load(url, options), undefined);
    assert.deepEqual(w.asked, []);
  });
}

test("the files that a page needs are kept with it", async () => {
  const files = { "/static/css/base.css": "body {}" };
  const { at, answer } = shop(files);
  const w = serviceWorker({ network: answer });
  await w.load("/static/css/base.css", { mode: "no-cors" });
  at["/static/css/base.css"] = gone;
  assert.equal((await w.load("/static/css/base.css", { mode: "no-cors" })).said, "body {}");
  assert.deepEqual(await w.kept(), []);
});

// -- What must not be kept ------------------------------------------------------------------------

for (const door of [
  "/accounts/logout/",
  "/admin/logout/",
  "/accounts/login/",
  "/admin/login/?next=/admin/",
  "/accounts/signup/",
  "/accounts/login/code/confirm/",
]) {
  test(`who posts to ${door} leaves nothing for the next, and is not held up`, async () => {
    const w = await filled();
    assert.equal(await w.load(door, { method: "POST" }), undefined);
    assert.deepEqual(await w.kept(), []);
    w.at["/orders/"] = gone;
    await assert.rejects(async () => w.load("/orders/").then((answered) => answered));
  });
}

test("looking at the sign-in page, or posting elsewhere, forgets nothing", async () => {
  const w = await filled();
  await w.load("/accounts/login/");
  await w.load("/cart/add/", { method: "POST" });
  await w.load("https://elsewhere.example/login/", { method: "POST" });
  assert.equal((await w.kept()).length, 3);
});

test("a page that leads to the sign-in says that the session has ended: all is forgotten", async () => {
  const w = await filled();
  w.at["/orders/"] = redirect();
  assert.equal((await w.load("/orders/")).type, "opaqueredirect");
  assert.deepEqual(await w.kept(), []);
});

test("so does a page that is kept anew and was redirected", async () => {
  const w = await filled();
  w.at["/orders/A/"] = new Answer("Sign in", { redirected: true });
  await w.message({ keep: "https://shop.example/orders/A/" });
  assert.deepEqual(await w.kept(), []);
});

for (const status of [403, 404, 410]) {
  test(`a page that is refused with ${status} is kept no longer`, async () => {
    const w = await filled();
    w.at["/orders/A/"] = new Answer("no", { status });
    assert.equal((await w.load("/orders/A/")).status, status);
    assert.deepEqual(await w.kept(), ["/orders/", "/track/token/"]);
  });
}

test("a shop that is broken for a moment costs no page", async () => {
  const w = await filled();
  w.at["/orders/A/"] = new Answer("broken", { status: 500 });
  assert.equal((await w.load("/orders/A/")).status, 500);
  w.at["/orders/A/"] = gone;
  assert.equal((await w.load("/orders/A/")).said, "paid");
});

test("a page of another session forgets what the one before kept", async () => {
  const w = await filled();
  w.at["/orders/B/"] = new Answer("theirs", { session: "two" });
  await w.load("/orders/B/");
  assert.deepEqual(await w.kept(), ["/orders/B/"]);
});

test("any page of another session says so, and the same session's changes nothing", async () => {
  const w = await filled();
  await w.message({ session: "one" });
  assert.equal((await w.kept()).length, 3);
  await w.message({ session: "two" });
  assert.deepEqual(await w.kept(), []);
});

test("a page without a session forgets what a session kept", async () => {
  const w = await filled();
  await w.message({ session: "" });
  assert.deepEqual(await w.kept(), []);
});

test("a page that does not say whose it is is not kept", async () => {
  const w = serviceWorker({ network: () => new Answer("whose?", { session: null }) });
  await w.load("/orders/A/");
  assert.deepEqual(await w.kept(), []);
});

test("an answer that was on its way when somebody signed out is not kept", async () => {
  let arrive;
  const w = serviceWorker({ network: () => new Promise((resolve) => (arrive = resolve)) });
  w.load("/orders/", { patient: true });
  await flushPromises(20);
  await w.load("/accounts/logout/", { method: "POST" });
  arrive(new Answer("list"));
  await flushPromises(20);
  assert.deepEqual(await w.kept(), []);
});

test("thirty pages are kept, and the oldest go", async () => {
  const w = serviceWorker({ network: (url) => new Answer(url) });
  for (let n = 0; n < 32; n += 1) await w.load(`/orders/${n}/`);
  await w.load("/orders/2/"); // looked at again: now the newest
  await w.load("/orders/32/");
  const kept = await w.kept();
  assert.equal(kept.length, 30);
  assert.deepEqual([kept[0], kept.at(-2), kept.at(-1)], ["/orders/4/", "/orders/2/", "/orders/32/"]);
});

test("a page that has moved on is kept as it is now", async () => {
  const w = await filled();
  w.at["/orders/A/"] = "shipped";
  await w.message({ keep: "https://shop.example/orders/A/" });
  w.at["/orders/A/"] = gone;
  assert.equal((await w.load("/orders/A/")).said, "shipped");
});

test("no other page is kept because a page asks for it, and no network is no problem", async () => {
  const w = serviceWorker({ network: gone });
  await w.message({ keep: "https://shop.example/checkout/" });
  assert.deepEqual(w.asked, []);
  await w.message({ keep: "https://shop.example/orders/A/" });
  await w.message({});
  await w.message(null);
});

test("a new version takes over, and the caches of older ones go", async () => {
  const w = await filled();
  for (const name of ["doorbell-1", "doorbell-asked", "somebody-elses"]) await w.caches.open(name);
  await w.fire("install");
  await w.fire("activate");
  assert.equal(w.seen.claimed, true);
  assert.deepEqual((await w.caches.keys()).sort(), [
    "doorbell-asked",
    "doorbell-files",
    "doorbell-pages-one",
    "somebody-elses",
  ]);
});

// -- Push -----------------------------------------------------------------------------------------

const push = (title, n, tag = "order:A") => {
  const json = () => ({ title, body: `${title}.`, tag, n, lang: "en", url: "/orders/A/" });
  return { data: { json } };
};

test("a push is shown as a notification", async () => {
  const w = serviceWorker();
  await w.fire("push", push("Shipped", 4));
  const data = { url: "/orders/A/", n: 4 };
  const icon = "/static/brand/icon-192.png";
  const shown = { body: "Shipped.", tag: "order:A", lang: "en", icon, renotify: true, data };
  assert.deepEqual(w.shown, [["Shipped", shown]]);
});

test("an order has one notification, the newest, in whatever order the pushes come", async () => {
  const w = serviceWorker();
  for (const [title, n] of [
    ["Paid", 2],
    ["Shipped", 4],
    ["Preparing", 3],
  ]) {
    await w.fire("push", push(title, n));
  }
  assert.deepEqual(
    w.shown.map(([title, { tag, data, silent = false }]) => [title, tag, data.n, silent]),
    [
      ["Paid", "order:A", 2, false],
      ["Shipped", "order:A", 4, false],
      ["Shipped", "order:A", 4, true],
    ],
  );
  await w.fire("push", push("Paid", 1, "order:B"));
  assert.equal(w.shown.at(-1)[0], "Paid", "another order has its own");
});

test("a click on a notification leads to the page, where it is open already", async () => {
  const notification = { close: () => {}, data: { url: "/orders/A/" } };
  const open = serviceWorker({ windows: ["https://shop.example/", "https://shop.example/orders/A/"] });
  await open.fire("notificationclick", { notification });
  assert.deepEqual([open.focused, open.opened], [["https://shop.example/orders/A/"], []]);
  const closed = serviceWorker({ windows: ["https://shop.example/"] });
  await closed.fire("notificationclick", { notification });
  assert.deepEqual([closed.focused, closed.opened], [[], ["https://shop.example/orders/A/"]]);
});

/** A worker whose browser is told of two orders; the shop refuses the second. */
async function subscribed() {
  const ended = [];
  const pushManager = {
    subscribe: async (options) => ({
      endpoint: "new",
      toJSON: () => ({ endpoint: "new", key: options.applicationServerKey }),
    }),
    getSubscription: async () => ({ unsubscribe: async () => ended.push("ended") }),
  };
  const network = (url, options) => {
    if (options?.method === "POST") return new Answer("", { status: url.includes("/B/") ? 404 : 204 });
    return new Answer('<input type="hidden" name="csrfmiddlewaretoken" value="t0ken">');
  };
  const w = serviceWorker({ network, pushManager });
  const asked = await w.caches.open("doorbell-asked");
  for (const ref of ["A", "B"]) {
    const order = { url: `/orders/${ref}/push/`, page: `https://shop.example/orders/${ref}/`, key: "vapid" };
    await asked.put(order.url, new Response(JSON.stringify(order)));
  }
  return { ...w, ended };
}

test("when the browser takes the subscription back the shop gets the new one, for each order", async () => {
  const w = await subscribed();
  await w.fire("pushsubscriptionchange", {});
  const told = w.asked.filter(([method]) => method === "POST");
  assert.deepEqual(
    told.map(([, url, { body, headers }]) => [url, JSON.parse(body), headers["X-CSRFToken"]]),
    ["A", "B"].map((ref) => [`https://shop.example/orders/${ref}/push/`, { endpoint: "new", key: "vapid" }, "t0ken"]),
  );
  const left = await (await w.caches.open("doorbell-asked")).keys();
  assert.deepEqual(
    left.map(({ url }) => url),
    ["https://shop.example/orders/A/push/"],
    "an order that is not this browser's any more is asked about no more",
  );
});

test("a subscription that the browser has made already is the one the shop gets", async () => {
  const w = await subscribed();
  await w.fire("pushsubscriptionchange", { newSubscription: { endpoint: "given" } });
  const [, , { body }] = w.asked.find(([method]) => method === "POST");
  assert.deepEqual(JSON.parse(body), { endpoint: "given" });
});

test("who signs out is no longer told at this browser, and who signs in still is", async () => {
  const w = await subscribed();
  await w.load("/accounts/login/", { method: "POST" });
  assert.deepEqual([w.ended, await w.caches.keys()], [[], ["doorbell-asked"]]);
  await w.load("/accounts/logout/", { method: "POST" });
  assert.deepEqual([w.ended, await w.caches.keys()], [["ended"], []]);
});
