// The tree of categories: dragged by the handle of a row, with a mouse or a finger, and moved by the arrow keys on it.
// Both send the form that the buttons of the rows send.

/**
 * @typedef {object} Target
 * @property {HTMLElement} row
 * @property {"before" | "inside" | "after"} place
 */

const STEPS = /** @type {Record<string, string>} */ ({
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "out",
  ArrowRight: "in",
});
const EDGE = 48; // near the edge of the window the page goes on

/**
 * @param {HTMLTableElement} table
 * @param {HTMLFormElement} form
 */
export function watchTree(table, form) {
  const page = /** @type {Document} */ (table.ownerDocument);
  const branches = [...table.querySelectorAll("[data-category]")];
  const rows = /** @type {HTMLElement[]} */ (branches.map((branch) => branch.closest("tr")));
  /** @type {HTMLElement | null} */
  let dragged = null;
  /** @type {Target | null} */
  let target = null;
  let sent = false;

  /** @param {HTMLElement} row */
  const branchOf = (row) => /** @type {HTMLElement} */ (row.querySelector("[data-category]"));
  /** @param {HTMLElement} row */
  const depth = (row) => Number(branchOf(row).dataset.depth);
  /** The rows of a category and of all below it. @param {HTMLElement} row */
  const branch = (row) => {
    const below = rows.slice(rows.indexOf(row) + 1);
    const end = below.findIndex((other) => depth(other) <= depth(row));
    return [row, ...(end < 0 ? below : below.slice(0, end))];
  };
  /** @param {HTMLElement} row */
  const above = (row) => rows.slice(0, rows.indexOf(row)).findLast((other) => depth(other) < depth(row)) ?? null;

  /** Where the pointer would put it: the upper quarter of a row is before it, the lower one after it.
   * @param {number} x @param {number} y @returns {Target | null} */
  const at = (x, y) => {
    const row = /** @type {HTMLElement | null} */ (page.elementFromPoint(x, y)?.closest("tr") ?? null);
    if (!row || !rows.includes(row) || !dragged || branch(dragged).includes(row)) return null;
    const box = row.getBoundingClientRect();
    const part = (y - box.top) / box.height;
    if (part < 0.25) return { row, place: "before" };
    if (part < 0.75) return { row, place: "inside" };
    const [, first] = branch(row);
    if (first) return first === dragged ? null : { row: first, place: "before" };
    // Below the last one of a category: the level that the pointer is at.
    const moving = branch(dragged);
    const staying = rows.filter((other) => !moving.includes(other));
    let after = row;
    for (;;) {
      const outer = above(after);
      const next = staying.slice(staying.indexOf(after) + 1).find((other) => !branch(after).includes(other));
      const last = !next || depth(next) < depth(after);
      if (!outer || !last || x >= branchOf(after).getBoundingClientRect().left) break;
      after = outer;
    }
    return moving.includes(after) ? null : { row: after, place: "after" };
  };

  const show = () => {
    for (const row of rows) delete row.dataset.drop;
    if (target) target.row.dataset.drop = target.place;
  };
  const end = () => {
    for (const row of rows) delete row.dataset.dragged;
    dragged = target = null;
    show();
  };

  for (const row of rows) {
    const handle = /** @type {HTMLElement | null} */ (row.querySelector(".db-handle"));
    if (!handle) continue;
    handle.addEventListener("pointerdown", (event) => {
      if (event.button || sent) return;
      dragged = row;
      handle.focus(); // for Escape
      for (const each of branch(row)) each.dataset.dragged = "";
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (dragged !== row) return;
      const height = page.documentElement.clientHeight;
      const scroll = event.clientY < EDGE ? -EDGE / 4 : event.clientY > height - EDGE ? EDGE / 4 : 0;
      if (scroll) page.defaultView?.scrollBy(0, scroll);
      target = at(event.clientX, event.clientY);
      show();
    });
    handle.addEventListener("pointerup", () => {
      const found = target;
      if (dragged === row && found) {
        send(`${branchOf(row).dataset.category}:${found.place}:${branchOf(found.row).dataset.category}`);
      }
      end();
    });
    handle.addEventListener("pointercancel", end);
    handle.addEventListener("keydown", (event) => {
      if (event.key === "Escape") end();
      const step = event.altKey || event.ctrlKey || event.metaKey ? undefined : STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      if (row.querySelector(`[data-step="${step}"]`)) send(`${branchOf(row).dataset.category}:${step}`);
    });
  }

  /** One move for each page: the next one needs the tree as it is then. @param {string} move */
  const send = (move) => {
    if (sent) return;
    sent = true;
    const field = Object.assign(page.createElement("input"), { type: "hidden", name: "move", value: move });
    form.append(field);
    form.submit();
  };
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  const focusMoved = () => {
    const moved = /^#move-\d+$/.test(page.location.hash) ? page.querySelector(page.location.hash) : null;
    /** @type {HTMLElement | null} */ (moved?.querySelector(".db-handle") ?? null)?.focus();
  };
  page.defaultView?.addEventListener("pageshow", () => {
    sent = false;
    for (const field of form.querySelectorAll("[name=move]")) field.remove();
    focusMoved(); // not before: the browser takes the focus away when it goes to the row
  });
  if (page.readyState === "complete") focusMoved();
}

if (typeof document !== "undefined") {
  const table = /** @type {HTMLTableElement | null} */ (document.querySelector("#result_list"));
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("#db-tree"));
  if (table && form) watchTree(table, form);
}
