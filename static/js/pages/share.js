// **Share**: the browser's own menu; where there is none, the address is copied: that of the page, or the button's own.

/** @param {Window & typeof globalThis} page */
export function start(page) {
  const { document, navigator } = page;
  /** @type {HTMLElement | null} */
  const button = document.querySelector("[data-share]");
  const words = document.querySelector("[data-share-words]");
  if (!button || (!navigator.share && !navigator.clipboard)) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const href = button.dataset.share || page.location.href; // read now: it names the chosen variant
    try {
      if (navigator.share) await navigator.share({ title: document.title, url: href });
      else {
        await navigator.clipboard.writeText(href);
        if (words) words.textContent = button.dataset.copied ?? "";
      }
    } catch {
      // The visitor closed the menu, or the browser refused: nothing was promised.
    }
  });
}
