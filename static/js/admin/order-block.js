// The order's block in admin stays up to date: a frame changes the status at once, then the block is fetched again.

/** @import {StateFrame} from "../live/types.js" */

import { showFrame } from "../live/start.js";
import { freshPage } from "./fresh-page.js";

/**
 * What to do with a frame; `then` is called when the block is new.
 * @param {Window & typeof globalThis} page
 * @param {() => void} [then]
 */
export function onFrame(page, then = () => {}) {
  const fetchPage = freshPage(page);

  /**
   * @param {HTMLElement} root
   * @param {StateFrame} frame
   */
  return async (root, frame) => {
    showFrame(root, frame, page);
    const answer = await fetchPage();
    /** @type {HTMLElement | null | undefined} */
    const fresh = answer?.querySelector("#db-live");
    /** @type {HTMLElement | null} */
    const old = page.document.querySelector("#db-live");
    if (fresh && old) {
      replace(page.document, old, fresh);
      then();
    }
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
    const twin = twinOf(typed, fresh);
    if (twin) keepTyped(typed, twin);
  }
  const connection = old.querySelector("[data-connection]");
  if (connection) fresh.querySelector("[data-connection]")?.replaceWith(connection);
  const focused = fields(old).find((field) => field === document.activeElement);
  old.replaceWith(fresh);
  if (focused) twinOf(focused, fresh)?.focus();
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
 * The same field of the same move in the fresh block. If that move is gone: the field of another move with that name.
 * @param {Field} field
 * @param {HTMLElement} block
 */
function twinOf(field, block) {
  const named = fields(block).filter(
    (other) => other.name === field.name && (field.type !== "radio" || other.value === field.value),
  );
  return named.find((other) => action(other) === action(field)) ?? named[0];
}

/**
 * Where the form of a field is sent.
 * @param {Field} field
 */
function action(field) {
  return field.form?.getAttribute("action");
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
