// What is new since this browser last showed the order: rows with a later time are marked. The time of the newest row
// is kept in this browser, for the newest orders; without storage nothing is marked.

const KEY = "doorbell-seen";
const MOST = 30;

/**
 * @param {Storage} storage
 * @returns {Record<string, number>} stream → the time of the newest thing that was on the screen
 */
function kept(storage) {
  try {
    const found = JSON.parse(storage.getItem(KEY) ?? "{}");
    return found && typeof found === "object" ? found : {};
  } catch {
    return {};
  }
}

/**
 * Keep what is on the screen now.
 * @param {Storage} storage
 * @param {string} stream
 * @param {number} newest
 */
export function keep(storage, stream, newest) {
  const others = Object.entries(kept(storage)).filter(([name]) => name !== stream);
  storage.setItem(KEY, JSON.stringify(Object.fromEntries([...others.slice(1 - MOST), [stream, newest]])));
}

/**
 * The rows of the order that have a time, with it.
 * @param {Element} root
 * @returns {{row: Element, at: number}[]}
 */
function rows(root) {
  const found = [...root.querySelectorAll(".timeline li:not([hidden]) time, .scans li time")];
  return found.flatMap((time) => {
    const row = time.closest("li");
    const at = Date.parse(time.getAttribute("datetime") ?? "");
    return row && at ? [{ row, at }] : [];
  });
}

/** @param {Window & typeof globalThis} page */
export function start(page) {
  const { document } = page;
  /** @type {HTMLElement | null} */
  const root = document.querySelector("[data-new]");
  const stream = root?.dataset.stream;
  if (!root || !stream) return;
  let storage;
  try {
    storage = page.localStorage;
  } catch {
    return; // the browser refuses site data
  }
  const before = kept(storage)[stream];
  const remember = () => {
    const newest = Math.max(0, ...rows(root).map(({ at }) => at));
    try {
      keep(storage, stream, newest);
    } catch {
      // The storage is full: nothing is marked the next time.
    }
  };
  if (before !== undefined) {
    for (const { row, at } of rows(root)) {
      if (at > before) mark(row, root.dataset.new ?? "");
    }
  }
  remember();
  document.addEventListener("doorbell:frame", remember); // what comes while somebody looks is not new the next time
}

/**
 * @param {Element} row
 * @param {string} word
 */
function mark(row, word) {
  const label = row.ownerDocument.createElement("span");
  label.className = "new";
  label.textContent = word;
  row.querySelector("time")?.before(label);
  row.classList.add("has-new");
}
