// The theme's script expects a text field of its own beside every field for a file, and fails where there is none. A
// field with `data-plain` is kept from it.

document.addEventListener(
  "change",
  (event) => {
    if (/** @type {Element} */ (event.target).matches("[data-plain]")) event.stopPropagation();
  },
  true,
);
