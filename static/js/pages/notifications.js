// The button "Tell me when it moves" of an order. While the order's page is open, the page itself shows the
// notifications. When it is closed, the shop sends them by Web Push, if the browser has a push service.

/** @import {StateFrame} from "../live/types.js" */

import { AskedOrders } from "./asked.js";

/** @param {Window & typeof globalThis} page */
export async function start(page) {
  const { document, location, Notification } = page;
  /** @type {HTMLElement | null} */
  const button = document.querySelector("[data-notify]");
  const worker = page.navigator.serviceWorker;
  if (!button || !Notification || !worker || Notification.permission === "denied") return;
  const { pushUrl: url = "", pushKey: key = "" } = button.dataset;
  const asked = new AskedOrders(page.caches);
  let wanted = false;

  const show = () => {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(wanted));
  };

  // Tell the shop what this browser wants. If the shop refuses for good, the button does not stay on.
  const tell = async () => {
    const told = await (wanted ? subscribe(page, asked, { url, page: location.href, key }) : unsubscribe(page, url));
    if (told || !wanted) return;
    wanted = false;
    await asked.remove(url);
    show();
  };
  let telling = Promise.resolve(); // one request after the other, in the order of the clicks
  const later = () => {
    telling = telling.then(tell).catch(() => {}); // no push service: the open page notifies by itself
    return telling;
  };

  button.addEventListener("click", async () => {
    const allowed = wanted ? "granted" : await Notification.requestPermission();
    wanted = !wanted && allowed === "granted";
    if (allowed === "denied") {
      button.hidden = true;
      return;
    }
    show(); // the open page notifies from now on; the push service may take long to answer
    await (wanted ? asked.add({ url, page: location.href, key }) : asked.remove(url));
    await later();
  });

  document.addEventListener("doorbell:frame", ({ detail: { frame } }) => {
    const { permission } = Notification;
    if (shouldNotify({ frame, hidden: document.hidden, wanted, permission })) notify(page, frame);
  });

  try {
    wanted = (await asked.has(url)) && Notification.permission === "granted";
  } catch {
    return; // a browser that refuses storage cannot remember the choice
  }
  show();
  // The shop may have lost the subscription, or the browser may have made another: send it again.
  if (wanted) await later();
}

/**
 * Ask the shop to notify this browser also when the page is closed. False if the shop refuses.
 * @param {Window} page
 * @param {AskedOrders} asked
 * @param {import("./asked.js").Asked} order
 */
async function subscribe(page, asked, order) {
  const { pushManager } = await page.navigator.serviceWorker.ready;
  const { subscription, renewed } = await subscriptionFor(pushManager, order.key);
  const taken = await send(page, "POST", order.url, subscription);
  if (renewed) {
    // The old endpoint is dead for every order, so every order needs the new one.
    for (const other of await asked.all()) {
      if (other.url !== order.url) await send(page, "POST", other.url, subscription).catch(() => {});
    }
  }
  return taken;
}

/**
 * Ask the shop to stop notifying this browser.
 * @param {Window} page
 * @param {string} url
 */
async function unsubscribe(page, url) {
  const { pushManager } = await page.navigator.serviceWorker.ready;
  const subscription = await pushManager.getSubscription();
  return !subscription || send(page, "DELETE", url, subscription);
}

/**
 * The browser's subscription for the shop's key. A subscription for another key is dead: it is ended and replaced.
 * @param {PushManager} manager
 * @param {string} key
 */
export async function subscriptionFor(manager, key) {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const before = await manager.getSubscription();
  const subscription = await manager.subscribe(options).catch(async (problem) => {
    if (problem.name !== "InvalidStateError") throw problem;
    await before?.unsubscribe();
    return manager.subscribe(options);
  });
  return { subscription, renewed: subscription.endpoint !== before?.endpoint };
}

/**
 * Whether the shop accepted it. Throws if it gave no answer, or an error of its own.
 * @param {Window} page
 * @param {string} method
 * @param {string} url
 * @param {PushSubscription} subscription
 */
async function send(page, method, url, subscription) {
  /** @type {HTMLInputElement | null} */
  const token = page.document.querySelector("[name=csrfmiddlewaretoken]");
  const response = await page.fetch(url, {
    method,
    body: JSON.stringify(subscription),
    credentials: "same-origin",
    headers: { "X-CSRFToken": token?.value ?? "" },
  });
  if (response.status >= 500) throw new Error(`${url}: ${response.status}`);
  return response.ok;
}

/**
 * Whether to show a notification: only for a change, only if it is wanted, and only if the page is not visible.
 * @param {{frame: Pick<StateFrame, "t">, hidden: boolean, wanted: boolean, permission: NotificationPermission}} now
 */
export function shouldNotify({ frame, hidden, wanted, permission }) {
  return frame.t === "ev" && hidden && wanted && permission === "granted";
}

/**
 * @param {Window} page
 * @param {StateFrame} frame
 */
async function notify(page, frame) {
  const { document, location } = page;
  const registration = await page.navigator.serviceWorker.ready;
  const tag = frame.s;
  // The tag is the order, as in the worker: several tabs and the push make one notification, the newest.
  const [there] = await registration.getNotifications({ tag });
  if (there?.data?.n >= frame.n) return;
  const options = {
    body: frame.d.sentence,
    tag,
    renotify: true,
    icon: document.querySelector('link[rel="apple-touch-icon"]')?.getAttribute("href") ?? undefined,
    lang: document.documentElement.lang,
    data: { url: location.href, n: frame.n },
  };
  await registration.showNotification(`${frame.d.headline} · ${frame.d.ref}`, options);
}
