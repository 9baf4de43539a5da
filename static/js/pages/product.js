// The product's page: the button and the sentence below it depend on the stock of the chosen variant.

/** @param {Window & typeof globalThis} page */
export function start(page) {
  const { document } = page;
  /** @type {HTMLFormElement | null} */
  const form = document.querySelector("form.buy");
  const button = form?.querySelector("button");
  /** @type {HTMLElement | null | undefined} */
  const sentence = form?.querySelector("[data-sold-out]");
  if (!form || !button || !sentence) return;
  const refresh = () => {
    const soldOut = chosen(form)?.dataset.status === "out";
    button.disabled = soldOut;
    sentence.hidden = !soldOut;
  };
  form.addEventListener("change", refresh);
  document.addEventListener("doorbell:frame", ({ detail }) => form.contains(detail.root) && refresh());
  page.addEventListener("pageshow", refresh); // a browser that restores the page also restores the choice
  refresh();
}

/**
 * The element that shows the stock of the chosen variant.
 * @param {HTMLFormElement} form
 * @returns {HTMLElement | null}
 */
function chosen(form) {
  const radio = form.querySelector('input[name="variant"]:checked');
  return radio ? radio.closest("[data-stream]") : form.querySelector("[data-stream]");
}
