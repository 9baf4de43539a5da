// The fields for tracking numbers, a row each: a scanner's Enter goes on to the next one, and a pasted list fills them.

const FIELD = ".db-number";

/**
 * Watch the fields of a page, those that come later too.
 * @param {Document} document
 */
export function watchNumbers(document) {
  /** @returns {HTMLInputElement[]} */
  const all = () => [.../** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll(FIELD))];

  const count = () => {
    /** @type {HTMLElement | null} */
    const shown = document.querySelector("[data-typed]");
    if (!shown) return;
    const typed = all().filter((field) => field.value.trim()).length;
    shown.textContent = String(typed);
    shown.hidden = !typed;
  };

  document.addEventListener("keydown", (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (event.key !== "Enter" || !field.matches(FIELD)) return;
    event.preventDefault(); // Enter sends no form: the next parcel is not scanned yet
    const fields = all();
    const next = fields[fields.indexOf(field) + 1];
    if (next) next.focus();
    else /** @type {HTMLElement | null} */ (document.querySelector("#ship-numbered button"))?.focus();
  });

  document.addEventListener("paste", (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    const lines = numbers(event.clipboardData?.getData("text") ?? "");
    if (!field.matches?.(FIELD) || lines.length < 2) return;
    event.preventDefault();
    const fields = all();
    const from = fields.indexOf(field);
    lines.forEach((line, n) => {
      const next = fields[from + n];
      if (next) next.value = line;
    });
    count();
  });

  document.addEventListener("input", count);
  document.defaultView?.addEventListener("pageshow", count); // a browser fills in again what was typed before
}

/**
 * The numbers of a pasted list: a line each, and of each line what a spreadsheet's last column has.
 * @param {string} text
 */
export function numbers(text) {
  return text
    .split(/\r?\n/)
    .map((line) => (line.split(/[\t;,]/).at(-1) ?? "").trim())
    .filter(Boolean);
}
