// Search suggestions: requested while the shopper types, chosen by the arrow keys, closed by Escape.

/** @param {Window & typeof globalThis} page */
export function search(page) {
  const { document } = page;
  /** @type {HTMLFormElement | null} */
  const form = document.querySelector(".search");
  const suggestions = document.querySelector("#suggestions");
  const box = form?.querySelector("input");
  if (!form || !box || !suggestions) return;
  const close = () => suggestions.replaceChildren();

  // htmx requests suggestions at the event "suggest". A word that is still being composed in an input method (Pinyin,
  // Kana) is not searched for.
  const suggest = () => box.dispatchEvent(new page.CustomEvent("suggest"));
  box.addEventListener("input", (event) => /** @type {InputEvent} */ (event).isComposing || suggest());
  box.addEventListener("compositionend", suggest);

  form.addEventListener("keydown", (event) => {
    if (composing(event)) return; // the input method needs the keys: they choose among its candidates
    if (event.key === "Escape") close();
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [box, ...suggestions.querySelectorAll("a")];
    const at = stops.indexOf(/** @type {HTMLInputElement} */ (document.activeElement));
    const next = stops[(at + (event.key === "ArrowDown" ? 1 : -1) + stops.length) % stops.length];
    event.preventDefault();
    next?.focus();
  });
  form.addEventListener("focusout", () => {
    // Later: the focus may be moving into the list, or htmx may be replacing the list.
    page.setTimeout(() => form.contains(document.activeElement) || close());
  });
  // A late answer must not replace the list while the focus is in it.
  suggestions.addEventListener("htmx:beforeSwap", (event) => {
    const swap = /** @type {CustomEvent<{shouldSwap: boolean}>} */ (event).detail;
    if (suggestions.contains(document.activeElement)) swap.shouldSwap = false;
  });
}

/**
 * Whether an input method handles the key. Safari shows that by the key code only.
 * @param {KeyboardEvent} event
 */
export function composing(event) {
  return event.isComposing || event.keyCode === 229;
}
