// The theme's script expects a text field of its own beside every field for a file, and fails where there is none. A
// field with `data-plain` is kept from it. One with `data-at-once` sends its form as soon as a file is chosen.

/**
 * Watch the fields of a page.
 * @param {Document} document
 */
export function watchFiles(document) {
  document.addEventListener(
    "change",
    (event) => {
      const field = /** @type {HTMLInputElement} */ (event.target);
      if (!field.matches("[data-plain]")) return;
      event.stopPropagation();
      if (field.matches("[data-at-once]") && field.files?.length) field.form?.requestSubmit();
    },
    true,
  );
}

if (typeof document !== "undefined") watchFiles(document);
