// The order's page in admin moves by itself: the status at once, the buttons and events by fetching the block anew.

import { startLive, showFrame } from "./live/start.js";

startLive({
  onFrame: async (root, frame) => {
    showFrame(root, frame);
    await refresh();
  },
});

let asked = 0;

async function refresh() {
  const mine = (asked += 1);
  const response = await fetch(location.href, { credentials: "same-origin" });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (mine !== asked) return; // a later frame has asked since; its answer is the newer one
  const fresh = page.querySelector("#db-live");
  const old = document.querySelector("#db-live");
  if (!fresh || !old) return;
  for (const field of old.querySelectorAll("textarea, input[name=tracking]")) {
    const twin = twinOf(field, fresh);
    if (twin && field.value) twin.value = field.value; // a note half typed is not lost
  }
  const connection = old.querySelector("[data-connection]");
  fresh.querySelector("[data-connection]").replaceWith(connection);
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  if (focused?.name) twinOf(focused, fresh)?.focus();
}

// The same field of the same move; if that move is gone, the field of the first one that has it.
function twinOf(field, block) {
  const action = field.form?.getAttribute("action");
  return block.querySelector(`form[action="${action}"] [name=${field.name}]`) ?? block.querySelector(`[name=${field.name}]`);
}
