// **Start packing**: the form sends the orders that are ticked, or all of the list as it is at that moment.

const BOX = "#result_list input.action-select";

/**
 * Fill the form when it is sent. Without scripts it has the orders of the page as it was made.
 * @param {Document} document
 */
export function watchStart(document) {
  const form = document.querySelector("#start-packing");
  form?.addEventListener("submit", () => {
    const boxes = [.../** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll(BOX))];
    const ticked = boxes.filter((box) => box.checked);
    for (const old of form.querySelectorAll("[name=order]")) old.remove();
    for (const { value } of ticked.length ? ticked : boxes) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name: "order", value });
      form.append(field);
    }
  });
}
