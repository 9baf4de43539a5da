// Suggestions are asked for as the shopper types, walked through by the arrow keys, and closed by Escape.

/** @param {Window & typeof globalThis} page */
export function search(page) {
  const { document } = page;
  /** @type {HTMLFormElement | null} */
  const form = document.querySelector(".search");
  const suggestions = document.querySelector("#suggestions");
  const box = form?.querySelector("input");
  if (!form || !box || !suggestions) return;
  const close = () => suggestions.replaceChildren();

  // htmx waits for "suggest". Half a word in an input method (Pinyin, Kana) is nothing to look for.
  const suggest = () => box.dispatchEvent(new page.CustomEvent("suggest"));
  box.addEventListener("input", (event) => /** @type {InputEvent} */ (event).isComposing || suggest());
  box.addEventListener("compositionend", suggest);

  form.addEventListener("keydown", (event) => {
    if (composing(event)) return; // the keys are the input method's: they choose among its candidates
    if (event.key === "Escape") close();
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [box, ...suggestions.querySelectorAll("a")];
    const at = stops.indexOf(/** @type {HTMLInputElement} */ (document.activeElement));
    const next = stops[(at + (event.key === "ArrowDown" ? 1 : -1) + stops.length) % stops.length];
    event.preventDefault();
    next?.focus();
  });
  form.addEventListener("focusout", () => {
    // Later: the focus may be on its way into the list, or the list may just be being replaced.
    page.setTimeout(() => form.contains(document.activeElement) || close());
  });
  // An answer that comes late must not take away what the shopper is walking through.
  suggestions.addEventListener("htmx:beforeSwap", (event) => {
    const swap = /** @type {CustomEvent<{shouldSwap: boolean}>} */ (event).detail;
    if (suggestions.contains(document.activeElement)) swap.shouldSwap = false;
  });
}

/**
 * Whether a key goes to an input method. Safari says so by the key code alone.
 * @param {KeyboardEvent} event
 */
export function composing(event) {
  return event.isComposing || event.keyCode === 229;
}
