// A photo of a parcel is made smaller before it is sent: a camera writes many megabytes, and a van has little network.
// Where the browser cannot, or the result is no smaller, the photo goes as the camera wrote it.

import { asJpeg } from "./jpeg.js";

/** Pixels of the longer side. The server keeps 1280. */
export const LONGEST = 1600;
const QUALITY = 0.85;

/**
 * The photo as a JPEG of at most `LONGEST` pixels, or the file itself.
 * @param {File} file
 * @param {Window & typeof globalThis} page
 * @returns {Promise<File>}
 */
export async function smaller(file, page) {
  /** @type {ImageBitmap | undefined} */
  let picture;
  try {
    picture = await page.createImageBitmap(file, { imageOrientation: "from-image" });
    const canvas = page.document.createElement("canvas");
    const written = await asJpeg(picture, picture, { canvas, longest: LONGEST, quality: QUALITY });
    if (!written || written.type !== "image/jpeg" || written.size >= file.size) return file;
    const name = `${file.name.replace(/\.[^.]*$/, "")}.jpg`;
    return new page.File([written], name, { type: "image/jpeg", lastModified: file.lastModified });
  } catch {
    return file; // an old browser, a format that it does not read, too little memory
  } finally {
    picture?.close();
  }
}

/**
 * Put the smaller photo into every field that takes one, as soon as it is taken.
 * @param {Window & typeof globalThis} page
 */
export function watchPhotos(page) {
  page.document.addEventListener(
    "change",
    async (event) => {
      const field = /** @type {HTMLInputElement} */ (event.target);
      const taken = field.matches('input[type="file"][name="photo"]') ? field.files?.[0] : undefined;
      if (!taken) return;
      const found = await smaller(taken, page);
      if (found === taken || field.files?.[0] !== taken) return; // another one was taken meanwhile
      try {
        const files = new page.DataTransfer();
        files.items.add(found);
        field.files = files.files;
      } catch {
        // the field keeps what was taken
      }
    },
    true,
  );
}
