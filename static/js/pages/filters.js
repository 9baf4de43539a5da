// Filters apply as they are changed. On a phone they lie over the list: there the button applies them.

/** @param {Window & typeof globalThis} page */
export function start(page) {
  const { document } = page;
  /** @type {HTMLFormElement | null} */
  const form = document.querySelector("form.filters");
  /** @type {HTMLElement | null} */
  const opener = document.querySelector(".opens-filters");
  document.addEventListener("change", ({ target }) => {
    const field = /** @type {HTMLInputElement | HTMLSelectElement} */ (target);
    if (!form || field.form !== form) return;
    const folded = opener && page.getComputedStyle(opener).display !== "none";
    if (!folded || field.name === "sort") form.requestSubmit();
  });
}
