// What htmx changes in a page: said to those who cannot see it, and put right when the request fails.

/** @typedef {{xhr?: XMLHttpRequest, elt?: HTMLElement, target?: HTMLElement}} Request */

const GONE = new Set([403, 404, 410]); // the page is older than what it shows: it has to be loaded again
const TOO_MANY = 429;
const STOPS = "a[href]:not([tabindex='-1']), button:not([disabled]), input:not([type=hidden])";

/**
 * @param {Window & typeof globalThis} page
 * @param {() => void} reload
 */
export function watchSwaps(page, reload = () => page.location.reload()) {
  const { document } = page;
  /** @type {HTMLElement | null} */
  const words = document.querySelector("#swap-words");
  if (!words) return;

  /** @param {string | undefined} text */
  const say = (text = "") => {
    words.textContent = text;
    words.hidden = !text;
  };

  document.addEventListener("htmx:beforeRequest", () => say());
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr, elt } = /** @type {CustomEvent<Request>} */ (event).detail;
    const status = xhr?.status ?? 0;
    if (quiet(elt)) return;
    if (GONE.has(status)) reload();
    else failed(elt, status === TOO_MANY ? words.dataset.many : words.dataset.failed);
  });
  // No answer at all: no network, or a server that takes too long.
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      const { elt } = /** @type {CustomEvent<Request>} */ (event).detail;
      if (!quiet(elt)) failed(elt, words.dataset.offline);
    });
  }

  /**
   * @param {HTMLElement | undefined} element
   * @param {string | undefined} text
   */
  const failed = (element, text) => {
    // The field shows again what the server knows, and not what it was never told.
    if (element instanceof page.HTMLFormElement) element.reset();
    say(text);
  };

  keepFocus(page);
}

/**
 * Suggestions that do not come are no loss.
 * @param {HTMLElement | undefined} element
 */
function quiet(element) {
  return element?.getAttribute("hx-target") === "#suggestions";
}

/**
 * A swap removes the element that has the focus: the focus goes to the same place in what comes, or to its beginning.
 * @param {Window & typeof globalThis} page
 */
function keepFocus(page) {
  const { document } = page;
  let place = -1;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target } = /** @type {CustomEvent<Request>} */ (event).detail;
    const active = document.activeElement;
    place = target?.contains(active) ? stops(target).indexOf(/** @type {HTMLElement} */ (active)) : -1;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const { target } = /** @type {CustomEvent<Request>} */ (event).detail;
    const now = target?.id ? document.getElementById(target.id) : null;
    if (place < 0 || !now || now.contains(document.activeElement)) return;
    const there = stops(now);
    const next = there[Math.min(place, there.length - 1)];
    place = -1;
    if (next) next.focus();
  });
}

/**
 * @param {HTMLElement} root
 * @returns {HTMLElement[]}
 */
function stops(root) {
  return [...root.querySelectorAll(STOPS)].map((element) => /** @type {HTMLElement} */ (element));
}
