import { JSDOM } from "jsdom";

/** A page with this body; `fetch` answers with HTML, or as it is told to. Its scripts see `window` as in a browser. */
export function page(body, { url = "https://shop.example/", head = "", ...window } = {}) {
  const html = `<!doctype html><html lang="en"><head>${head}</head><body>${body}</body></html>`;
  const dom = new JSDOM(html, { url });
  for (const [name, value] of Object.entries(window)) {
    Object.defineProperty(dom.window, name, { value, configurable: true, writable: true });
  }
  Object.defineProperty(dom.window.document, "hidden", { value: false, configurable: true });
  Object.defineProperty(dom.window.document, "visibilityState", { value: "visible", configurable: true });
  return dom.window;
}

/** The page has loaded: from here on the only `pageshow` is the test's. */
export async function loaded(window) {
  await new Promise((resolve) => window.addEventListener("pageshow", resolve, { once: true }));
  return window;
}

/** An answer of the network. */
export function answer(text, status = 200) {
  return new Response(status === 204 ? null : text, { status });
}

/** A browser that answers every request with what `reply(url, options)` says; `asked` has the requests. */
export function network(reply) {
  const asked = [];
  const fetch = async (url, options = {}) => {
    asked.push([options.method ?? "GET", String(url), options]);
    return reply(String(url), options);
  };
  return { fetch, asked };
}

/** A press of a key, or a bubbling event of that name. Returns whether its usual effect goes on. */
export function fire(target, name, options = {}) {
  const window = target.ownerDocument?.defaultView ?? target.defaultView ?? target;
  const kinds = { keydown: "KeyboardEvent", submit: "SubmitEvent", click: "MouseEvent" };
  const kind = window[kinds[name] ?? "Event"];
  const event = new kind(name, { bubbles: true, cancelable: true, ...options });
  for (const extra of ["persisted", "isComposing", "keyCode"]) {
    if (extra in options) Object.defineProperty(event, extra, { value: options[extra] });
  }
  return target.dispatchEvent(event);
}

/** Tell the page that a frame was shown in `root`. */
export function frame(window, root, d, { t = "ev", s = root.dataset.stream, id = "1" } = {}) {
  const detail = { stream: s, root, frame: { t, s, e: "e", n: 2, id, d } };
  window.document.dispatchEvent(new window.CustomEvent("doorbell:frame", { detail }));
}
