// The theme's icons are words in a font, such as "chevron_right". They are not read aloud beside text that says it.

const ICON = ".material-symbols-outlined";

/**
 * Hide the icons from screen readers, those of parts that come later too.
 * @param {Document} document
 */
export function hideIcons(document) {
  hide(document);
  document.addEventListener("htmx:afterSwap", () => hide(document));
}

/** @param {Document} document */
function hide(document) {
  for (const icon of document.querySelectorAll(`${ICON}:not([aria-hidden])`)) {
    const control = icon.closest("a, button, [role=button]");
    if (!control || named(control)) icon.setAttribute("aria-hidden", "true");
  }
}

/**
 * Whether a control has a name without its icons. One that has none would be silent: its icon's word is better.
 * @param {Element} control
 */
function named(control) {
  if (control.getAttribute("aria-label") || control.getAttribute("title")) return true;
  const copy = /** @type {Element} */ (control.cloneNode(true));
  for (const icon of copy.querySelectorAll(ICON)) icon.remove();
  return Boolean(copy.textContent?.trim());
}
