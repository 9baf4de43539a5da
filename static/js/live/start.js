// Makes every [data-stream] of the page live.

/** @import {Connection, Env, StateFrame} from "./types.js" */

import { show, title } from "./bind.js";
import { LiveClient } from "./client.js";
import { SharedClient } from "./shared.js";

const UNSURE_MS = 2000; // for a shorter break the page does not say since when it is unsure

/**
 * What the live modules use of a browser's window.
 * @param {Window & typeof globalThis} page
 * @returns {Env}
 */
export function environment(page) {
  const { BroadcastChannel: Channel } = page;
  return {
    WebSocket: page.WebSocket,
    fetch: (...request) => page.fetch(...request),
    setTimeout: (...timer) => page.setTimeout(...timer),
    clearTimeout: (id) => page.clearTimeout(id),
    now: () => Date.now(),
    random: Math.random,
    abort: () => new AbortController(),
    locks: page.navigator.locks,
    channel: Channel && ((name) => new Channel(`doorbell ${name}`)),
  };
}

/**
 * Start one client for the page's streams. `onFrame(root, frame)` replaces the default, `showFrame`. After each frame
 * the document gets `doorbell:frame` with `{stream, frame, root}`. Returns the client; null where nothing is live.
 * @param {{
 *   page?: Window & typeof globalThis,
 *   env?: Env,
 *   onFrame?: (root: HTMLElement, frame: StateFrame, page: Window & typeof globalThis) => void,
 * }} [options]
 */
export function startLive({ page = window, env = environment(page), onFrame = showFrame } = {}) {
  const { document, location } = page;
  const ticket = meta(document, "live-ticket");
  const roots = collect(document);
  if (!ticket || !roots.size) return null;
  const client = new SharedClient({
    name: document.documentElement.lang, // tabs share by language: the frames have texts
    tab: Math.random().toString(36).slice(2),
    env,
    away: page.navigator.onLine === false,
    connect: (options) =>
      new LiveClient({
        url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live/`,
        base: "/live/",
        ticket,
        env,
        ...options,
      }),
    onFrame: (stream, frame) => {
      for (const root of collect(document).get(stream) ?? []) {
        root.dataset.version = String(frame.n);
        root.dataset.epoch = frame.e;
        onFrame(root, frame, page);
        document.dispatchEvent(new page.CustomEvent("doorbell:frame", { detail: { stream, frame, root } }));
      }
    },
    onState: stateShower(page),
  });
  for (const [stream, [root]] of roots) {
    const { epoch, version } = /** @type {HTMLElement} */ (root).dataset;
    client.watch(stream, epoch ?? null, version ? Number(version) : null);
  }
  page.addEventListener("online", () => client.online());
  page.addEventListener("offline", () => client.offline());
  page.addEventListener("pagehide", () => client.stop());
  page.addEventListener("pageshow", (event) => event.persisted && client.start());
  document.addEventListener("resume", () => client.retry()); // the browser had frozen the page
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && client.retry());
  client.start();
  return client;
}

/**
 * Puts the state of the connection on the page and, when it is not live for long, when the page was last sure.
 * @param {Window & typeof globalThis} page
 * @returns {(state: Connection, sureAt: number | null) => void}
 */
export function stateShower(page) {
  const { document } = page;
  /** @type {number | undefined} */
  let unsure;
  return (state, sureAt) => {
    for (const element of all(document, "[data-connection]")) {
      element.dataset.connection = state;
      element.textContent = element.dataset[state] ?? state;
    }
    page.clearTimeout(unsure);
    if (state === "live") {
      showSure(document, null);
      return;
    }
    const since = sureAt ?? meta(document, "rendered-at") ?? page.performance.timeOrigin;
    unsure = page.setTimeout(() => showSure(document, new Date(since)), UNSURE_MS);
  };
}

/**
 * When the page last knew that it showed the truth; null while it knows.
 * @param {Document} document
 * @param {Date | null} at
 */
function showSure(document, at) {
  // In the shop's time zone, as all times of the page: a shopper may be in another one.
  const timeZone = meta(document, "time-zone") ?? undefined;
  const time = at ? at.toLocaleTimeString(document.documentElement.lang, { hourCycle: "h23", timeZone }) : "";
  for (const element of all(document, "[data-sure]")) {
    element.hidden = !at;
    element.textContent = at ? (element.dataset.sure ?? "").replace("{time}", time) : "";
  }
}

/**
 * Every live root of the page, by stream. Read anew each time: htmx may have replaced some.
 * @param {Document} document
 * @returns {Map<string, HTMLElement[]>}
 */
function collect(document) {
  const roots = new Map();
  for (const root of all(document, "[data-stream]")) {
    const stream = root.dataset.stream;
    roots.set(stream, [...(roots.get(stream) ?? []), root]);
  }
  return roots;
}

/**
 * @param {HTMLElement} root
 * @param {StateFrame} frame
 * @param {Window} [page]
 */
export function showFrame(root, frame, page = window) {
  show(root, frame.d);
  if (root.dataset.title) page.document.title = title(root.dataset.title, frame.d);
}

/**
 * @param {Document} document
 * @param {string} selector
 * @returns {NodeListOf<HTMLElement>}
 */
function all(document, selector) {
  return document.querySelectorAll(selector);
}

/**
 * @param {Document} document
 * @param {string} name
 */
function meta(document, name) {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? null;
}
