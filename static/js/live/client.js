// The live client: keeps streams up to date over a websocket, and by polling when websockets fail.
// Everything that touches the outside – socket, fetch, clock, random – comes in, so that tests can play it.

import { backoff } from "./backoff.js";
import { PollTransport } from "./poller.js";
import { SocketTransport } from "./socket.js";
import { Streams } from "./streams.js";
import { Timers } from "./timers.js";

const TICKET_MS = 50000; // a page's ticket is good for 60 s
const POLL_AFTER = 3; // websocket tries in a row that never became live
const RETRY_SOCKET_MS = 30000;

const BAD_FRAME = 4400;
const NOT_YOURS = 4403;
const TOO_MANY = 4429;

/** Close codes after which trying again cannot help. */
export const FINAL = new Set([BAD_FRAME, NOT_YOURS]);

export class LiveClient {
  /**
   * `url` of the websocket, `base` of the HTTP endpoints; `env` has WebSocket, fetch, setTimeout, clearTimeout, now, random;
   * `onFrame(stream, frame)` shows a frame; `onState(state, sureAt)` is told live, reconnecting, polling or offline, and when the
   * page was last sure; `onRaw(frame)` sees every snap, ev and beat as it came.
   */
  constructor({ url, base, ticket, env, onFrame, onState, onRaw = () => {}, streams = null }) {
    Object.assign(this, { base, env, onState, onRaw });
    this.ticket = ticket;
    this.ticketAt = env.now();
    this.timers = new Timers(env);
    this.streams = streams ?? new Streams({ timers: this.timers, show: onFrame, ask: (sub) => this.sync(sub) });
    this.state = null;
    this.sureAt = null;
    this.tries = 0;
    this.failures = 0;
    this.refusals = new Map();
    const shared = { base, url, env, timers: this.timers, subs: () => this.streams.names.map((s) => this.streams.sub(s)) };
    this.socket = new SocketTransport({ ...shared, onFrame: (frame) => this.#receive(frame), onLost: (code) => this.#lost(code) });
    this.poller = new PollTransport({
      ...shared,
      onFrame: (frame) => this.#take(frame),
      onAnswer: () => this.#sure("polling"),
      onRefused: (stream) => this.streams.forget(stream),
      onLost: () => this.state === "polling" && this.#announce("reconnecting"),
    });
  }

  /** Watch `stream`, of which version `n` of `epoch` is on the screen already (or null). */
  watch(stream, epoch = null, n = null) {
    this.streams.watch(stream, epoch, n);
    this.#transport.watch(this.streams.sub(stream));
  }

  forget(stream) {
    this.streams.forget(stream);
    this.#transport.leave(stream);
  }

  /** Send for what came after `{s, e, n}`. */
  sync(sub) {
    this.#transport.sync(sub);
  }

  start() {
    this.stopped = false;
    this.#announce("reconnecting");
    return this.#connect();
  }

  /** The page goes away; `start` takes it up again. */
  stop() {
    this.stopped = true;
    this.timers.cancelAll();
    this.poller.close();
    this.socket.close();
  }

  /** The browser says that the network is gone. */
  offline() {
    this.stop();
    this.stopped = false;
    this.#announce("offline");
  }

  /** The network is back, or the page is looked at again: do not wait for a timer. */
  online() {
    if (this.stopped || this.state === "live") return;
    this.tries = 0;
    this.timers.cancel("connect");
    if (this.state === "offline") this.#announce("reconnecting");
    this.#connect();
  }

  get #transport() {
    return this.poller.running ? this.poller : this.socket;
  }

  async #connect() {
    if (this.stopped || this.socket.socket || this.connecting) return;
    this.connecting = true;
    try {
      const ticket = await this.#freshTicket();
      if (!this.stopped && this.state !== "offline") this.socket.open(ticket);
    } catch {
      this.#lost(0);
    } finally {
      this.connecting = false;
    }
  }

  async #freshTicket() {
    if (this.ticket && this.env.now() - this.ticketAt < TICKET_MS) {
      const ticket = this.ticket;
      this.ticket = null;
      return ticket;
    }
    const response = await this.env.fetch(`${this.base}ticket`, { credentials: "same-origin" });
    if (!response.ok) throw new Error(`ticket: ${response.status}`);
    return (await response.json()).ticket;
  }

  #receive(frame) {
    if (frame.t === "snap" || frame.t === "ev") {
      this.#live();
      this.#take(frame);
    } else if (frame.t === "beat") {
      this.#live();
      this.onRaw(frame);
      this.streams.heads(frame.h);
    } else if (frame.t === "stale") {
      this.#announce("reconnecting");
    } else if (frame.t === "error" && frame.code === "not_yours") {
      this.#refused(frame.s);
    } else if (frame.t === "bye") {
      this.byeAfter = frame.after_ms;
    }
  }

  #take(frame) {
    this.refusals.delete(frame.s);
    this.onRaw(frame);
    this.streams.take(frame);
  }

  // The ticket may be older than the right to watch: somebody signed in in another tab. A fresh one may try once more.
  #refused(stream) {
    this.again = true;
    const times = (this.refusals.get(stream) ?? 0) + 1;
    this.refusals.set(stream, times);
    if (times > 1) this.streams.forget(stream);
  }

  #live() {
    this.tries = 0;
    this.failures = 0;
    this.poller.close();
    this.#sure("live");
  }

  #sure(state) {
    this.sureAt = this.env.now();
    this.#announce(state);
  }

  #lost(code) {
    if (this.stopped || this.state === "offline") return;
    this.streams.quiet();
    const again = this.again && this.streams.names.length > 0;
    this.again = false;
    if (FINAL.has(code) && !again) {
      this.stop();
      this.#announce("offline");
      return;
    }
    this.failures += 1;
    if (this.failures >= POLL_AFTER) {
      if (!this.poller.running) this.poller.open();
      this.timers.after("connect", RETRY_SOCKET_MS * (0.75 + this.env.random() / 2), () => this.#connect());
      return;
    }
    this.#announce("reconnecting");
    if (code === TOO_MANY) this.tries += 3;
    const wait = this.byeAfter ?? backoff(this.tries, this.env.random);
    this.byeAfter = undefined;
    this.tries += 1;
    this.timers.after("connect", wait, () => this.#connect());
  }

  #announce(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state, this.sureAt);
  }
}
