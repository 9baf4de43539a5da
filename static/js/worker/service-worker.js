// The service worker. It keeps order pages, so that they open without a network. It always asks the network first, and
// shows a kept page only when the network fails, or a page that says so where none is kept. It also shows the shop's
// pushes as notifications when no page is open.
//
// It is served as /service-worker.js?files=/static/. It is one classic script, because not every browser allows a
// service worker to import modules.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const FILES = "doorbell-files";
const PAGES = "doorbell-pages-"; // followed by the session's mark: a page is kept for one session only
const ASKED = "doorbell-asked"; // js/pages/asked.js has the same name

const MOST_PAGES = 30; // more order pages are not kept: the oldest are deleted
const PATIENCE_MS = 4000; // a network that gives no answer for this long counts as failed

const files = new URL(location.href).searchParams.get("files") ?? "/static/";
const icon = `${files}brand/icon-192.png`;
const OFFLINE = `${files}offline.html`;
const ITS_STYLES = `${files}css/shop.css`;

/** @param {URL} url */
const isOrder = (url) => /^\/(orders\/[^/]+|track\/[^/]+|orders)\/$/.test(url.pathname);
/** @param {URL} url */
const isFile = (url) => url.pathname.startsWith(files);
/** @param {URL} url */
const isSignInOrOut = (url) => /\/(log-?in|log-?out|sign-?in|sign-?out|sign-?up)\//.test(url.pathname);
/** @param {URL} url */
const isSignOut = (url) => /\/(log-?out|sign-?out)\//.test(url.pathname);

let forgettings = 0;

worker.addEventListener("install", (event) => {
  const prepare = async () => (await caches.open(FILES)).addAll([OFFLINE, ITS_STYLES]);
  event.waitUntil(Promise.all([worker.skipWaiting(), prepare().catch(() => {})]));
});

worker.addEventListener("activate", (event) => {
  const takeOver = async () => {
    const known = (/** @type {string} */ name) => name === FILES || name === ASKED || name.startsWith(PAGES);
    await drop((name) => name.startsWith("doorbell-") && !known(name));
    await worker.clients.claim();
  };
  event.waitUntil(takeOver());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && isSignInOrOut(url)) {
    // Somebody signs in or out. The next person at this browser must not see the last one's pages.
    event.waitUntil(Promise.all([forget(), isSignOut(url) ? stopPushes() : null]));
  } else if (request.method !== "GET") {
    return;
  } else if (isFile(url)) {
    event.respondWith(networkFirst(event, keepFile));
  } else if (request.mode === "navigate") {
    const answer = isOrder(url) ? networkFirst(event, keepPage) : fetch(request);
    event.respondWith(answer.catch(sayThatThereIsNoNetwork));
  }
});

worker.addEventListener("message", (event) => {
  const { keep, session } = event.data ?? {};
  // The page has changed since it was loaded: fetch it again and keep the new version.
  if (keep && isOrder(new URL(keep))) event.waitUntil(keepAgain(keep).catch(() => {}));
  if (typeof session === "string") event.waitUntil(drop((name) => isPages(name) && name !== PAGES + session));
});

/**
 * The network's answer; the kept one if the network fails.
 * @param {FetchEvent} event
 * @param {(request: Request, answer: Response, since: number) => Promise<void>} keep
 */
async function networkFirst(event, keep) {
  const { request } = event;
  const since = forgettings;
  const kept = () => caches.match(request, { ignoreVary: true });
  const late = new Promise((resolve) => setTimeout(async () => resolve(await kept()), PATIENCE_MS));
  try {
    const answer = fetch(request);
    const stored = answer.then((response) => keep(request, response.clone(), since));
    event.waitUntil(stored.catch(() => {}));
    return (await Promise.race([answer, late])) ?? (await answer);
  } catch (problem) {
    const found = await kept();
    if (found) return found;
    throw problem;
  }
}

/** @param {unknown} problem */
async function sayThatThereIsNoNetwork(problem) {
  const page = await caches.match(OFFLINE);
  if (!page) throw problem;
  return page;
}

/** @param {string} url */
async function keepAgain(url) {
  const since = forgettings;
  const request = new Request(url, { credentials: "same-origin", headers: { "X-Asked-By": "script" } });
  await keepPage(request, await fetch(request), since);
}

/**
 * @param {Request} request
 * @param {Response} answer
 */
async function keepFile(request, answer) {
  if (answer.ok && answer.type === "basic") await (await caches.open(FILES)).put(request.url, answer);
}

/**
 * @param {Request} request
 * @param {Response} answer
 * @param {number} since how often all was forgotten when the request was made
 */
async function keepPage(request, answer, since) {
  if (answer.redirected || answer.type === "opaqueredirect") {
    // The shop sends the browser to the sign-in page, because the session has ended. Its pages must not be shown again.
    await forget();
    return;
  }
  if (answer.status >= 400 && answer.status < 500) {
    for (const name of await pageCaches()) await (await caches.open(name)).delete(request.url);
    return;
  }
  if (!answer.ok || answer.type !== "basic") return;
  const session = /<meta name="session" content="(\w*)">/.exec(await answer.clone().text())?.[1];
  if (session === undefined || since !== forgettings) return;
  await drop((name) => isPages(name) && name !== PAGES + session);
  const cache = await caches.open(PAGES + session);
  await cache.delete(request.url); // the cache is in the order of `put`: this page becomes the newest
  await cache.put(request.url, answer);
  const pages = await cache.keys();
  for (const old of pages.slice(0, Math.max(0, pages.length - MOST_PAGES))) await cache.delete(old);
  if (since !== forgettings) await drop(isPages); // somebody signed in or out while the page was stored
}

/** @param {string} name */
function isPages(name) {
  return name.startsWith(PAGES);
}

async function pageCaches() {
  return (await caches.keys()).filter(isPages);
}

/** @param {(name: string) => boolean} which */
async function drop(which) {
  for (const name of await caches.keys()) if (which(name)) await caches.delete(name);
}

async function forget() {
  forgettings += 1; // an answer that is still on its way belongs to the last person, too
  await drop(isPages);
}

// -- Push -----------------------------------------------------------------------------------------

// The tag is the order: the newest notification takes the place of the one before. Pushes may come in another order
// than the events; then the newer one stays. (It is shown again, silently: browsers want one for each push.)
worker.addEventListener("push", (event) => {
  const { title, body, tag, n, lang, url } = event.data?.json() ?? {};
  const show = async () => {
    const [there] = await worker.registration.getNotifications({ tag });
    const options = { tag, lang, icon };
    if (there && there.data?.n >= n) {
      const again = { ...options, body: there.body, silent: true, data: there.data };
      await worker.registration.showNotification(there.title, again);
    } else {
      const news = { ...options, body, renotify: true, data: { url, n } };
      await worker.registration.showNotification(title, news);
    }
  };
  event.waitUntil(show());
});

// A click on a notification focuses the window that shows the page, or opens one.
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url ?? "/orders/", location.origin).href;
  const go = async () => {
    const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
    const there = windows.find((client) => client.url === url);
    await (there ? there.focus() : worker.clients.openWindow(url));
  };
  event.waitUntil(go());
});

// The browser has ended the subscription or made another one. Send the new one to the shop, for each order.
worker.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(/** @type {PushSubscriptionChangeEvent} */ (event).newSubscription));
});

/** @param {PushSubscription | null | undefined} given */
async function renew(given) {
  const cache = await caches.open(ASKED);
  for (const request of await cache.keys()) {
    const found = await cache.match(request);
    if (!found) continue;
    const { url, page, key } = await found.json();
    const options = { userVisibleOnly: true, applicationServerKey: key };
    const subscription = given ?? (await worker.registration.pushManager.subscribe(options));
    const token = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(await (await fetch(page)).text())?.[1];
    const headers = { "X-CSRFToken": token ?? "" };
    const told = await fetch(url, { method: "POST", body: JSON.stringify(subscription), headers });
    // The shop refuses: this session may no longer see the order.
    if (told.status >= 400 && told.status < 500) await cache.delete(request);
  }
}

// After a sign-out this browser shows no more notifications about that person's orders.
async function stopPushes() {
  await caches.delete(ASKED);
  await (await worker.registration.pushManager?.getSubscription())?.unsubscribe();
}
