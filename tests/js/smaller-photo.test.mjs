// A photo is made smaller before it is sent, and goes as it was taken wherever that cannot be done.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LONGEST, smaller, watchPhotos } from "../../static/js/admin/smaller-photo.js";
import { flushPromises } from "./support/clock.mjs";
import { fire, page } from "./support/page.mjs";

/** A page whose canvas writes `bytes` bytes of `type`, and whose camera took a picture of this size. */
function browser({ width = 4000, height = 3000, bytes = 1000, type = "image/jpeg", reads = true, draws = true } = {}) {
  const window = page('<form><input type="file" name="photo"><input type="file" name="other"></form>');
  const seen = { closed: 0 };
  window.createImageBitmap = async (_file, options) => {
    if (!reads) throw new Error("cannot read it");
    seen.options = options;
    return { width, height, close: () => (seen.closed += 1) };
  };
  window.HTMLCanvasElement.prototype.getContext = () =>
    draws ? { fillRect() {}, drawImage: (_picture, ...place) => (seen.place = place) } : null;
  window.HTMLCanvasElement.prototype.toBlob = (give, wanted) => {
    seen.wanted = wanted;
    give(bytes ? new window.Blob(["x".repeat(bytes)], { type }) : null);
  };
  window.DataTransfer = class {
    files = [];
    items = { add: (file) => this.files.push(file) };
  };
  return { window, seen };
}

const photo = (window, bytes = 9000) =>
  new window.File(["x".repeat(bytes)], "IMG_1.HEIC", { type: "image/heic", lastModified: 7 });

/** A field for a file that holds these; jsdom lets nobody set them. */
function taken(window, name, files) {
  const field = window.document.querySelector(`[name="${name}"]`);
  Object.defineProperty(field, "files", { value: files, writable: true, configurable: true });
  return field;
}

for (const [width, height, place] of [
  [4000, 3000, [0, 0, 1600, 1200]],
  [3000, 4000, [0, 0, 1200, 1600]],
  [9000, 1, [0, 0, 1600, 1]],
  [800, 600, [0, 0, 800, 600]],
]) {
  test(`${width} × ${height} pixels fit into ${LONGEST}, upright`, async () => {
    const { window, seen } = browser({ width, height });
    const made = await smaller(photo(window), window);
    assert.deepEqual([made.name, made.type, made.size, made.lastModified], ["IMG_1.jpg", "image/jpeg", 1000, 7]);
    assert.deepEqual(seen.place, place);
    assert.deepEqual(seen.options, { imageOrientation: "from-image" });
    assert.deepEqual([seen.wanted, seen.closed], ["image/jpeg", 1]);
  });
}

for (const [why, broken] of [
  ["cannot read it", { reads: false }],
  ["cannot draw", { draws: false }],
  ["writes nothing", { bytes: 0 }],
  ["writes another format", { type: "image/png" }],
  ["writes no fewer bytes", { bytes: 9000 }],
]) {
  test(`a browser that ${why} sends the photo as it was taken`, async () => {
    const { window, seen } = browser(broken);
    const original = photo(window);
    assert.equal(await smaller(original, window), original);
    assert.equal(seen.closed, broken.reads === false ? 0 : 1);
  });
}

test("a browser without bitmaps sends the photo as it was taken", async () => {
  const { window } = browser();
  delete window.createImageBitmap;
  const original = photo(window);
  assert.equal(await smaller(original, window), original);
});

test("the field of a photo holds the smaller one, and no other field is touched", async () => {
  const { window } = browser();
  watchPhotos(window);
  const original = photo(window);
  const [field, other] = [taken(window, "photo", [original]), taken(window, "other", [original])];
  for (const each of [field, other]) fire(each, "change");
  await flushPromises();
  assert.deepEqual([field.files[0].name, other.files[0].name], ["IMG_1.jpg", "IMG_1.HEIC"]);
});

test("a photo that was taken meanwhile is not replaced by the one before", async () => {
  const { window } = browser();
  watchPhotos(window);
  const field = taken(window, "photo", [photo(window)]);
  fire(field, "change");
  const newer = photo(window, 5000);
  field.files = [newer];
  await flushPromises();
  assert.equal(field.files[0], newer);
});

test("a browser whose fields cannot be set keeps what was taken", async () => {
  const { window } = browser();
  delete window.DataTransfer;
  watchPhotos(window);
  const original = photo(window);
  const field = taken(window, "photo", [original]);
  fire(field, "change");
  await flushPromises();
  assert.equal(field.files[0], original);
});
