// Checkout: the sums depend on the delivery method, the address fields on the country.

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

/** @param {Window & typeof globalThis} page */
export function start(page) {
  const { document } = page;
  /** @type {HTMLFormElement | null} */
  const form = document.querySelector("#checkout");
  if (!form) return;
  /** @type {HTMLElement | null} */
  const errors = document.querySelector("#checkout-errors");
  errors?.focus();
  form.addEventListener("change", (event) => {
    const changed = /** @type {Field} */ (event.target);
    showSums(form, changed.dataset);
    if (changed.name === "country") reshape(page, form);
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
function showSums(form, { total, price }) {
  if (!total || !price) return;
  for (const [name, amount] of Object.entries({ total, price })) {
    const sum = form.querySelector(`[data-sum="${name}"]`);
    if (sum) sum.textContent = amount;
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
  const fresh = answer.querySelector("#address");
  if (!fresh || field(form, "country")?.value !== sent.get("country")) return; // a later choice gets its own answer
  for (const input of fresh.querySelectorAll("input, select")) {
    const made = /** @type {Field} */ (input);
    const now = field(form, made.name); // keep what was typed since the request was sent
    if (now && now.value !== sent.get(made.name)) made.value = now.value;
  }
  form.querySelector("#address")?.replaceWith(fresh);
  field(form, "country")?.focus();
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function field(form, name) {
  return /** @type {Field | null} */ (form.elements.namedItem(name));
}
