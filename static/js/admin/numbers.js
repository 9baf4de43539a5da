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

  /**
   * Put numbers into the rows of their orders; those without an order into the rows from a place on.
   * @param {Line[]} lines
   * @param {number} from
   */
  const fill = (lines, from) => {
    const fields = all();
    const lost = [];
    for (const [n, { ref, number }] of lines.entries()) {
      const field = ref ? fields.find((each) => each.dataset.ref === ref) : fields[from + n];
      if (field && number) field.value = number;
      else if (number) lost.push(ref || number);
    }
    /** @type {HTMLElement | null} */
    const said = document.querySelector("[data-lost]");
    if (said) {
      said.hidden = !lost.length;
      said.textContent = (said.dataset.lost ?? "").replace("{those}", lost.join(", "));
    }
    count();
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
    if (!field.matches?.(FIELD) || (lines.length < 2 && !lines[0]?.ref)) return;
    event.preventDefault();
    fill(lines, all().indexOf(field));
  });

  document.addEventListener(
    "change",
    async (event) => {
      const chosen = /** @type {HTMLInputElement} */ (event.target);
      if (!chosen.matches("[data-numbers]") || !chosen.files?.[0]) return;
      fill(numbers(await chosen.files[0].text()), 0);
      chosen.value = ""; // so that the same file, mended, can be chosen again
    },
    true, // the event goes no further than here: see file-field.js
  );

  document.addEventListener("input", count);
  document.defaultView?.addEventListener("pageshow", count); // a browser fills in again what was typed before
}

const REF = /^[0-9A-Z]{5}-[0-9A-Z]{5}$/;

/**
 * @typedef {object} Line
 * @property {string} ref The order that the line names, or "".
 * @property {string} number
 */

/**
 * The numbers of a list: a line each. Where its lines name orders, each number belongs to the order of its line, and a
 * line without one is a heading. Where they name none, an empty line leaves its row out.
 * @param {string} text
 * @returns {Line[]}
 */
export function numbers(text) {
  const rows = text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.split(/[\t;,]/).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")))
    .map((cells) => {
      const ref = cells.map((cell) => cell.toUpperCase()).find((cell) => REF.test(cell)) ?? "";
      return { ref, number: cells.filter((cell) => cell && cell.toUpperCase() !== ref).at(-1) ?? "" };
    });
  return rows.some(({ ref }) => ref) ? rows.filter(({ ref }) => ref) : rows;
}
