// A picture of a camera as a JPEG that is small enough to send.

/**
 * The picture on the canvas, no side longer than `longest` pixels, as a JPEG; null where the browser cannot.
 * @param {CanvasImageSource} picture
 * @param {{ width: number, height: number }} size Of the picture, in pixels.
 * @param {{ canvas: HTMLCanvasElement, longest: number, quality: number }} how
 * @returns {Promise<Blob | null>}
 */
export function asJpeg(picture, { width, height }, { canvas, longest, quality }) {
  const scale = Math.min(1, longest / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext("2d");
  if (!pen) return Promise.resolve(null);
  pen.fillStyle = "#fff"; // a JPEG has no transparent pixels
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}
