// The form of a product: a moment that is typed under "For sale from" chooses the status that goes with it.

/**
 * Watch the two fields of a page.
 * @param {Document} document
 */
export function watchMoment(document) {
  const moment = /** @type {HTMLInputElement | null} */ (document.querySelector("#id_publish_at"));
  const status = /** @type {HTMLSelectElement | null} */ (document.querySelector("#id_status"));
  if (!moment || !status) return;
  let before = status.value;
  status.addEventListener("change", () => {
    before = status.value;
  });
  moment.addEventListener("input", () => {
    if (moment.value) status.value = SCHEDULED;
    else if (before !== SCHEDULED) status.value = before; // the moment was taken out again
  });
}

const SCHEDULED = "scheduled";

if (typeof document !== "undefined") watchMoment(document);
