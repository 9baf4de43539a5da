// The cart's page: reload the cart when the stock of a line changes whether the line can be bought.

/** @param {Window & typeof globalThis} page */
export function start(page) {
  page.document.addEventListener("doorbell:frame", ({ detail: { root, frame } }) => {
    const line = root.closest("#cart .cart-line");
    /** @type {HTMLInputElement | null | undefined} */
    const quantity = line?.querySelector('input[name="quantity"]');
    if (!line || !quantity) return;
    const blocked = Number(quantity.defaultValue) > frame.d.available;
    if (blocked !== line.classList.contains("blocked")) refresh(page);
  });
}

/**
 * Fetch the cart from the server, which says what is wrong with a line and whether checkout is possible.
 * @param {Window & {htmx?: any}} page
 */
function refresh(page) {
  page.htmx?.ajax("GET", page.location.pathname, { target: "#cart", swap: "outerHTML" });
}
