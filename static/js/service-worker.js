// Order pages open without a network, with the state they last had. The network always comes first: what is kept is for when it fails.

const KEPT = "doorbell-1";
const PAGES = 30; // order pages that are kept; the oldest go
const PATIENCE_MS = 4000; // a network that says nothing for so long has failed

const isOrder = (url) => /^\/(orders\/[^/]+|track\/[^/]+)\/$/.test(url.pathname) || url.pathname === "/orders/";
const isStatic = (url) => url.pathname.startsWith("/static/");

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));

self.addEventListener("activate", (event) => {
  const old = async () => {
    for (const name of await caches.keys()) if (name.startsWith("doorbell-") && name !== KEPT) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(old());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (isStatic(url) || (event.request.mode === "navigate" && isOrder(url))) event.respondWith(networkFirst(event.request));
});

// A page has moved on since it was loaded: keep it as it is now.
self.addEventListener("message", (event) => {
  if (event.data?.keep && isOrder(new URL(event.data.keep))) event.waitUntil(keep(new Request(event.data.keep, { credentials: "same-origin" })).catch(() => {}));
  if (event.data?.forget) event.waitUntil(caches.delete(KEPT));
});

async function networkFirst(request) {
  const kept = () => caches.match(request, { ignoreVary: true });
  const late = new Promise((resolve) => setTimeout(async () => resolve(await kept()), PATIENCE_MS));
  try {
    const answer = keep(request);
    return (await Promise.race([answer, late])) ?? (await answer);
  } catch (problem) {
    const found = await kept();
    if (found) return found;
    throw problem;
  }
}

async function keep(request) {
  const answer = await fetch(request);
  // Not a redirect: what was signed out must not be kept under an order's address.
  if (answer.ok && !answer.redirected && answer.type === "basic") {
    const cache = await caches.open(KEPT);
    await cache.put(request.url, answer.clone());
    const pages = (await cache.keys()).filter(({ url }) => isOrder(new URL(url)));
    for (const old of pages.slice(0, Math.max(0, pages.length - PAGES))) await cache.delete(old);
  } else if (answer.status === 404 || answer.status === 403 || answer.redirected) {
    await (await caches.open(KEPT)).delete(request.url);
  }
  return answer;
}

// A push: the tab may be closed. The tag is the event's id, so that what an open page told already is not told again.
self.addEventListener("push", (event) => {
  const { title, body, tag, lang, url } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body, tag, lang, icon: "/static/brand/icon-192.png", data: { url } }));
});

// A click on a notification: to the page, if it is open somewhere, else open it.
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = event.notification.data?.url ?? "/orders/";
  const go = async () => {
    const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const there = windows.find((client) => client.url === new URL(url, location.origin).href);
    return there ? there.focus() : self.clients.openWindow(url);
  };
  event.waitUntil(go());
});
