// Codes read by the camera, where the browser can. Whatever it cannot is said in a sentence: a scanner does the same.

const EVERY_MS = 200;
const AGAIN_MS = 2500; // the same code in front of the camera for that long is one scan
const FORMATS = ["qr_code", "code_128", "code_39", "ean_13", "ean_8", "upc_a", "itf", "data_matrix"];

/**
 * @typedef {{ detect: (source: HTMLVideoElement) => Promise<{ rawValue: string }[]> }} Detector
 * @typedef {Window & typeof globalThis & { BarcodeDetector?: {
 *   new (options: { formats: string[] }): Detector,
 *   getSupportedFormats: () => Promise<string[]>,
 * } }} Page
 */

/**
 * Watch the camera's button; `take` gets each code, `take.say` the sentences.
 * @param {HTMLElement} root
 * @param {Page} page
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
  /** @type {MediaStream | null} */
  let stream = null;
  let timer = 0;
  let last = { code: "", at: 0 };

  const close = () => {
    page.clearTimeout(timer);
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    frame.hidden = true;
    button.setAttribute("aria-pressed", "false");
  };

  /** @param {Detector} detector */
  const look = async (detector) => {
    if (!stream) return;
    const found = await detector.detect(video).catch(() => []);
    const code = found[0]?.rawValue ?? "";
    const now = page.Date.now();
    if (stream && code && (code !== last.code || now - last.at > AGAIN_MS)) take.code(code);
    if (code) last = { code, at: now };
    if (stream) timer = page.setTimeout(() => void look(detector), EVERY_MS);
  };

  const open = async () => {
    const { BarcodeDetector } = page;
    if (!BarcodeDetector || !page.navigator.mediaDevices) return take.say(words.cannot ?? "", false);
    const known = await BarcodeDetector.getSupportedFormats().catch(() => /** @type {string[]} */ ([]));
    const formats = FORMATS.filter((format) => known.includes(format));
    if (!formats.length) return take.say(words.cannot ?? "", false);
    try {
      stream = await page.navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch (problem) {
      const name = problem instanceof Error ? problem.name : "";
      return take.say((name === "NotFoundError" ? words.none : words.refused) ?? "", false);
    }
    frame.hidden = false;
    button.setAttribute("aria-pressed", "true");
    video.srcObject = stream;
    await video.play().catch(() => undefined);
    void look(new BarcodeDetector({ formats }));
  };

  button.addEventListener("click", () => (stream ? close() : void open()));
  page.addEventListener("pagehide", close);
}
