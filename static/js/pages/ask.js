// A form with [data-ask="id"] opens the dialog of that id, which asks. Without this script, or in a browser without
// dialogs, the form leads to a page that asks the same.

/** @param {Window & typeof globalThis} page */
export function start(page) {
  const { document } = page;
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const dialog = form.dataset.ask && document.getElementById(form.dataset.ask);
    if (!dialog || !("showModal" in dialog)) return;
    event.preventDefault();
    /** @type {HTMLDialogElement} */ (dialog).showModal();
  });
  // The order has changed, and the action is no longer possible: close the question.
  document.addEventListener("doorbell:frame", ({ detail: { root, frame } }) => {
    for (const found of root.querySelectorAll("dialog[open][data-while]")) {
      const dialog = /** @type {HTMLDialogElement} */ (found);
      if (!frame.d[dialog.dataset.while ?? ""]) dialog.close();
    }
  });
}
