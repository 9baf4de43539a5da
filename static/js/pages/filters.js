// Filters apply as they are changed.

/** @param {Window & typeof globalThis} page */
export function start(page) {
  for (const form of page.document.querySelectorAll("form.filters")) {
    form.addEventListener("change", () => /** @type {HTMLFormElement} */ (form).requestSubmit());
  }
}
