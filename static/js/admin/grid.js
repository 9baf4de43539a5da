// A table of fields, moved through as in a spreadsheet: Enter and the arrow keys change the row, a pasted column fills
// the rows from there on, Escape takes back what was typed into a cell.

/**
 * @typedef {HTMLInputElement | HTMLSelectElement} Field
 */

/**
 * Watch the fields of a table's form.
 * @param {HTMLFormElement} form
 */
export function watchGrid(form) {
  const fields = () => /** @type {Field[]} */ ([...form.querySelectorAll("td input, td select")]);
  /** Each column's fields, from the first row to the last. @param {Field} field */
  const column = (field) => fields().filter((other) => kind(other) === kind(field));
  // Not the fields' own first values: after a refusal these are what was typed.
  /** @type {Record<string, string>} */
  const known = JSON.parse(/** @type {HTMLInputElement} */ (form.querySelector("[name=before]")).value);
  /** @type {Map<Field, string>} */
  const before = new Map(fields().map((field) => [field, known[field.name] ?? ""]));
  let sent = false;

  const count = () => {
    const changed = fields().filter((field) => field.value !== before.get(field));
    for (const field of fields()) field.toggleAttribute("data-changed", changed.includes(field));
    const shown = /** @type {HTMLElement} */ (form.querySelector("[data-changes]"));
    shown.textContent = String(changed.length);
    shown.hidden = !changed.length;
    return changed.length;
  };

  form.addEventListener("keydown", (event) => {
    const field = /** @type {Field} */ (event.target);
    if (!before.has(field)) return;
    if (event.key === "Escape") {
      field.value = before.get(field) ?? "";
      count();
      return;
    }
    const step = steps(event, field);
    if (!step) return;
    event.preventDefault();
    const all = column(field);
    const next = all[all.indexOf(field) + step];
    if (next) {
      next.focus();
      if (next instanceof HTMLInputElement) next.select();
    } else if (event.key === "Enter") {
      /** @type {HTMLElement | null} */ (form.querySelector("button"))?.focus();
    }
  });

  form.addEventListener("paste", (event) => {
    const field = /** @type {Field} */ (event.target);
    const lines = rows(event.clipboardData?.getData("text") ?? "");
    if (!before.has(field) || lines.length < 2) return;
    event.preventDefault();
    const all = column(field);
    const from = all.indexOf(field);
    lines.forEach((line, n) => {
      const next = all[from + n];
      if (next instanceof HTMLInputElement) next.value = line;
    });
    count();
  });

  form.addEventListener("input", count);
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault(); // a double click saves once
    sent = true;
  });
  const page = /** @type {Window} */ (form.ownerDocument.defaultView);
  page.addEventListener("beforeunload", (event) => {
    if (!sent && count()) event.preventDefault();
  });
  page.addEventListener("pageshow", () => {
    sent = false;
    count(); // a browser fills in again what was typed before
  });
}

/** @param {Field} field */
function kind(field) {
  return field.name.replace(/-\d+$/, "");
}

/**
 * How many rows a key goes on. In a list of choices the arrow keys choose.
 * @param {KeyboardEvent} event
 * @param {Field} field
 */
function steps(event, field) {
  if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return 0;
  if (event.key === "Enter") return event.shiftKey ? -1 : 1;
  if (field instanceof HTMLSelectElement) return 0;
  return { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
}

/**
 * The cells of a pasted column: of each line what stands first.
 * @param {string} text
 */
export function rows(text) {
  return text
    .replace(/\r?\n$/, "")
    .split(/\r?\n/)
    .map((line) => (line.split("\t")[0] ?? "").trim());
}

if (typeof document !== "undefined") {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-grid]"));
  if (form) watchGrid(form);
}
