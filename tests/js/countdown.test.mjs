import assert from "node:assert/strict";
import test from "node:test";

import { left } from "../../static/js/pages/countdown.js";

test("the last hour is counted in minutes and seconds", () => {
  assert.equal(left(1_800_000, 0), "30:00");
  assert.equal(left(61_000, 500), "1:01");
  assert.equal(left(9_000, 0), "0:09");
});

test("nothing is counted that is past, far away or no time", () => {
  assert.equal(left(0, 1), "");
  assert.equal(left(4_000_000, 0), "");
  assert.equal(left(NaN, 0), "");
});
