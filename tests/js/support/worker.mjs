import { readFileSync } from "node:fs";
import vm from "node:vm";

import { Caches } from "./caches.mjs";
import { Clock, flushPromises } from "./clock.mjs";

const FILE = new URL("../../../static/js/worker/service-worker.js", import.meta.url);
const script = new vm.Script(readFileSync(FILE, "utf8"), { filename: FILE.href });

/** An answer of the shop, as a service worker sees it. */
export class Answer {
  constructor(text = "", { status = 200, type = "basic", redirected = false, session = "one" } = {}) {
    const mark = session === null ? "" : `<meta name="session" content="${session}">`;
    Object.assign(this, {
      content: mark + text,
      said: text,
      status,
      type,
      redirected,
      ok: status >= 200 && status < 300,
    });
  }
  clone() {
    return Object.assign(Object.create(Answer.prototype), this);
  }
  async text() {
    return this.content;
  }
  async json() {
    return JSON.parse(this.said);
  }
}

/** What the browser makes of a redirect while it goes to a page: the worker learns only that there is one. */
export const redirect = () => new Answer("", { status: 0, type: "opaqueredirect", session: null });

/**
 * The service worker in a browser of its own. `network(url, options)` answers or throws; `windows` are the pages that
 * are open; `pushManager` is the browser's.
 */
export function serviceWorker({ network = () => new Answer(), windows = [], pushManager } = {}) {
  const listeners = new Map();
  const clock = new Clock(5);
  const seen = { shown: [], opened: [], focused: [], asked: [], claimed: false };
  const fetch = async (request, options) => {
    const url = new URL(request.url ?? request, "https://shop.example").href;
    seen.asked.push([options?.method ?? "GET", url, options]);
    return network(url, options);
  };
  const caches = new Caches(async (url) => network(new URL(url, "https://shop.example").href));
  const self = {
    addEventListener: (name, listener) => listeners.set(name, listener),
    skipWaiting: async () => {},
    clients: {
      claim: async () => (seen.claimed = true),
      matchAll: async () => windows.map((url) => ({ url, focus: async () => seen.focused.push(url) })),
      openWindow: async (url) => seen.opened.push(url),
    },
    registration: {
      showNotification: async (title, options) => seen.shown.push([title, { ...options, data: { ...options.data } }]),
      getNotifications: async ({ tag }) => {
        const last = seen.shown.findLast(([, options]) => options.tag === tag);
        return last && !seen.dismissed ? [{ title: last[0], ...last[1] }] : [];
      },
      pushManager,
    },
  };
  const location = new URL("https://shop.example/service-worker.js?files=/static/");
  const { setTimeout } = clock;
  script.runInContext(vm.createContext({ self, caches, fetch, location, setTimeout, URL, Request, Response }));

  /** An event; returns what was answered, if anything, once all that the worker does for it is done. */
  const fire = async (name, event = {}) => {
    const work = [];
    let answered;
    listeners.get(name)({
      waitUntil: (promise) => work.push(promise),
      respondWith: (promise) => (answered = promise),
      ...event,
    });
    answered?.catch(() => {}); // whoever looks at it sees the problem
    await flushPromises(20);
    if (!event.patient) await Promise.all(work);
    return answered;
  };
  const load = (url, { method = "GET", mode = "navigate", ...options } = {}) =>
    fire("fetch", { request: { url: new URL(url, "https://shop.example").href, method, mode }, ...options });
  const message = (data) => fire("message", { data });
  /** The addresses of the pages that are kept. */
  const kept = async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith("doorbell-pages-"));
    const pages = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return pages.flat().map(({ url }) => new URL(url).pathname + new URL(url).search);
  };
  return { fire, load, message, kept, caches, clock, ...seen, seen };
}
