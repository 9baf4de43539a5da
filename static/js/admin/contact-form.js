// The address of an order in admin, while others may change it, too. Each field has a hidden twin with the value that
// the page was made with. A field that nobody touched shows what somebody else saved; one that somebody typed in stays.

/**
 * Watch the form. The function that it returns takes over what is saved now, from the order's fresh block.
 * @param {Window & typeof globalThis} page
 */
export function contactForm(page) {
  const { document } = page;
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const words = wordsOf(document)?.dataset.unsaved;
    // A move leaves the page, and what was typed with it.
    if (form.closest("#db-live") && words && unsaved(document) && !page.confirm(words)) event.preventDefault();
  });
  return () => takeOver(document);
}

/**
 * The part of the page that says what happened to the form.
 * @param {Document} document
 * @returns {HTMLElement | null}
 */
function wordsOf(document) {
  return document.querySelector("[data-unsaved]");
}

/**
 * Every field with its hidden twin.
 * @param {Document} document
 */
function pairs(document) {
  /** @type {NodeListOf<HTMLInputElement>} */
  const twins = document.querySelectorAll("input[name^='seen-']");
  return [...twins].flatMap((seen) => {
    const field = seen.form?.elements.namedItem(seen.name.slice("seen-".length));
    return field && "id" in field ? [{ seen, field: /** @type {HTMLInputElement} */ (field) }] : [];
  });
}

/**
 * Whether somebody typed something that is not saved.
 * @param {Document} document
 */
function unsaved(document) {
  return pairs(document).some(({ seen, field }) => field.value !== seen.value);
}

/**
 * Show what was saved elsewhere, and say so.
 * @param {Document} document
 */
function takeOver(document) {
  /** @type {{ shown: string[], kept: string[] }} */
  const told = { shown: [], kept: [] };
  for (const { seen, field } of pairs(document)) {
    const name = field.name;
    /** @type {HTMLDataElement | null} */
    const saved = document.querySelector(`[data-saved="${name}"]`);
    if (!saved || saved.value === seen.value) continue;
    const label = document.querySelector(`label[for="${field.id}"]`)?.textContent?.replace("*", "").trim() || name;
    if (field.value === seen.value) {
      field.value = seen.value = saved.value;
      told.shown.push(label);
    } else if (field.value === saved.value) {
      seen.value = saved.value;
    } else {
      told.kept.push(label);
    }
  }
  for (const [kind, labels] of Object.entries(told)) {
    /** @type {HTMLElement | null} */
    const line = document.querySelector(`[data-elsewhere="${kind}"]`);
    const names = line?.querySelector("b");
    if (!line || !names || (!labels.length && kind === "shown")) continue;
    names.textContent = labels.join(", ");
    line.hidden = !labels.length;
  }
}
