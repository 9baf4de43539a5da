// The entry point of the shop's pages. Every page works without it, with less comfort.

import { startLive } from "../live/start.js";
import { cartNumber } from "./cart-number.js";
import { install } from "./install.js";
import { sendOnce } from "./once.js";
import { search } from "./search.js";
import { watchSwaps } from "./swaps.js";

document.documentElement.classList.add("js");

for (const start of [sendOnce, search, cartNumber, install]) start(window);
watchSwaps(window);

// Modules that only some pages need are loaded on those pages.
for (const [selector, load] of /** @type {const} */ ([
  ["#checkout, #account-address", () => import("./checkout.js")],
  ["#cart", () => import("./cart.js")],
  ["form.buy", () => import("./product.js")],
  [".gallery", () => import("./gallery.js")],
  ["[data-share]", () => import("./share.js")],
  ["form.filters", () => import("./filters.js")],
  ["[data-new-orders]", () => import("./orders.js")],
  ["[data-changed-at]", () => import("./order-lines.js")],
  ["[data-ask]", () => import("./ask.js")],
  ["[data-new]", () => import("./since.js")],
  ["article.order", () => import("./step.js")],
  ["[data-doorbell]", () => import("./doorbell.js")],
  ["time[data-countdown]", () => import("./countdown.js")],
  ["#questions", () => import("./questions.js")],
  ["[data-notify]", () => import("./notifications.js")],
])) {
  if (document.querySelector(selector)) load().then(({ start }) => start(window));
}

startLive();
