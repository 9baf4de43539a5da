// The number beside Cart. A page that the Back button brings back shows an old number; this fetches the current one.

/** @param {Window & typeof globalThis} page */
export function cartNumber(page) {
  page.addEventListener("pageshow", (event) => {
    if (event.persisted || cameBack(page)) refresh(page).catch(() => {}); // no network: the number stays as it is
  });
}

/** @param {Window} page */
function cameBack(page) {
  const [how] = page.performance.getEntriesByType?.("navigation") ?? [];
  return /** @type {PerformanceNavigationTiming | undefined} */ (how)?.type === "back_forward";
}

/** @param {Window & typeof globalThis} page */
async function refresh(page) {
  const number = page.document.querySelector("#cart-count");
  const address = page.document.querySelector("[data-cart-count]")?.getAttribute("data-cart-count");
  if (!number || !address) return;
  const response = await page.fetch(address, { credentials: "same-origin" });
  if (!response.ok) return;
  const answer = new page.DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = answer.querySelector("#cart-count");
  if (fresh) number.replaceWith(page.document.importNode(fresh, true));
}
