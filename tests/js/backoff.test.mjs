import assert from "node:assert/strict";
import { test } from "node:test";

import { backoff } from "../../static/js/live/backoff.js";

test("the bound doubles up to its cap", () => {
  const worst = () => 1;
  assert.deepEqual(
    [0, 1, 2, 3, 10, 1000].map((tries) => backoff(tries, worst)),
    [500, 1000, 2000, 4000, 20000, 20000],
  );
});

test("the wait is anywhere below the bound, and never nothing", () => {
  assert.equal(
    backoff(5, () => 0),
    50,
  );
  assert.equal(
    backoff(2, () => 0.5),
    1000,
  );
});
