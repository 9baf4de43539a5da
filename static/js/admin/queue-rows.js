// The list of a queue stays up to date: a frame says that orders came or went, then the rows are fetched again.

/** @import {StateFrame} from "../live/types.js" */

import { showFrame } from "../live/start.js";
import { freshPage } from "./fresh-page.js";

const FORM = "#changelist-form";

/**
 * What to do with a frame of the queues.
 * @param {Window & typeof globalThis} page
 */
export function onFrame(page) {
  const fetchPage = freshPage(page);

  /**
   * @param {HTMLElement} root
   * @param {StateFrame} frame
   */
  return async (root, frame) => {
    showFrame(root, frame, page);
    const { queue, mark } = root.dataset;
    const fresh = queue && frame.d[`${queue}_mark`];
    if (!fresh || fresh === mark) return;
    const answer = await fetchPage();
    if (!answer) return; // the next frame asks again
    root.dataset.mark = fresh;
    const [old, rows] = [page.document.querySelector(FORM), answer.querySelector(FORM)];
    if (old && rows) replace(page.document, old, rows);
  };
}

/**
 * Replace the rows. What was ticked and typed stays, and so does the focus.
 * @param {Document} document
 * @param {Element} old
 * @param {Element} fresh
 */
function replace(document, old, fresh) {
  const focused = /** @type {HTMLInputElement | null} */ (document.activeElement);
  for (const field of fields(old)) {
    const twin = fields(fresh).find((other) => key(other) === key(field));
    if (!twin) continue;
    if (field.type === "checkbox") twin.checked = field.checked;
    else twin.value = field.value;
  }
  const [table, rows] = [old.querySelector("#result_list"), fresh.querySelector("#result_list")];
  if (table && rows) table.replaceChildren(...rows.childNodes);
  else old.replaceChildren(...fresh.childNodes); // the first order came, or the last has gone
  if (focused?.name && !focused.isConnected) {
    fields(old)
      .find((field) => key(field) === key(focused))
      ?.focus();
  }
}

/**
 * The boxes and the tracking numbers of the rows.
 * @param {Element} form
 * @returns {HTMLInputElement[]}
 */
function fields(form) {
  return [.../** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("#result_list input[name]"))];
}

/**
 * What tells a field of the rows from the others.
 * @param {HTMLInputElement} field
 */
const key = (field) => (field.type === "checkbox" ? `${field.name}=${field.value}` : field.name);
