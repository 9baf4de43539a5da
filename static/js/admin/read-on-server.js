// Codes read by the shop, where the browser reads none: it is sent small pictures of the camera, one at a time.

import { asJpeg } from "./jpeg.js";

/** @import {Reader} from "./camera.js" */

const EVERY_MS = 400;
const LONGEST = 800; // pixels; `orders/packing/codes.py` takes somewhat more
const QUALITY = 0.8;
const PATIENCE_MS = 8000;
const MISSES = 2; // answers in a row that do not come: a phone that walks from one Wi-Fi to the next has one

/** Why nothing more is read; `word` names the sentence of the page. */
export class Stopped extends Error {
  /** @param {string} word */
  constructor(word) {
    super(word);
    this.word = word;
  }
}

/**
 * A reader that posts to the address of the page. `detect` throws `Stopped` when it is of no use to go on.
 * @param {HTMLElement} root
 * @param {Window & typeof globalThis} page
 * @returns {Reader}
 */
export function readOnServer(root, page) {
  const canvas = page.document.createElement("canvas");
  let asking = false;
  let missed = 0;

  /** @param {Blob} body */
  const ask = (body) => {
    /** @type {HTMLInputElement | null} */
    const token = root.querySelector("[name=csrfmiddlewaretoken]");
    const headers = { "Content-Type": "image/jpeg", "X-CSRFToken": token?.value ?? "" };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const options = { method: "POST", body, headers, signal, redirect: /** @type {const} */ ("manual") };
    return page.fetch(root.dataset.codes ?? "", options);
  };

  /** @param {HTMLVideoElement} video */
  const read = async (video) => {
    const picture = await pictureOf(video, canvas);
    if (!picture) return null;
    try {
      const answer = await ask(picture);
      const word = refusal(answer);
      if (word) throw new Stopped(word);
      if (!answer.ok) throw new Error(String(answer.status));
      const { codes } = /** @type {{ codes: string[] }} */ (await answer.json());
      missed = 0;
      return codes;
    } catch (problem) {
      if (problem instanceof Stopped) throw problem;
      if (page.document.hidden) return null; // a phone that is put away ends its requests
      missed += 1;
      if (missed < MISSES) return null;
      missed = 0;
      throw new Stopped("silent");
    }
  };

  return {
    every: EVERY_MS,
    detect: async (video) => {
      if (asking || page.document.hidden) return null;
      asking = true;
      try {
        return await read(video);
      } finally {
        asking = false;
      }
    },
  };
}

/**
 * The word for an answer after which it is of no use to ask again; "" for codes, and for a server in trouble.
 * @param {Response} answer
 */
function refusal({ status, type }) {
  if (type === "opaqueredirect" || status === 401 || status === 403) return "barred"; // led to sign in
  if (status === 429) return "often";
  return status >= 400 && status < 500 ? "unfit" : "";
}

/**
 * What the camera shows, as a JPEG; null while it shows nothing.
 * @param {HTMLVideoElement} video
 * @param {HTMLCanvasElement} canvas
 * @returns {Promise<Blob | null>}
 */
function pictureOf(video, canvas) {
  const { videoWidth, videoHeight } = video;
  if (!videoWidth || !videoHeight) return Promise.resolve(null);
  const size = { width: videoWidth, height: videoHeight };
  return asJpeg(video, size, { canvas, longest: LONGEST, quality: QUALITY });
}
