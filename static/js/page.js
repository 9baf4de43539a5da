// What every page of the shop needs. Small things; each works without, only less well.

import "./once.js";
import { install, offerNotifications } from "./install.js";
import { startLive, showFrame } from "./live/start.js";

document.documentElement.classList.add("js");

startLive({
  onFrame: (root, frame) => {
    showFrame(root, frame);
    if (frame.s === "orders") hintAtNewOrders(root, frame.d.orders);
  },
});

install();
offerNotifications(document.querySelector("[data-notify]"));

/** The list has an order that the page does not show. */
function hintAtNewOrders(root, orders) {
  const known = new Set([...document.querySelectorAll('[data-stream^="order:"]')].map((row) => row.dataset.stream));
  const fresh = orders.some(({ ref }) => !known.has(`order:${ref}`));
  const hint = root.querySelector("[data-new-orders]");
  if (hint && !new URLSearchParams(location.search).has("page")) hint.hidden = !fresh;
}

// Filters apply as they are changed.
for (const form of document.querySelectorAll(".filters")) {
  form.addEventListener("change", () => form.requestSubmit());
}

// Checkout: the sums follow the delivery method, the address fields the country.
const checkout = document.querySelector("#checkout");
checkout?.addEventListener("change", (event) => {
  const { total, price } = event.target.dataset;
  if (total) {
    checkout.querySelector('[data-sum="total"]').textContent = total;
    checkout.querySelector('[data-sum="price"]').textContent = price;
  }
  if (event.target.name === "country") reshape();
});

// A browser may fill the form again, or a shopper choose, before this script is there.
const shownFor = [...(checkout?.elements.country?.options ?? [])].find((option) => option.defaultSelected)?.value;
if (shownFor !== undefined && shownFor !== checkout.elements.country.value) reshape();

async function reshape() {
  const sent = new FormData(checkout);
  sent.set("shape", "1");
  const response = await fetch(location.pathname, { method: "POST", body: sent, credentials: "same-origin" });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("#address");
  if (!fresh || checkout.elements.country.value !== sent.get("country")) return; // a later choice has its own answer
  for (const field of fresh.querySelectorAll("input, select")) {
    const now = checkout.elements[field.name]; // what was typed while the answer was on its way is kept
    if (now && now.value !== sent.get(field.name)) field.value = now.value;
  }
  document.querySelector("#address").replaceWith(fresh);
  fresh.querySelector('[name="country"]').focus();
}

document.querySelector("#checkout-errors")?.focus();

// Suggestions close by Escape, and when the focus goes elsewhere.
const search = document.querySelector(".search");
const suggestions = document.querySelector("#suggestions");
const close = () => suggestions.replaceChildren();
search?.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const stops = [search.querySelector("input"), ...suggestions.querySelectorAll("a")];
  const step = event.key === "ArrowDown" ? 1 : -1;
  const next = stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length];
  event.preventDefault();
  next.focus();
});
search?.addEventListener("focusout", () => {
  // Later: the focus may be on its way into the list, or the list may just be being replaced.
  setTimeout(() => search.contains(document.activeElement) || close());
});
// An answer that comes late must not take away what the shopper is walking through.
suggestions?.addEventListener("htmx:beforeSwap", (event) => {
  if (suggestions.contains(document.activeElement)) event.detail.shouldSwap = false;
});
