// "Tell me when it moves": a button of each order. An open page of the order shows the notifications by itself. For a
// closed one the shop sends them by Web Push, where the browser has a push service.

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

  // Tell the shop what this browser wants. What it refuses for good is not shown as if it were on.
  const tell = async () => {
    const told = await (wanted ? subscribe(page, asked, { url, page: location.href, key }) : unsubscribe(page, url));
    if (told || !wanted) return;
    wanted = false;
    await asked.remove(url);
    show();
  };
  let telling = Promise.resolve(); // one after the other, as they were wanted
  const later = () => {
    telling = telling.then(tell).catch(() => {}); // no push service: an open page tells as long as it is open
    return telling;
  };

  button.addEventListener("click", async () => {
    const allowed = wanted ? "granted" : await Notification.requestPermission();
    wanted = !wanted && allowed === "granted";
    if (allowed === "denied") {
      button.hidden = true;
      return;
    }
    show(); // an open page tells from now on, however long the push service takes to answer
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
    return; // a browser that may store nothing cannot remember what it was asked for
  }
  show();
  // The shop may have lost the subscription, or the browser made another: say it again.
  if (wanted) await later();
}

/**
 * Have the shop tell this browser though the tab is closed. False when the shop refuses.
 * @param {Window} page
 * @param {AskedOrders} asked
 * @param {import("./asked.js").Asked} order
 */
async function subscribe(page, asked, order) {
  const { pushManager } = await page.navigator.serviceWorker.ready;
  const { subscription, renewed } = await subscriptionFor(pushManager, order.key);
  const taken = await send(page, "POST", order.url, subscription);
  if (renewed) {
    // The address of before is dead, for every order of which this browser is told.
    for (const other of await asked.all()) {
      if (other.url !== order.url) await send(page, "POST", other.url, subscription).catch(() => {});
    }
  }
  return taken;
}

/**
 * Have the shop no longer tell this browser.
 * @param {Window} page
 * @param {string} url
 */
async function unsubscribe(page, url) {
  const { pushManager } = await page.navigator.serviceWorker.ready;
  const subscription = await pushManager.getSubscription();
  return !subscription || send(page, "DELETE", url, subscription);
}

/**
 * The browser's subscription for the shop's key. One that was made for another key is given up: it is dead.
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
 * Whether the shop took it; throws when it did not answer, or not now.
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
 * Only of a change, only when asked for, and only to somebody who does not look.
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
  // The tag is the event's id: however many tabs and ways tell of it, it is one notification.
  await registration.showNotification(`${frame.d.label} · ${frame.d.ref}`, {
    body: frame.d.sentence,
    tag: frame.id,
    icon: document.querySelector('link[rel="apple-touch-icon"]')?.getAttribute("href") ?? undefined,
    lang: document.documentElement.lang,
    data: { url: location.href },
  });
}
