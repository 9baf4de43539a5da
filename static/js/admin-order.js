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
  for (const input of old.querySelectorAll("input[name=note], input[name=tracking]")) {
    const twin = fresh.querySelector(`input[name=${input.name}]`);
    if (twin) twin.value = input.value; // a note half typed is not lost
  }
  const connection = old.querySelector("[data-connection]");
  fresh.querySelector("[data-connection]").replaceWith(connection);
  const focused = old.contains(document.activeElement) ? document.activeElement.name : null;
  old.replaceWith(fresh);
  if (focused) fresh.querySelector(`[name=${focused}]`)?.focus();
}
