// Makes every [data-stream] of the page live.

import { show, title } from "./bind.js";
import { LiveClient } from "./client.js";
import { SharedClient } from "./shared.js";

const UNSURE_MS = 2000; // a short break is not worth a word more than the state

const browser = {
  WebSocket,
  fetch: (...args) => fetch(...args),
  setTimeout: (...args) => setTimeout(...args),
  clearTimeout: (id) => clearTimeout(id),
  now: () => Date.now(),
  random: Math.random,
  // Not there in an insecure context, or an old browser: then every tab has a socket of its own.
  locks: navigator.locks,
  channel: globalThis.BroadcastChannel && ((name) => new BroadcastChannel(`doorbell ${name}`)),
  abort: () => new AbortController(),
};

/** Start one client for the page's streams. `onFrame(root, frame)` replaces the usual showing. Returns the client, or null. */
export function startLive({ onFrame = showFrame, env = browser } = {}) {
  const ticket = document.querySelector('meta[name="live-ticket"]')?.content;
  const roots = collect();
  if (!ticket || !roots.size) return null;
  const client = new SharedClient({
    name: document.documentElement.lang, // the words in the frames are in one language
    tab: Math.random().toString(36).slice(2),
    env,
    connect: (options) =>
      new LiveClient({
        url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live/`,
        base: "/live/",
        ticket,
        env,
        ...options,
      }),
    onFrame: (stream, frame) => {
      for (const root of collect().get(stream) ?? []) {
        root.dataset.version = frame.n;
        root.dataset.epoch = frame.e;
        onFrame(root, frame);
        document.dispatchEvent(new CustomEvent("doorbell:frame", { detail: { stream, frame } }));
      }
    },
    onState: showState,
  });
  for (const [stream, [root]] of roots) {
    client.watch(stream, root.dataset.epoch ?? null, root.dataset.version ? Number(root.dataset.version) : null);
  }
  addEventListener("online", () => client.online());
  addEventListener("offline", () => client.offline());
  addEventListener("pagehide", () => client.stop());
  addEventListener("pageshow", (event) => event.persisted && client.start());
  document.addEventListener("resume", () => client.online()); // thawed
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && client.online());
  client.start();
  if (navigator.onLine === false) client.offline();
  return client;
}

let unsure;

function showState(state, sureAt) {
  for (const element of document.querySelectorAll("[data-connection]")) {
    element.dataset.connection = state;
    element.textContent = element.dataset[state] ?? state;
  }
  clearTimeout(unsure);
  if (state === "live") showSure(null);
  else unsure = setTimeout(() => showSure(new Date(sureAt ?? document.querySelector('meta[name="rendered-at"]')?.content ?? performance.timeOrigin)), UNSURE_MS);
}

/** When the page last knew that it showed the truth; null while it knows. */
function showSure(at) {
  const time = at && at.toLocaleTimeString(document.documentElement.lang, { hourCycle: "h23" });
  for (const element of document.querySelectorAll("[data-sure]")) {
    element.hidden = !at;
    element.textContent = at ? element.dataset.sure.replace("{time}", time) : "";
  }
}

/** Every live root of the page, by stream. Read anew each time: htmx may have replaced some. */
function collect() {
  const roots = new Map();
  for (const root of document.querySelectorAll("[data-stream]")) {
    const stream = root.dataset.stream;
    roots.set(stream, [...(roots.get(stream) ?? []), root]);
  }
  return roots;
}

export function showFrame(root, frame) {
  show(root, frame.d);
  if (root.dataset.title) document.title = title(root.dataset.title, frame.d);
}
