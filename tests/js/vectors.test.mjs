// The conformance vectors: the browser's modules, and the client in tests/support, against the same file as the server
// and the Python client.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

import { FINAL } from "../../static/js/live/client.js";
import { Streams } from "../../static/js/live/streams.js";

const path = fileURLToPath(new URL("../events/live/vectors.json", import.meta.url));
const { shown: cases, after_close: after } = JSON.parse(readFileSync(path, "utf8"));

for (const { rule, at, frames, shown, asks } of cases) {
  test(rule, () => {
    const got = [];
    const timers = new Map();
    const streams = new Streams({
      timers: {
        has: (name) => timers.has(name),
        cancel: (name) => timers.delete(name),
        after: (name) => timers.set(name),
      },
      show: (_, frame) => got.push(frame.n),
      ask: () => {},
    });
    streams.watch("order:A", at?.e, at?.n);
    for (const frame of frames) frame.t === "beat" ? streams.heads(frame.h) : streams.take(frame);
    assert.deepEqual(got, shown);
    assert.equal(timers.size > 0, asks);
  });
}

test("after a close code it tries again, or not", () => {
  for (const [code, then] of Object.entries(after)) assert.equal(FINAL.has(Number(code)), then === "stop", code);
});

test("a client in another program, written from the document, does the same", () => {
  const client = fileURLToPath(new URL("../support/client.mjs", import.meta.url));
  assert.match(execFileSync(process.execPath, [client, "--vectors", path], { encoding: "utf8" }), /^\d+ rules/);
});
