import { LiveClient } from "../../../static/js/live/client.js";
import { Clock, flushPromises } from "./clock.mjs";

/**
 * A world for one LiveClient: a clock, sockets and answers by hand. `answers` has what a request gets whose address
 * contains the key: `{status, body}`, or "never". Without one there is no network.
 */
export function world({ answers = {}, away = false, blocked = false } = {}) {
  const clock = new Clock();
  const sockets = [];
  const asked = [];
  class Socket {
    constructor(url) {
      if (blocked) throw new DOMException("blocked", "SecurityError");
      Object.assign(this, { url, readyState: 0, sent: [] });
      sockets.push(this);
    }
    open() {
      this.readyState = 1;
      this.onopen();
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    hear(frame) {
      this.onmessage({ data: JSON.stringify(frame) });
    }
    close() {
      this.readyState = 3;
    }
    cut(code = 1006) {
      this.readyState = 3;
      this.onclose({ code });
    }
  }
  const env = {
    WebSocket: Socket,
    now: clock.now,
    random: () => 1,
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    abort: () => new AbortController(),
    fetch: async (url, { signal }) => {
      asked.push(url);
      const answer = answers[Object.keys(answers).find((part) => url.includes(part))];
      if (!answer) throw new TypeError("no network");
      if (answer === "never") {
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      }
      const { status = 200, body } = answer;
      return { status, ok: status >= 200 && status < 300, json: async () => body };
    },
  };
  const frames = [];
  const states = [];
  const client = new LiveClient({
    url: "ws://shop/live/",
    base: "/live/",
    ticket: "first",
    env,
    away,
    onFrame: (stream, frame) => frames.push([stream, frame.n]),
    onState: (state) => states.push(state),
  });
  client.watch("order:A", "e", 5);
  return { client, clock, sockets, asked, answers, frames, states, flushPromises, pass: (ms) => clock.pass(ms) };
}
