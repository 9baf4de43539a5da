// The bar of a bulk move: a frame moves it on. Once the move has ended, the block is fetched again with its result.

/** @import {StateFrame} from "../live/types.js" */

import { showFrame } from "../live/start.js";
import { freshPage } from "./fresh-page.js";

/**
 * What to do with a frame.
 * @param {Window & typeof globalThis} page
 */
export function onFrame(page) {
  const fetchPage = freshPage(page);

  /**
   * @param {HTMLElement} root
   * @param {StateFrame} frame
   */
  return async (root, frame) => {
    const ended = root.dataset.status === "running" && !frame.d.running;
    showFrame(root, frame, page);
    const bar = root.querySelector("progress");
    if (bar) {
      bar.max = Number(frame.d.total) || 1;
      bar.value = Number(frame.d.worked);
    }
    if (!ended) return;
    const fresh = (await fetchPage())?.querySelector(".db-refusals");
    const old = root.querySelector(".db-refusals");
    if (!fresh) return;
    if (old) old.replaceWith(fresh);
    else root.append(fresh);
  };
}
