// Codes read by the camera: by the browser where it can, else by the shop. Whatever goes wrong is said in a sentence.

import { readInBrowser } from "./read-in-browser.js";
import { readOnServer, Stopped } from "./read-on-server.js";

const AGAIN_MS = 2500; // the same code in front of the camera for that long is one scan,
const AGAIN_LOOKS = 2; // also where a look takes long: it is another one after so many looks without it
const CAMERA = { facingMode: "environment", width: { ideal: 1280 } };

/**
 * What reads codes: `detect` gives those that the camera shows, and null where it could not look. The next look follows
 * after `every` milliseconds.
 * @typedef {{ every: number, detect: (video: HTMLVideoElement) => Promise<string[] | null> }} Reader
 */

/**
 * Watch the camera's button; `take` gets each code, `take.say` the sentences.
 * @param {HTMLElement} root
 * @param {Window & typeof globalThis} page
 * @param {{ code: (code: string) => void, say: (words: string, good: boolean) => void }} take
 */
export function watchCamera(root, page, take) {
  /** @type {HTMLElement | null} */
  const tools = root.querySelector("[data-tools]");
  const button = root.querySelector("[data-open-camera]");
  const frame = /** @type {HTMLElement | null} */ (root.querySelector("[data-camera]"));
  const video = frame?.querySelector("video");
  const words = /** @type {HTMLElement | null} */ (root.querySelector("[data-words]"))?.dataset ?? {};
  if (!tools || !button || !frame || !video) return;
  tools.hidden = false;
  /** @type {Reader | undefined} */
  let reader;
  /** @type {MediaStream | null} */
  let stream = null;
  let opening = false;
  let timer = 0;
  const isNew = scans();

  const close = () => {
    page.clearTimeout(timer);
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    frame.hidden = true;
    button.setAttribute("aria-pressed", "false");
  };

  /**
   * @param {Reader} by
   * @param {MediaStream} mine The camera as it was opened: it may have been closed, and opened again, meanwhile.
   */
  const look = async (by, mine) => {
    try {
      const found = await by.detect(video);
      if (stream !== mine) return;
      const code = found?.[0] ?? "";
      if (found && isNew(code, page.Date.now())) take.code(code);
      timer = page.setTimeout(() => void look(by, mine), by.every);
    } catch (problem) {
      if (stream !== mine) return;
      close();
      take.say(words[problem instanceof Stopped ? problem.word : "unfit"] ?? "", false);
    }
  };

  const open = async () => {
    if (!page.navigator.mediaDevices) return take.say(words.cannot ?? "", false);
    reader ??= (await readInBrowser(page)) ?? readOnServer(root, page);
    try {
      stream = await page.navigator.mediaDevices.getUserMedia({ video: CAMERA });
    } catch (problem) {
      const name = problem instanceof Error ? problem.name : "";
      return take.say((name === "NotFoundError" ? words.none : words.refused) ?? "", false);
    }
    frame.hidden = false;
    button.setAttribute("aria-pressed", "true");
    video.srcObject = stream;
    await video.play().catch(() => undefined);
    if (stream) void look(reader, stream);
  };

  button.addEventListener("click", async () => {
    if (stream) return close();
    if (opening) return; // the browser still asks whether it may
    opening = true;
    await open();
    opening = false;
  });
  page.addEventListener("pagehide", close);
}

/** A function that says of the code of each look ("" for none) whether it is a new scan. */
function scans() {
  /** @type {Map<string, { at: number, look: number }>} */
  const seen = new Map();
  let look = 0;
  /**
   * @param {string} code
   * @param {number} at
   */
  return (code, at) => {
    look += 1;
    if (!code) return false;
    const before = seen.get(code);
    seen.set(code, { at, look });
    return !before || (at - before.at > AGAIN_MS && look - before.look > AGAIN_LOOKS);
  };
}
