// The order's block in admin stays up to date: a frame changes the status at once, then the block is fetched again.

/** @import {StateFrame} from "../live/types.js" */

import { showFrame } from "../live/start.js";

/**
 * What to do with a frame.
 * @param {Window & typeof globalThis} page
 */
export function onFrame(page) {
  let asked = 0;

  /**
   * @param {HTMLElement} root
   * @param {StateFrame} frame
   */
  return async (root, frame) => {
    showFrame(root, frame, page);
    const mine = (asked += 1);
    const response = await page.fetch(page.location.href, { credentials: "same-origin" });
    if (!response.ok) return;
    const text = await response.text();
    if (mine !== asked) return; // a later frame has sent another request; its answer is newer
    const answer = new page.DOMParser().parseFromString(text, "text/html");
    /** @type {HTMLElement | null} */
    const fresh = answer.querySelector("#db-live");
    /** @type {HTMLElement | null} */
    const old = page.document.querySelector("#db-live");
    if (fresh && old) replace(page.document, old, fresh);
  };
}

/**
 * Replace the old block. Half-typed text, the focus and the state of the connection are kept.
 * @param {Document} document
 * @param {HTMLElement} old
 * @param {HTMLElement} fresh
 */
function replace(document, old, fresh) {
  for (const typed of fields(old)) {
    const twin = fields(fresh).find((field) => isTwin(field, typed));
    if (twin) keepTyped(typed, twin);
  }
  const connection = old.querySelector("[data-connection]");
  if (connection) fresh.querySelector("[data-connection]")?.replaceWith(connection);
  const focused = fields(old).find((field) => field === document.activeElement);
  old.replaceWith(fresh);
  if (focused)
    fields(fresh)
      .find((field) => isTwin(field, focused))
      ?.focus();
}

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Field */

/**
 * What somebody can type in or choose.
 * @param {HTMLElement} block
 * @returns {Field[]}
 */
function fields(block) {
  return [.../** @type {NodeListOf<Field>} */ (block.querySelectorAll("input:not([type=hidden]), textarea, select"))];
}

/**
 * Whether a field of the new block is the same as one of the old block.
 * @param {Field} one
 * @param {Field} other
 */
function isTwin(one, other) {
  return one.name === other.name && (one.type !== "radio" || one.value === other.value);
}

/**
 * Keep a value that was changed by hand. Other fields take the server's value.
 * @param {Field} typed
 * @param {Field} twin
 */
function keepTyped(typed, twin) {
  if ("defaultChecked" in typed && (typed.type === "checkbox" || typed.type === "radio")) {
    if (typed.checked !== typed.defaultChecked) /** @type {HTMLInputElement} */ (twin).checked = typed.checked;
  } else if (!("defaultValue" in typed) || typed.value !== typed.defaultValue) {
    twin.value = typed.value;
  }
}
