// The cart's page: a line that can no longer be bought, or can again, changes what the page offers.

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
 * Have the server draw the cart anew: it says what is wrong, and whether the cart can be bought.
 * @param {Window & {htmx?: any}} page
 */
function refresh(page) {
  page.htmx?.ajax("GET", page.location.pathname, { target: "#cart", swap: "outerHTML" });
}
