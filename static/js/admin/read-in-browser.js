// Codes read by the browser itself: Chrome on Android and on macOS can.

/** @import {Reader} from "./camera.js" */

const EVERY_MS = 200;
const FORMATS = ["qr_code", "code_128", "code_39", "ean_13", "ean_8", "upc_a", "itf", "data_matrix"];

/**
 * @typedef {{ detect: (source: HTMLVideoElement) => Promise<{ rawValue: string }[]> }} Detector
 * @typedef {Window & typeof globalThis & { BarcodeDetector?: {
 *   new (options: { formats: string[] }): Detector,
 *   getSupportedFormats: () => Promise<string[]>,
 * } }} Page
 */

/**
 * A reader, or null where the browser knows none of the formats.
 * @param {Page} page
 * @returns {Promise<Reader | null>}
 */
export async function readInBrowser({ BarcodeDetector }) {
  const known = (await BarcodeDetector?.getSupportedFormats().catch(() => [])) ?? [];
  const formats = FORMATS.filter((format) => known.includes(format));
  if (!BarcodeDetector || !formats.length) return null;
  const detector = new BarcodeDetector({ formats });
  return {
    every: EVERY_MS,
    detect: async (video) => {
      const found = await detector.detect(video).catch(() => []);
      return found.map(({ rawValue }) => rawValue);
    },
  };
}
