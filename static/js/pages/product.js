// The product's page: price, picture, address, the button and the sentence below it follow the chosen variant.

import { showPictureOf } from "./gallery.js";

/** @param {Window & typeof globalThis} page */
export function start(page) {
  const { document } = page;
  /** @type {HTMLFormElement | null} */
  const form = document.querySelector("form.buy");
  const button = form?.querySelector("button");
  if (!form || !button) return;
  const refresh = () => {
    const row = chosen(form);
    const soldOut = row?.dataset.status === "out";
    button.disabled = soldOut;
    show(document, "[data-sold-out]", soldOut);
    show(document, "[data-promise]", !soldOut);
    show(document, "[data-tell]", soldOut);
    if (row?.dataset.alert) document.querySelector("[data-tell]")?.setAttribute("href", row.dataset.alert);
    const price = row?.querySelector(".variant-price")?.textContent?.trim();
    for (const place of price ? document.querySelectorAll("[data-price]") : []) place.textContent = price ?? "";
  };
  /** @param {HTMLInputElement} radio */
  const follow = (radio) => {
    remember(page, chosen(form)?.dataset.stream?.replace("stock:", ""));
    showPictureOf(document, radio.value);
  };
  form.addEventListener("change", ({ target }) => {
    refresh();
    if (target instanceof page.HTMLInputElement && target.name === "variant") follow(target);
  });
  document.addEventListener("doorbell:frame", ({ detail }) => form.contains(detail.root) && refresh());
  page.addEventListener("pageshow", refresh); // a browser that restores the page also restores the choice
  refresh();
  const radio = picked(form);
  if (radio && !radio.defaultChecked) follow(radio); // it was chosen before this script was there
}

/**
 * @param {Document} document
 * @param {string} selector
 * @param {boolean} shown
 */
function show(document, selector, shown) {
  for (const element of document.querySelectorAll(selector)) /** @type {HTMLElement} */ (element).hidden = !shown;
}

/**
 * The address names the chosen variant, so that a link to this page shows it.
 * @param {Window} page
 * @param {string | undefined} sku
 */
function remember(page, sku) {
  if (!sku) return;
  const address = new URL(page.location.href);
  address.searchParams.set("variant", sku);
  page.history.replaceState(page.history.state, "", address);
}

/**
 * The element that shows the stock of the chosen variant.
 * @param {HTMLFormElement} form
 * @returns {HTMLElement | null}
 */
function chosen(form) {
  const radio = picked(form);
  return radio ? radio.closest("[data-stream]") : form.querySelector("[data-stream]");
}

/**
 * The button of the chosen variant; null where there is only one variant.
 * @param {HTMLFormElement} form
 * @returns {HTMLInputElement | null}
 */
function picked(form) {
  return form.querySelector('input[name="variant"]:checked');
}
