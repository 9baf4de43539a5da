// How long a move can still be undone: the seconds on the button, which rests once they are over. The server decides.
// The page fetches its block anew on every frame, so the button may be another one each time.

/**
 * @param {Window & typeof globalThis} page
 * @param {() => number} [now]
 */
export function watchUndo(page, now = Date.now) {
  /** @type {WeakMap<Element, number>} */
  const ends = new WeakMap();
  const show = () => {
    /** @type {HTMLButtonElement | null} */
    const button = page.document.querySelector("button[data-undo]");
    if (!button) return;
    const end = ends.get(button) ?? now() + Number(button.dataset.undo) * 1000;
    ends.set(button, end);
    const seconds = Math.max(0, Math.ceil((end - now()) / 1000));
    const left = button.querySelector("[data-undo-left]");
    if (left) left.textContent = `0:${String(seconds).padStart(2, "0")}`;
    if (!seconds) button.disabled = true;
  };
  show();
  page.setInterval(show, 1000);
}
