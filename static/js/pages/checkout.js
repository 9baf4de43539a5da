// Checkout, and the form of a saved address: the sums depend on the delivery method, the address fields on the country.

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

// The country decides about the fields, the currency and the deliveries; all of these decide about the tax.
const RESHAPING = ["country", "region", "vat_number"];
const PARTS = ["#address", "#delivery-methods", "#ways-to-pay", "#sums", "#agreement"];

/** @param {Window & typeof globalThis} page */
export function start(page) {
  const { document } = page;
  /** @type {HTMLFormElement | null} */
  const form = document.querySelector("#checkout, #account-address");
  if (!form) return;
  /** @type {HTMLElement | null} */
  const errors = document.querySelector("#checkout-errors");
  errors?.focus();
  form.addEventListener("change", (event) => {
    const changed = /** @type {Field} */ (event.target);
    showSums(form, changed.dataset);
    if (RESHAPING.includes(changed.name)) reshape(page, form);
  });
  // The browser may have restored the form, or the shopper chosen, before this script was loaded.
  const country = field(form, "country");
  const options = country && "options" in country ? [...country.options] : [];
  const shownFor = options.find((option) => option.defaultSelected)?.value;
  if (shownFor !== undefined && shownFor !== country?.value) reshape(page, form);
}

/**
 * @param {HTMLFormElement} form
 * @param {DOMStringMap} sums of the chosen delivery method
 */
function showSums(form, { total, delivery, apart }) {
  if (!total || !delivery || !apart) return;
  for (const [name, amount] of Object.entries({ total, delivery, apart })) {
    const sum = form.querySelector(`[data-sum="${name}"]`);
    if (sum) sum.textContent = amount.trim();
  }
}

/**
 * Fetch the address fields of the chosen country.
 * @param {Window & typeof globalThis} page
 * @param {HTMLFormElement} form
 */
async function reshape(page, form) {
  const sent = new page.FormData(form);
  sent.set("shape", "1");
  const request = { method: "POST", body: sent, credentials: /** @type {const} */ ("same-origin") };
  const response = await page.fetch(page.location.pathname, request);
  if (!response.ok) return;
  const answer = new page.DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = answer.querySelector(`#${form.id}`);
  if (!fresh) return page.location.assign(response.url); // something cannot be sold there: the cart says what
  // A later choice gets its own answer.
  if (RESHAPING.some((name) => (field(form, name)?.value ?? "") !== (sent.get(name) ?? ""))) return;
  for (const input of fresh.querySelectorAll("#address :is(input, select, textarea)")) {
    const made = /** @type {Field} */ (input);
    const now = field(form, made.name); // keep what was typed since the request was sent
    if (now && now.value !== sent.get(made.name)) made.value = now.value;
  }
  const focused = /** @type {Field | null} */ (page.document.activeElement);
  for (const part of PARTS) {
    const made = fresh.querySelector(part);
    const shown = form.querySelector(part);
    // The button stays the same one while it says the same: somebody may be pressing it.
    if (made && !(part === "#agreement" && made.innerHTML === shown?.innerHTML)) shown?.replaceWith(made);
  }
  const currency = /** @type {HTMLInputElement | null} */ (fresh.querySelector("input[name=currency]"));
  const shown = /** @type {HTMLInputElement | null} */ (field(form, "currency"));
  if (currency && shown) shown.value = currency.value;
  field(form, focused?.name || "country")?.focus?.(); // radio buttons of one name cannot be focused together
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function field(form, name) {
  return /** @type {Field | null} */ (form.elements.namedItem(name));
}
