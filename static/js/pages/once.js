// A form with [data-once] is sent once, however often its button is pressed. (The server places one order in any case.)

const AGAIN_MS = 10000; // after this time without an answer the button works again

/** @param {Window & typeof globalThis} page */
export function sendOnce(page) {
  const { document } = page;
  /** @type {number | undefined} */
  let timer;

  const release = () => {
    page.clearTimeout(timer);
    for (const form of document.querySelectorAll("form[data-sent]")) {
      form.removeAttribute("data-sent");
      form.removeAttribute("aria-busy");
    }
  };

  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || !form.querySelector("[data-once]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
    timer = page.setTimeout(release, AGAIN_MS);
  });
  // The shopper stops the request, by Escape or by the browser's Stop button.
  document.addEventListener("keydown", (event) => event.key === "Escape" && release());
  if ("navigation" in page) page.navigation.addEventListener("navigateerror", release);
  // The shopper comes back by the Back button: the form may be sent again.
  page.addEventListener("pageshow", release);
}
