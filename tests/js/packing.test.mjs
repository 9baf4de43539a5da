// Packing by scans: goods are ticked off one by one, then the number; whatever goes wrong, what was ticked stays.

import assert from "node:assert/strict";
import { test } from "node:test";

import { watchCamera } from "../../static/js/admin/camera.js";
import { watchPacking } from "../../static/js/admin/packing.js";
import { signals } from "../../static/js/admin/signals.js";
import { answer, fire, network, page } from "./support/page.mjs";

const line = (sku, left) => `<li><label data-line data-sku="${sku}" data-left="${left}" data-title="Thing ${sku}">
  <input type="checkbox" required><b><span data-count>0</span></b></label></li>`;

const order = `<div class="pack" data-pack="K7QF3-M2XD9" data-start="/admin/pack/">
  <form data-scan-form><input data-scan name="code"></form><p data-said></p>
  <form data-box method="post" action="https://shop.example/admin/pack/K7QF3-M2XD9/"><ul>${line("A-1", 2)}${line("B-2", 1)}
    </ul><input name="tracking" required><button class="pack-ship">Ship</button></form>
  <div data-tools hidden><button data-open-camera></button><button data-sound></button></div>
  <div data-camera hidden><video></video></div>
  <template data-words data-refused="not allowed" data-none="no camera" data-cannot="cannot" data-wrong="{code} wrong"
    data-enough="enough {title}" data-other="other {code}" data-ticked="{count} of {left} {title}" data-all="all"
    data-number="number {code}" data-missing="missing" data-offline="offline" data-same="open"></template></div>`;

function packing(reply = () => answer("")) {
  const { fetch, asked } = network(reply);
  const window = page(order, { fetch, url: "https://shop.example/admin/pack/K7QF3-M2XD9/" });
  const { document } = window;
  const heard = [];
  const went = [];
  const seen = new Proxy(window, {
    get: (target, name) =>
      name === "location" ? { assign: (url) => went.push(url) } : Reflect.get(target, name, target),
  });
  const root = document.querySelector(".pack");
  const open = () => watchPacking(root, seen, (good) => heard.push(good));
  const take = open();
  const scan = (code) => {
    document.querySelector("[data-scan]").value = code;
    fire(document.querySelector("[data-scan-form]"), "submit", { cancelable: true });
  };
  const said = () => document.querySelector("[data-said]").textContent;
  const counts = () => [...document.querySelectorAll("[data-count]")].map((each) => each.textContent);
  const ticks = () => [...document.querySelectorAll("[type=checkbox]")].map((each) => each.checked);
  const number = document.querySelector("[name=tracking]");
  const ship = async () => {
    fire(document.querySelector("[data-box]"), "submit", { cancelable: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  return { window, document, root, heard, went, open, take, scan, said, counts, ticks, number, ship, asked, seen };
}

test("each scan ticks one piece off, in either case", () => {
  const { scan, said, counts, ticks, heard } = packing();
  scan("a-1");
  assert.deepEqual([counts(), ticks(), said()], [["1", "0"], [false, false], "1 of 2 Thing A-1"]);
  scan("A-1\n");
  assert.deepEqual(
    [counts(), ticks()],
    [
      ["2", "0"],
      [true, false],
    ],
  );
  assert.deepEqual(heard, [true, true]);
});

test("a wrong piece and one too many are refused, and change nothing", () => {
  const { document, scan, said, counts, heard } = packing();
  scan("X-9");
  assert.equal(said(), "X-9 wrong");
  assert.ok(document.querySelector("[data-said]").classList.contains("pack-bad"));
  scan("B-2");
  scan("B-2");
  assert.equal(said(), "enough Thing B-2");
  assert.deepEqual(counts(), ["0", "1"]);
  assert.deepEqual(heard, [false, true, false]);
});

test("only when everything is in the box is a code the tracking number", () => {
  const { document, scan, said, number } = packing();
  scan("JJD-1");
  assert.equal(number.value, "");
  for (const code of ["A-1", "A-1", "B-2"]) scan(code);
  assert.equal(said(), "all");
  scan("JJD-1");
  assert.deepEqual([number.value, said()], ["JJD-1", "number JJD-1"]);
  assert.equal(document.activeElement, document.querySelector(".pack-ship"));
});

test("another slip opens its order while nothing is ticked, and not afterwards", () => {
  const { scan, said, went } = packing();
  scan("K7QF3-M2XD9");
  assert.equal(said(), "open");
  scan("ABCDE-12345");
  assert.deepEqual(went, ["/admin/pack/?code=ABCDE-12345"]);
  scan("A-1");
  scan("ABCDE-12345");
  assert.equal(went.length, 1);
  assert.equal(said(), "other ABCDE-12345");
});

test("what was ticked and typed is there again when the page is", () => {
  const { document, scan, number, open, counts, ticks } = packing();
  scan("A-1");
  scan("B-2");
  number.value = "JJD";
  fire(number, "input");
  for (const each of document.querySelectorAll("[data-count]")) each.textContent = "0";
  number.value = "";
  open();
  assert.deepEqual([counts(), ticks(), number.value], [["1", "1"], [false, true], "JJD"]);
});

test("without a network nothing is lost, and it can be sent again", async () => {
  let away = true;
  const shipped = { redirected: true, url: "https://shop.example/admin/pack/?shipped=K7QF3-M2XD9" };
  const { window, scan, said, counts, ship, went } = packing(() => {
    if (away) throw new TypeError("Failed to fetch");
    return shipped;
  });
  for (const code of ["A-1", "A-1", "B-2", "JJD-1"]) scan(code);
  await ship();
  assert.equal(said(), "offline");
  assert.deepEqual(counts(), ["2", "1"]);
  away = false;
  await ship();
  assert.deepEqual(went, [shipped.url]);
  assert.equal(window.localStorage.length, 0, "a shipped order is forgotten");
});

test("a refusal is said in the server's words, and what was ticked stays", async () => {
  const { window, scan, said, ship, went } = packing(() => answer("<p data-said>That number is taken.</p>", 409));
  for (const code of ["A-1", "A-1", "B-2", "JJD-1"]) scan(code);
  await ship();
  assert.equal(said(), "That number is taken.");
  assert.deepEqual(went, []);
  assert.equal(window.localStorage.length, 1);
});

test("a double press sends one request", async () => {
  const { scan, ship, asked } = packing(() => new Promise((resolve) => setTimeout(() => resolve(answer("")), 30)));
  for (const code of ["A-1", "A-1", "B-2", "JJD-1"]) scan(code);
  await Promise.all([ship(), ship()]);
  assert.equal(asked.length, 1);
});

test("a scanner types into the field wherever the focus is, but for fields and shortcuts", () => {
  const { document, number } = packing();
  const field = document.querySelector("[data-scan]");
  const [tick] = document.querySelectorAll("[type=checkbox]");
  assert.equal(document.activeElement, field, "from the beginning");
  for (const [options, expected] of [
    [{ key: "A" }, field],
    [{ key: " " }, tick],
    [{ key: "Enter" }, tick],
    [{ key: "a", ctrlKey: true }, tick],
    [{ key: "a", isComposing: true }, tick],
  ]) {
    tick.focus();
    fire(tick, "keydown", options);
    assert.equal(document.activeElement, expected, JSON.stringify(options));
  }
  number.focus();
  fire(number, "keydown", { key: "A" });
  assert.equal(document.activeElement, number);
});

test("ticked by hand counts all of a line, and unticked none", () => {
  const { document, counts } = packing();
  const [tick] = document.querySelectorAll("[type=checkbox]");
  tick.click();
  assert.deepEqual(counts(), ["2", "0"]);
  tick.click();
  assert.deepEqual(counts(), ["0", "0"]);
});

/** A browser that reads codes, and whose camera answers like this. */
async function camera({ problem = "", codes = [], devices = true } = {}) {
  const { document, take, root, window } = packing();
  const stopped = [];
  const stream = { getTracks: () => [{ stop: () => stopped.push(1) }] };
  const getUserMedia = async () => {
    if (problem) throw Object.assign(new Error(problem), { name: problem });
    return stream;
  };
  class BarcodeDetector {
    static getSupportedFormats = async () => ["qr_code", "ean_13"];
    detect = async () => codes.splice(0, 1).map((rawValue) => ({ rawValue }));
  }
  Object.defineProperty(window.navigator, "mediaDevices", { value: devices ? { getUserMedia } : undefined });
  window.BarcodeDetector = BarcodeDetector;
  const video = document.querySelector("video");
  video.play = async () => undefined;
  watchCamera(root, window, take);
  const button = document.querySelector("[data-open-camera]");
  button.click();
  const result = () => document.querySelector("[data-said]").textContent;
  for (let n = 0; n < 250 && (codes.length || !result()); n += 1) await new Promise((next) => setTimeout(next, 20));
  await new Promise((resolve) => setTimeout(resolve, 20)); // the last code is taken
  const said = result();
  const pressed = button.getAttribute("aria-pressed");
  return { said, document, button, stopped, pressed };
}

test("a camera reads codes like a scanner, one for one look", async () => {
  const { document, button, stopped, pressed } = await camera({ codes: ["A-1", "A-1", "B-2"] });
  const counts = [...document.querySelectorAll("[data-count]")].map((each) => each.textContent);
  assert.deepEqual(counts, ["1", "1"]);
  assert.equal(pressed, "true");
  button.click();
  assert.equal(stopped.length, 1, "the camera is off again");
  assert.equal(document.querySelector("[data-camera]").hidden, true);
});

test("a camera that is refused, missing or of no use is said in a sentence", async () => {
  assert.equal((await camera({ problem: "NotAllowedError" })).said, "not allowed");
  assert.equal((await camera({ problem: "NotFoundError" })).said, "no camera");
  assert.equal((await camera({ devices: false })).said, "cannot");
});

test("sound and vibration are for who asks for them, and stay asked for", () => {
  const { window, root, document } = packing();
  const shaken = [];
  window.navigator.vibrate = (pattern) => shaken.push(pattern);
  const give = signals(root, window);
  give(false);
  assert.deepEqual(shaken, []);
  document.querySelector("[data-sound]").click();
  give(false);
  assert.deepEqual(shaken, [40, [120, 80, 120]]);
  signals(root, window)(true);
  assert.equal(shaken.length, 3);
});
