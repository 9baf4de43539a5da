// What is scanned ticks goods off, then it is the tracking number. What was ticked is kept until the order is shipped.

/** @import {Signal} from "./signals.js" */

/**
 * Watch the field and the box. The result takes a code as if it had been scanned, and says things.
 * @param {HTMLElement} root
 * @param {Window & typeof globalThis} page
 * @param {Signal} signal
 */
export function watchPacking(root, page, signal) {
  /** @type {HTMLInputElement | null} */
  const field = root.querySelector("[data-scan]");
  /** @type {HTMLFormElement | null} */
  const box = root.querySelector("[data-box]");
  /** @type {HTMLInputElement | null} */
  const number = root.querySelector('[name="tracking"]');
  const words = /** @type {HTMLElement | null} */ (root.querySelector("[data-words]"))?.dataset ?? {};
  const ref = root.dataset.pack ?? "";
  const kept = `doorbell pack ${ref}`;
  const lines = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-line]")]);

  /**
   * @param {string} said
   * @param {boolean} good
   */
  const say = (said, good) => {
    /** @type {HTMLElement | null} */
    const place = root.querySelector("[data-said]");
    if (!place) return;
    place.textContent = said;
    place.classList.toggle("pack-good", good);
    place.classList.toggle("pack-bad", !good);
    signal(good);
  };

  /** @param {HTMLElement} line */
  const count = (line) => Number(line.querySelector("[data-count]")?.textContent);
  /** @param {HTMLElement} line */
  const left = (line) => Number(line.dataset.left);
  /**
   * @param {HTMLElement} line
   * @param {number} n
   */
  const set = (line, n) => {
    const shown = line.querySelector("[data-count]");
    if (shown) shown.textContent = String(n);
    const tick = line.querySelector("input");
    if (tick) tick.checked = n >= left(line);
  };
  const all = () => lines.every((line) => count(line) >= left(line));

  const keep = () => {
    const state = { counts: lines.map((line) => [line.dataset.sku, count(line)]), number: number?.value ?? "" };
    stored(page, (storage) => storage.setItem(kept, JSON.stringify(state)));
  };
  const restore = () => {
    const state = read(page, kept);
    lines.forEach((line, n) => {
      const [sku, ticked] = state?.counts?.[n] ?? [];
      if (sku === line.dataset.sku) set(line, Math.min(Number(ticked) || 0, left(line)));
    });
    if (number && !number.value) number.value = state?.number ?? "";
  };

  /** @param {string} scanned */
  const code = (scanned) => {
    const plain = scanned.trim();
    if (!plain) return;
    const own = lines.filter((line) => same(line.dataset.sku ?? "", plain));
    const open = own.find((line) => count(line) < left(line));
    const untouched = lines.every((line) => !count(line));
    if (open) {
      set(open, count(open) + 1);
      keep();
      const { title = "" } = open.dataset;
      const done = { count: String(count(open)), left: String(left(open)), title };
      say(all() ? (words.all ?? "") : filled(words.ticked, done), true);
    } else if (own.length) {
      say(filled(words.enough, { title: own[0]?.dataset.title ?? "" }), false);
    } else if (same(ref, plain)) {
      say(words.same ?? "", true);
    } else if (!box || (isRef(plain) && untouched)) {
      page.location.assign(`${root.dataset.start}?code=${encodeURIComponent(plain)}`);
    } else if (isRef(plain)) {
      say(filled(words.other, { code: plain }), false);
    } else if (all() && number) {
      number.value = plain;
      keep();
      say(filled(words.number, { code: plain }), true);
      /** @type {HTMLElement | null} */ (box.querySelector(".pack-ship"))?.focus();
    } else {
      say(filled(words.wrong, { code: plain }), false);
    }
  };

  field?.form?.addEventListener("submit", (event) => {
    if (!box) return; // the start page opens what was typed
    event.preventDefault();
    code(field.value);
    field.value = "";
  });
  for (const line of lines) {
    line.querySelector("input")?.addEventListener("change", (event) => {
      set(line, /** @type {HTMLInputElement} */ (event.target).checked ? left(line) : 0);
      keep();
    });
  }
  number?.addEventListener("input", keep);
  // A scanner types wherever the focus is: what is typed outside of a field goes into the one for scans.
  root.ownerDocument.addEventListener("keydown", (event) => {
    const plain = event.key.length === 1 && event.key !== " " && !event.isComposing;
    const target = /** @type {HTMLElement} */ (event.target);
    const elsewhere = !target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (plain && elsewhere && !event.ctrlKey && !event.metaKey && !event.altKey) field?.focus();
  });
  box?.addEventListener("invalid", () => say(words.missing ?? "", false), true);
  box?.addEventListener("submit", (event) => {
    event.preventDefault();
    void ship();
  });

  const ship = async () => {
    if (!box || root.dataset.sending) return;
    root.dataset.sending = "1";
    keep();
    try {
      const answer = await page.fetch(box.action, { method: "POST", body: new page.FormData(box) });
      if (answer.redirected) {
        if (!answer.url.includes("shipped=")) return page.location.assign(answer.url); // such as to sign in again
        stored(page, (storage) => storage.removeItem(kept));
        return page.location.assign(answer.url);
      }
      const fresh = new page.DOMParser().parseFromString(await answer.text(), "text/html");
      const said = fresh.querySelector("[data-said]")?.textContent?.trim();
      say(said || fresh.title || String(answer.status), false);
    } catch {
      say(words.offline ?? "", false);
    } finally {
      delete root.dataset.sending;
    }
  };

  restore();
  field?.focus();
  return { code, say };
}

/**
 * Whether two codes are the same, however they were typed.
 * @param {string} one
 * @param {string} other
 */
const same = (one, other) => one.toUpperCase() === other.toUpperCase();

/**
 * Whether a code is the reference of an order.
 * @param {string} code
 */
const isRef = (code) => /^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/i.test(code);

/**
 * A sentence with its places filled.
 * @param {string | undefined} pattern
 * @param {Record<string, string>} values
 */
const filled = (pattern, values) => (pattern ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

/**
 * What was ticked before.
 * @param {Window} page
 * @param {string} key
 * @returns {{ counts?: [string, number][], number?: string } | null}
 */
function read(page, key) {
  try {
    return JSON.parse(page.localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/**
 * A browser that keeps nothing forgets it with the page.
 * @param {Window} page
 * @param {(storage: Storage) => void} use
 */
function stored(page, use) {
  try {
    use(page.localStorage);
  } catch {
    // it holds for this page then
  }
}
