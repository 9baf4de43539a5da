// The forms of the catalogue in admin: a moment chooses its status, and a price list is sent when it is chosen.

import assert from "node:assert/strict";
import { test } from "node:test";

import { watchFiles } from "../../static/js/admin/file-field.js";
import { watchMoment } from "../../static/js/admin/publishing.js";
import { fire, page } from "./support/page.mjs";

function form(now) {
  const options = ["draft", "for_sale", "scheduled", "hidden"].map(
    (each) => `<option${each === now ? " selected" : ""}>${each}</option>`,
  );
  const { document } = page(`<select id="id_status">${options.join("")}</select>
    <input type="datetime-local" id="id_publish_at">`);
  watchMoment(document);
  const [status, moment] = ["#id_status", "#id_publish_at"].map((each) => document.querySelector(each));
  const type = (value) => {
    moment.value = value;
    fire(moment, "input");
    return status.value;
  };
  const choose = (value) => {
    status.value = value;
    fire(status, "change");
  };
  return { type, choose };
}

test("a moment that is typed chooses the status, and one that is taken out gives the one before back", () => {
  const { type, choose } = form("hidden");
  assert.equal(type("2999-12-01T09:00"), "scheduled");
  assert.equal(type(""), "hidden");
  choose("draft");
  assert.equal(type("2999-12-01T09:00"), "scheduled");
  assert.equal(type(""), "draft");
});

test("what is for sale from a moment on stays so while another moment is typed", () => {
  const { type } = form("scheduled");
  assert.equal(type(""), "scheduled");
  assert.equal(type("2999-12-01T09:00"), "scheduled");
});

test("a page without these fields is left alone", () => {
  watchMoment(page("<p></p>").document);
});

/** What became of a choice of files: how often the form was sent, and whether the theme's script heard of it. */
function chosen(attributes, files) {
  const { document } = page(`<form><input type="file" ${attributes}></form>`);
  const done = { sent: 0, heard: 0 };
  document.querySelector("form").requestSubmit = () => (done.sent += 1);
  const field = document.querySelector("input");
  Object.defineProperty(field, "files", { value: files });
  field.addEventListener("change", () => (done.heard += 1));
  watchFiles(document);
  fire(field, "change");
  return done;
}

test("a list is sent as soon as it is chosen, and not when the choice is taken back", () => {
  assert.deepEqual(chosen("data-plain data-at-once", ["spring.csv"]), { sent: 1, heard: 0 });
  assert.deepEqual(chosen("data-plain data-at-once", []), { sent: 0, heard: 0 });
});

test("another field for a file waits for its button", () => {
  assert.deepEqual(chosen("data-plain", ["a.csv"]), { sent: 0, heard: 0 });
  assert.deepEqual(chosen("", ["a.csv"]), { sent: 0, heard: 1 });
});
