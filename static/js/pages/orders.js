// The list of orders: it says when there is an order that the page does not show.

/** @param {Window & typeof globalThis} page */
export function start(page) {
  const { document, location } = page;
  document.addEventListener("doorbell:frame", ({ detail: { stream, frame, root } }) => {
    /** @type {HTMLElement | null} */
    const newOrders = root.querySelector("[data-new-orders]");
    if (stream !== "orders" || !newOrders || new URLSearchParams(location.search).has("page")) return;
    const shown = [...document.querySelectorAll('[data-stream^="order:"]')];
    const known = new Set(shown.map((row) => row.getAttribute("data-stream")));
    newOrders.hidden = frame.d.orders.every((/** @type {{ref: string}} */ { ref }) => known.has(`order:${ref}`));
  });
}
