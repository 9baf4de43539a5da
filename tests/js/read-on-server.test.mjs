// A browser that reads no codes: the shop reads the camera's pictures, and whatever ends that is said.

import assert from "node:assert/strict";
import { test } from "node:test";

import { watchCamera } from "../../static/js/admin/camera.js";
import { readOnServer, Stopped } from "../../static/js/admin/read-on-server.js";
import { answer, network, page } from "./support/page.mjs";

const body = `<div class="pack" data-codes="/admin/pack/codes/">
  <div data-camera hidden><input type="hidden" name="csrfmiddlewaretoken" value="t0ken"><video></video></div>
  <div data-tools hidden><button data-open-camera></button></div>
  <template data-words data-cannot="cannot" data-silent="silent" data-barred="barred" data-often="often"
    data-unfit="unfit"></template></div>`;
const codes = (...found) => answer(JSON.stringify({ codes: found }));
const until = async (condition) => {
  for (let n = 0; n < 500 && !condition(); n += 1) await soon();
};
const soon = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

/** A page whose camera shows something of that size, and whose shop answers like this. */
function phone(reply, { width = 1280, height = 720, ...more } = {}) {
  const { fetch, asked } = network(reply);
  const window = page(body, { fetch, ...more });
  const { document } = window;
  const drawn = [];
  const pen = { fillRect: () => undefined, drawImage: (_, ...place) => drawn.push(place) };
  window.HTMLCanvasElement.prototype.getContext = () => pen;
  window.HTMLCanvasElement.prototype.toBlob = function toBlob(take, type) {
    take(new Blob([`${this.width} × ${this.height}`], { type }));
  };
  const video = document.querySelector("video");
  Object.assign(video, { play: async () => undefined });
  Object.defineProperties(video, { videoWidth: { value: width }, videoHeight: { value: height } });
  const hide = (hidden) => Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  const root = document.querySelector(".pack");
  return { window, document, root, video, asked, drawn, hide, reader: readOnServer(root, window) };
}

/** The word with which it stopped; "" if it has not. */
const stopped = ({ reader, video }) =>
  reader.detect(video).then(
    () => "",
    (problem) => {
      assert.ok(problem instanceof Stopped, problem);
      return problem.word;
    },
  );

test("a small picture is posted with the token of the page, and its codes come back", async () => {
  const { reader, video, asked, drawn } = phone(() => codes("A-1", "B-2"));
  assert.deepEqual(await reader.detect(video), ["A-1", "B-2"]);
  const [[method, address, options]] = asked;
  assert.deepEqual([method, address, options.redirect], ["POST", "/admin/pack/codes/", "manual"]);
  assert.deepEqual(options.headers, { "Content-Type": "image/jpeg", "X-CSRFToken": "t0ken" });
  assert.equal(await options.body.text(), "800 × 450");
  assert.deepEqual(drawn, [[0, 0, 800, 450]]);
});

test("an upright picture is as small, and a small one is not made larger", async () => {
  for (const [size, expected] of [
    [{ width: 720, height: 1280 }, "450 × 800"],
    [{ width: 640, height: 480 }, "640 × 480"],
  ]) {
    const { reader, video, asked } = phone(() => codes(), size);
    await reader.detect(video);
    assert.equal(await asked[0][2].body.text(), expected);
  }
});

test("nothing is sent while the camera shows nothing, nor while the page is hidden", async () => {
  const dark = phone(() => codes("A-1"), { width: 0, height: 0 });
  assert.equal(await dark.reader.detect(dark.video), null);
  const away = phone(() => codes("A-1"));
  away.hide(true);
  assert.equal(await away.reader.detect(away.video), null);
  assert.equal(dark.asked.length + away.asked.length, 0);
  away.hide(false);
  assert.deepEqual(await away.reader.detect(away.video), ["A-1"]);
});

test("one picture is on its way at a time", async () => {
  const { reader, video, asked } = phone(() => soon().then(() => codes("A-1")));
  assert.deepEqual(await Promise.all([reader.detect(video), reader.detect(video)]), [["A-1"], null]);
  assert.equal(asked.length, 1);
  assert.deepEqual(await reader.detect(video), ["A-1"]);
});

test("a refusal stops it at once, each with its word", async () => {
  for (const [status, word] of [
    [403, "barred"],
    [429, "often"],
    [413, "unfit"],
    [400, "unfit"],
  ]) {
    assert.equal(await stopped(phone(() => answer("", status))), word, String(status));
  }
  const signIn = { type: "opaqueredirect", status: 0, ok: false };
  assert.equal(await stopped(phone(() => signIn)), "barred");
});

test("one answer that is missing is nothing, a second one stops it, and then it begins anew", async () => {
  let reply = () => Promise.reject(new TypeError("Failed to fetch"));
  const it = phone(() => reply());
  assert.equal(await stopped(it), "");
  reply = () => answer("", 503);
  assert.equal(await stopped(it), "silent");
  assert.equal(await stopped(it), "");
  reply = () => codes("A-1");
  assert.equal(await stopped(it), "");
  reply = () => answer("<html>", 200); // of a Wi-Fi that wants to be signed in to
  assert.equal(await stopped(it), "");
  assert.equal(await stopped(it), "silent");
});

test("requests that end because the phone was put away count for nothing", async () => {
  const it = phone(() => {
    it.hide(true);
    throw new TypeError("Failed to fetch");
  });
  for (let n = 0; n < 4; n += 1) {
    it.hide(false);
    assert.equal(await stopped(it), "");
  }
});

/** The page with its button; the time of its scans goes on by `step` milliseconds a look, with no wait in between. */
function packing(reply, { step = 500, ...more } = {}) {
  let now = 0;
  const waits = [];
  const time = {
    Date: { now: () => (now += step) },
    setTimeout: (then, ms) => (waits.push(ms), setTimeout(then, 1)),
    clearTimeout,
  };
  const it = phone(reply, { ...time, ...more });
  const { window, document, root } = it;
  const tracks = [];
  const wishes = [];
  const getUserMedia = async (wish) => {
    wishes.push(wish);
    return { getTracks: () => [{ stop: () => tracks.push("stopped") }] };
  };
  Object.defineProperty(window.navigator, "mediaDevices", { value: { getUserMedia } });
  const taken = [];
  const said = [];
  watchCamera(root, window, { code: (code) => taken.push(code), say: (words) => said.push(words) });
  const button = document.querySelector("[data-open-camera]");
  const shown = () => !document.querySelector("[data-camera]").hidden;
  return { ...it, button, taken, said, tracks, waits, wishes, shown };
}

/** A shop that answers each picture with the next of these, and the last one for ever. */
const inTurn = (replies) => () => (replies.length > 1 ? replies.shift() : replies[0])();

test("the page takes what the shop reads, with a pause after each answer", async () => {
  const it = packing(inTurn([() => codes("A-1"), () => codes("A-1"), () => codes("B-2"), () => codes()]));
  it.button.click();
  await until(() => it.asked.length > 4);
  it.button.click();
  assert.deepEqual([it.taken, it.said], [["A-1", "B-2"], []]);
  assert.equal(it.waits[0], 400);
  const sent = it.asked.length;
  await soon(30);
  assert.ok(it.asked.length <= sent + 1, "a closed camera sends nothing");
  assert.deepEqual([it.tracks, it.shown()], [["stopped"], false]);
});

test("a code that stays in view is one scan, however long a look takes", async () => {
  const blurred = () => codes();
  const same = () => codes("A-1");
  const slow = packing(inTurn([same, same, blurred, same, blurred]), { step: 6000 });
  slow.button.click();
  await until(() => slow.asked.length > 5);
  slow.button.click();
  assert.deepEqual(slow.taken, ["A-1"]);
  const away = () => answer("", 503);
  const torn = packing(inTurn([same, blurred, away, same, blurred]), { step: 6000 });
  torn.button.click();
  await until(() => torn.asked.length > 5);
  torn.button.click();
  assert.deepEqual(torn.taken, ["A-1"], "an answer that is missing says nothing of the code");
  const twice = packing(inTurn([same, blurred, blurred, same, blurred]), { step: 6000 });
  twice.button.click();
  await until(() => twice.asked.length > 5);
  twice.button.click();
  assert.deepEqual(twice.taken, ["A-1", "A-1"]);
});

test("a refusal closes the camera and is said, and a press opens it again", async () => {
  const it = packing(inTurn([() => answer("", 429), () => codes("A-1")]));
  it.button.click();
  await until(() => it.said.length);
  assert.deepEqual([it.said, it.taken, it.shown(), it.tracks], [["often"], [], false, ["stopped"]]);
  assert.equal(it.button.getAttribute("aria-pressed"), "false");
  it.button.click();
  await until(() => it.taken.length);
  assert.deepEqual([it.taken, it.shown()], [["A-1"], true]);
  it.button.click();
});

test("a second press while the browser asks opens no second camera", async () => {
  const it = packing(() => codes());
  it.button.click();
  it.button.click();
  await until(() => it.asked.length);
  it.button.click();
  assert.deepEqual([it.wishes.length, it.tracks, it.shown()], [1, ["stopped"], false]);
});

test("a browser that knows none of the formats leaves them to the shop", async () => {
  class BarcodeDetector {
    static getSupportedFormats = async () => ["aztec"];
    detect = () => assert.fail("it was asked");
  }
  const it = packing(() => codes("A-1"), { BarcodeDetector });
  it.button.click();
  await until(() => it.taken.length);
  it.button.click();
  assert.deepEqual(it.taken, ["A-1"]);
});
