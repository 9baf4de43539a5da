// The page of an order: once staff have changed its lines, they are asked for again, with their sums.

import { freshPage } from "../admin/fresh-page.js";

/** @param {Window & typeof globalThis} page */
export function start(page) {
  const { document } = page;
  const fresh = freshPage(page);
  document.addEventListener("doorbell:frame", async ({ detail: { frame } }) => {
    /** @type {HTMLElement | null} */
    const shown = document.querySelector("[data-changed-at]");
    const changed = frame.d.changed_at;
    if (!shown || changed === undefined || shown.dataset.changedAt === changed) return;
    const now = (await fresh())?.querySelector("[data-changed-at]");
    if (now) shown.replaceWith(document.adoptNode(now));
  });
}
