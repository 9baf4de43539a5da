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

  /** @param {string} text */
  const read = (text) => numbers(text, new Set(all().map((field) => field.dataset.ref ?? "")));

  /**
   * Put numbers into the rows of their orders; those without an order into the rows from a place on, if there is one.
   * @param {Line[]} lines
   * @param {number} [from]
   */
  const fill = (lines, from) => {
    const fields = all();
    const lost = [];
    const filled = new Set();
    for (const [n, { ref, number, line }] of lines.entries()) {
      const field = ref ? fields.find((each) => each.dataset.ref === ref) : fields[(from ?? Infinity) + n];
      if (field && number && !filled.has(field)) {
        field.value = number;
        filled.add(field);
      } else if (number) lost.push(line);
    }
    /** @type {HTMLElement | null} */
    const said = document.querySelector("[data-lost]");
    if (said) {
      said.hidden = !lost.length;
      said.textContent = (said.dataset.lost ?? "").replace("{those}", lost.join(" · "));
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
    if (!field.matches?.(FIELD)) return;
    const lines = read(event.clipboardData?.getData("text") ?? "");
    if (lines.length < 2 && !lines[0]?.ref) return;
    event.preventDefault();
    fill(lines, all().indexOf(field));
  });

  document.addEventListener(
    "change",
    async (event) => {
      const chosen = /** @type {HTMLInputElement} */ (event.target);
      if (!chosen.matches("[data-numbers]") || !chosen.files?.[0]) return;
      fill(read(await chosen.files[0].text())); // by their orders alone: a file has its own order
      chosen.value = ""; // so that the same file, mended, can be chosen again
    },
    true, // the event goes no further than here: see file-field.js
  );

  document.addEventListener("input", count);
  document.defaultView?.addEventListener("pageshow", count); // a browser fills in again what was typed before
}

const REF = /^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/;

/**
 * @typedef {object} Line
 * @property {string} ref The order that the line names, or "".
 * @property {string} number What stands in its last column that is not the order's; "" if that is empty.
 * @property {string} line The whole line, to name it by.
 */

/**
 * The numbers of a list: a line each. Where lines name orders, each number belongs to the order of its line, and a
 * first line without one is the heading. Where none does, an empty line leaves its row out.
 * @param {string} text
 * @param {Set<string>} refs The orders of this page.
 * @returns {Line[]}
 */
export function numbers(text, refs) {
  const rows = text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => {
      const cells = line.split(/[\t;,]/).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
      const isRef = (/** @type {string} */ cell) =>
        (asRef(cell) && refs.has(asRef(cell))) || (cells.length > 1 && REF.test(cell));
      const at = cells.findIndex(isRef);
      const last = at > 0 && at === cells.length - 1 ? at - 1 : cells.length - 1;
      const ref = at < 0 ? "" : asRef(cells[at] ?? "");
      return { ref, number: (last !== at && cells[last]) || "", line: line.trim() };
    });
  const isNumber = (/** @type {Line} */ { ref, number }) => ref !== "" || /[0-9]/.test(number);
  const heading = rows[0]?.number && !isNumber(rows[0]) && rows.some(isNumber);
  return heading ? rows.slice(1) : rows;
}

/**
 * An order's number as the shop writes it, from what somebody typed or exported; as `normalize` in orders/refs.py.
 * @param {string} cell
 */
function asRef(cell) {
  const plain = cell
    .toUpperCase()
    .replace(/[\s#-]/g, "")
    .replaceAll("O", "0")
    .replace(/[IL]/g, "1");
  return plain.length === 10 ? `${plain.slice(0, 5)}-${plain.slice(5)}` : "";
}
