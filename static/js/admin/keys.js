// Shortcuts of the admin: / searches, j and k go through a list, x ticks, i leads into its fields, ? shows them.
// Never while somebody types.

/**
 * Watch the keyboard of a page.
 * @param {Window & typeof globalThis} page
 */
export function watchKeys(page) {
  const { document } = page;
  let at = -1;

  /** @returns {HTMLElement[]} the first link of each row */
  const rows = () => {
    const found = [...document.querySelectorAll("#result_list tbody tr")].map((row) => row.querySelector("a[href]"));
    return /** @type {HTMLElement[]} */ (found.filter(Boolean));
  };

  /** @param {number} step */
  const go = (step) => {
    const links = rows();
    const here = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (here >= 0) at = here;
    at = Math.max(0, Math.min(links.length - 1, at + step));
    links[at]?.focus();
    links[at]?.scrollIntoView?.({ block: "nearest" });
    return links.length > 0;
  };

  const onRow = () => rows().includes(/** @type {HTMLElement} */ (document.activeElement));

  const tick = () => {
    const row = onRow() ? document.activeElement?.closest("tr") : null;
    const box = /** @type {HTMLElement | null | undefined} */ (row?.querySelector(".action-select"));
    box?.click();
    return Boolean(box);
  };

  const search = () => {
    if (document.querySelector("#searchbar")) return false; // the list's own field; the theme does that
    page.dispatchEvent(new page.CustomEvent("opencommand"));
    return true;
  };

  const help = () => {
    const dialog = /** @type {HTMLDialogElement | null} */ (document.querySelector("#db-keys"));
    dialog?.showModal();
    return Boolean(dialog);
  };

  // Where staff type down a column: tracking numbers, counts, prices.
  const type = () => {
    const field = /** @type {HTMLInputElement | null} */ (document.querySelector(".db-number, [data-grid] td input"));
    field?.focus();
    field?.select();
    return Boolean(field);
  };

  /** @type {Record<string, () => boolean>} */
  const keys = {
    "/": search,
    "?": help,
    j: () => go(1),
    k: () => go(-1),
    x: tick,
    i: type,
    ArrowDown: () => onRow() && go(1),
    ArrowUp: () => onRow() && go(-1),
  };

  document.addEventListener("keydown", (event) => {
    const key = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (!key || event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
    if (event.ctrlKey || event.metaKey || event.altKey || types(event.target)) return;
    if (document.querySelector("dialog[open], [data-scan]")) return;
    if (key()) event.preventDefault();
  });
}

/**
 * Whether keys are text where the focus is.
 * @param {EventTarget | null} target
 */
function types(target) {
  const element = /** @type {HTMLElement} */ (target);
  return Boolean(
    element.matches?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") ||
    element.isContentEditable,
  );
}
