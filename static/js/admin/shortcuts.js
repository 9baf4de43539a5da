// The entry point of every page of the admin.

import { hideIcons } from "./icons.js";
import { watchKeys } from "./keys.js";

const start = () => {
  watchKeys(window);
  hideIcons(document);
};

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
