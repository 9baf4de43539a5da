// How far an order is, in the icon of the tab and, where the browser has it, on the icon of the installed app.

const TURN = 2 * Math.PI * 6;

/**
 * An icon: a ring that is closed as far as the order has come.
 * @param {number} share from 0 to 1
 * @param {string} colour
 */
export function ring(share, colour) {
  const circle = 'cx="8" cy="8" r="6" fill="none" stroke-width="4"';
  const done = `${(share * TURN).toFixed(2)} ${TURN.toFixed(2)}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<circle ${circle} stroke="#b9b1a3"/>
<circle ${circle} stroke="${colour}" stroke-dasharray="${done}" transform="rotate(-90 8 8)"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/**
 * The share of the way, and its colour; null for an order that has left the way.
 * @param {Element} root
 * @param {string} status
 */
export function progress(root, status) {
  if (["cancelled", "refunded", "payment_failed"].includes(status)) return { share: 1, colour: "#c0392b" };
  const rows = [...root.querySelectorAll(".timeline li:not([hidden])")];
  const now = rows.findIndex((row) => row.getAttribute("data-state") === "now");
  if (now < 0) return null;
  return { share: (now + 1) / rows.length, colour: status === "delivered" ? "#3f8f58" : "#c4633f" };
}

/** @param {Window & typeof globalThis} page */
export function start(page) {
  const { document } = page;
  /** @type {HTMLElement | null} */
  const root = document.querySelector("article.order[data-stream]");
  const icon = document.querySelector('link[rel="icon"]');
  if (!root || !icon) return;
  const navigator = /** @type {Navigator & {setAppBadge?: (n: number) => Promise<void>}} */ (page.navigator);
  let unseen = 0;
  const show = () => {
    const found = progress(root, root.dataset.status ?? "");
    if (found) icon.setAttribute("href", ring(found.share, found.colour));
  };
  const badge = () => navigator.setAppBadge?.(unseen).catch(() => {}); // only an installed app has one
  show();
  badge();
  document.addEventListener("doorbell:frame", ({ detail: { frame } }) => {
    show();
    if (frame.t !== "ev" || !document.hidden) return;
    unseen += 1;
    badge();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !unseen) return;
    unseen = 0;
    badge();
  });
}
