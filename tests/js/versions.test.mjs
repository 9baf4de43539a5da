import assert from "node:assert/strict";
import { test } from "node:test";

import { Versions } from "../../static/js/live/versions.js";

const ev = (n, e = "a") => ({ t: "ev", s: "order:A", e, n, d: { n } });
const snap = (n, e = "a") => ({ t: "snap", s: "order:A", e, n, d: { n } });
const shown = (result) => result.show.map((frame) => frame.n);

test("the next version is shown", () => {
  assert.deepEqual(new Versions("a", 5).take(ev(6)), { show: [ev(6)], gap: false });
});

test("a repeat is dropped", () => {
  const versions = new Versions("a", 5);
  assert.deepEqual(shown(versions.take(ev(5))), []);
  assert.deepEqual(shown(versions.take(ev(3))), []);
});

test("a later version is held until its predecessor comes", () => {
  const versions = new Versions("a", 5);
  assert.deepEqual(versions.take(ev(7)), { show: [], gap: true });
  assert.deepEqual(versions.take(ev(8)), { show: [], gap: true });
  assert.deepEqual(shown(versions.take(ev(6))), [6, 7, 8]);
});

test("a snapshot replaces what was held and not newer", () => {
  const versions = new Versions("a", 5);
  versions.take(ev(7));
  versions.take(ev(9));
  assert.deepEqual(shown(versions.take(snap(8))), [8, 9]);
});

test("an old snapshot of the same log changes nothing", () => {
  const versions = new Versions("a", 5);
  assert.deepEqual(shown(versions.take(snap(4))), []);
  assert.equal(versions.n, 5);
});

test("a snapshot of another log is taken whatever its number", () => {
  const versions = new Versions("a", 50);
  assert.deepEqual(shown(versions.take(snap(2, "b"))), [2]);
  assert.deepEqual(shown(versions.take(ev(3, "b"))), [3]);
});

test("an event of another log asks for a snapshot", () => {
  assert.deepEqual(new Versions("a", 5).take(ev(6, "b")), { show: [], gap: true });
});

test("a head beyond what is shown says that something is missing", () => {
  assert.equal(new Versions("a", 5).behind(6), true);
  assert.equal(new Versions("a", 5).behind(5), false);
  assert.equal(new Versions().behind(0), true);
});

test("whatever is lost, doubled and reordered: what is shown only grows, by one, and ends at the head", () => {
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  for (let round = 0; round < 500; round += 1) {
    const head = 1 + Math.floor(random() * 15);
    const versions = new Versions("a", 0);
    const seen = [];
    for (let step = 0; step < 20; step += 1) {
      const n = 1 + Math.floor(random() * head);
      seen.push(...shown(versions.take(ev(n))));
    }
    for (let n = versions.n + 1; n <= head; n += 1) seen.push(...shown(versions.take(ev(n)))); // the answer to a sync
    assert.deepEqual(
      seen,
      Array.from({ length: head }, (_, index) => index + 1),
    );
    assert.equal(versions.behind(head), false);
  }
});

test("a repeat is no reason to ask", () => {
  const versions = new Versions("a", 5);
  assert.deepEqual(versions.take(ev(5)), { show: [], gap: false });
  assert.deepEqual(versions.take(ev(4)), { show: [], gap: false });
});
