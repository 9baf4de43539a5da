// The doorbell: two notes when the courier has the parcel, and when it is there. Only for who asked for it in this
// page, only while the page is visible, never for what happened before, and never with reduced motion.

/** @import {StateFrame} from "../live/types.js" */

import { ring } from "../board/sound.js";

const LAST_STEPS = ["out_for_delivery", "delivered"];
const FRESH_MS = 60_000;

/**
 * Whether a frame rings.
 * @param {{
 *   frame: Pick<StateFrame, "t" | "at" | "d">, before: string, wanted: boolean, hidden: boolean, calm: boolean,
 *   now: number,
 * }} moment `before` is the status that the page showed; `calm` is reduced motion
 */
export function rings({ frame, before, wanted, hidden, calm, now }) {
  if (!wanted || hidden || calm || frame.t !== "ev") return false;
  const fresh = Math.abs(now - Date.parse(frame.at ?? "")) < FRESH_MS;
  return fresh && frame.d.status !== before && LAST_STEPS.includes(frame.d.status);
}

/** @param {Window & typeof globalThis} page */
export function start(page) {
  const { document, AudioContext } = page;
  /** @type {HTMLElement | null} */
  const button = document.querySelector("[data-doorbell]");
  /** @type {HTMLElement | null} */
  const root = document.querySelector("article.order[data-stream]");
  const reduced = page.matchMedia("(prefers-reduced-motion: reduce)");
  if (!button || !root || !AudioContext || reduced.matches) return;
  /** @type {AudioContext | undefined} */
  let context;
  let wanted = false;
  let before = root.dataset.status ?? "";
  button.hidden = false;
  button.addEventListener("click", () => {
    wanted = !wanted;
    button.setAttribute("aria-pressed", String(wanted));
    if (!wanted) return;
    context ??= new AudioContext(); // browsers allow sound only after a press
    ring(context); // so that the press is answered, and the volume can be set
  });
  document.addEventListener("doorbell:frame", ({ detail: { frame } }) => {
    const moment = { frame, before, wanted, hidden: document.hidden, calm: reduced.matches, now: Date.now() };
    before = frame.d.status ?? before;
    if (context && rings(moment)) ring(context);
  });
}
