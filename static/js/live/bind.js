// Shows the state of a frame (`d`) in the page. The server renders the same elements; this changes their content:
//   data-text="key"      the text of the element     data-show="key"  the element is hidden if the value is empty
//   data-datetime="key"  the datetime of a <time>    data-rows="key"  rows that all exist, found by data-key
//   data-list="key"      rows made from the <template> inside
//   data-href="key"      the address of a link in such a row
//   data-src="key"       the address of a picture in such a row
//   data-mark="key"      on such a row: its data-state
// Rows may have lists of their own, of the row's values.

/** @import {State} from "./types.js" */

/**
 * @param {State} data
 * @param {string} key
 */
const value = (data, key) => data?.[key] ?? "";

/**
 * Set what `root` shows to `d`. Returns whether anything changed.
 * @param {HTMLElement} root
 * @param {State} d
 */
export function show(root, d) {
  let changed = false;
  if (d.status !== undefined && root.dataset.status !== d.status) {
    root.dataset.status = d.status;
    changed = true;
  }
  each(root, "data-show", (element, key) => {
    const hidden = empty(value(d, key));
    if (inRow(element) || element.hidden === hidden) return;
    element.hidden = hidden;
    changed = true;
  });
  each(root, "data-text", (element, key) => {
    const text = String(value(d, key));
    if (inRow(element) || element.textContent === text) return;
    element.textContent = text;
    changed = true;
  });
  each(root, "data-datetime", (element, key) => {
    if (!inRow(element)) element.setAttribute("datetime", value(d, key));
  });
  each(root, "data-rows", (list, key) => {
    for (const row of value(d, key) || []) if (showRow(list, row)) changed = true;
  });
  for (const list of outermost(root)) {
    if (showList(list, value(d, list.dataset.list ?? "") || [])) changed = true;
  }
  return changed;
}

/**
 * One row of a list that has all its rows. Returns whether it moved on.
 * @param {Element} list
 * @param {State} row
 */
function showRow(list, row) {
  /** @type {HTMLElement | null} */
  const element = list.querySelector(`:scope > [data-key="${row.key}"]`);
  if (!element) return false;
  const moved = element.dataset.state !== row.state;
  element.dataset.state = row.state;
  element.hidden = row.state === "hidden";
  fill(element, row);
  if (moved) {
    element.classList.remove("moved");
    void element.offsetWidth; // restart the animation
    if (row.state === "now") element.classList.add("moved");
  }
  return moved;
}

/**
 * Rows made from the template. Returns whether they are others than before.
 * @param {Element} list
 * @param {State[]} rows
 */
function showList(list, rows) {
  const template = list.querySelector("template");
  const first = template?.content.firstElementChild;
  if (!template || !first) return false;
  const before = list.textContent;
  const made = rows.map((row) => {
    const element = /** @type {Element} */ (first.cloneNode(true));
    fill(element, row);
    return element;
  });
  list.replaceChildren(template, ...made);
  return list.textContent !== before;
}

/**
 * A title from its pattern: "{label} · 123" with the state's label.
 * @param {string} pattern
 * @param {State} d
 */
export function title(pattern, d) {
  return pattern.replace(/\{(\w+)\}/g, (_, key) => value(d, key));
}

/**
 * Whether what is shown is nothing.
 * @param {unknown} shown
 */
const empty = (shown) => !shown || (Array.isArray(shown) && !shown.length);

/**
 * Whether a list fills this element, not the state itself.
 * @param {Element} element
 */
const inRow = (element) => Boolean(element.closest("[data-rows],[data-list]"));

/**
 * The lists inside that no other list fills.
 * @param {Element} root
 * @returns {HTMLElement[]}
 */
function outermost(root) {
  const lists = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-list]")]);
  return lists.filter((list) => !lists.some((other) => other !== list && other.contains(list)));
}

/**
 * @param {Element} element
 * @param {State} row
 */
function fill(element, row) {
  const { dataset } = /** @type {HTMLElement} */ (element);
  if (dataset.mark) dataset.state = value(row, dataset.mark);
  each(element, "data-text", (part, key) => (part.textContent = value(row, key)));
  each(element, "data-datetime", (part, key) => part.setAttribute("datetime", value(row, key)));
  each(element, "data-href", (part, key) => part.setAttribute("href", value(row, key)));
  each(element, "data-src", (part, key) => part.setAttribute("src", value(row, key)));
  each(element, "data-show", (part, key) => (part.hidden = empty(value(row, key))));
  for (const list of outermost(element)) showList(list, value(row, list.dataset.list ?? "") || []);
}

/**
 * @param {Element} root
 * @param {string} attribute
 * @param {(element: HTMLElement, key: string) => void} visit
 */
function each(root, attribute, visit) {
  for (const element of root.querySelectorAll(`[${attribute}]`)) {
    visit(/** @type {HTMLElement} */ (element), element.getAttribute(attribute) ?? "");
  }
}
