// The conversation about an order: a frame says that there is a message more, then the messages are asked for. What
// somebody is writing stays.

import { freshPage } from "../admin/fresh-page.js";

/** @param {Window & typeof globalThis} page */
export function start(page) {
  const { document } = page;
  const fetchPage = freshPage(page);
  document.addEventListener("doorbell:frame", async ({ detail: { stream } }) => {
    if (!stream.startsWith("question:")) return;
    const answer = await fetchPage();
    const fresh = answer?.querySelector("#messages");
    const shown = document.querySelector("#messages");
    if (fresh && shown && fresh.children.length !== shown.children.length) shown.replaceChildren(...fresh.children);
  });
}
