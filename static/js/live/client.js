// The live client: keeps streams up to date over a websocket, and by polling when websockets fail.
// Everything that touches the outside (socket, fetch, clock, random) is a parameter, so that tests can replace it.

/** @import {Beat, Connection, Env, Frame, OnFrame, OnState, StateFrame, Sub} from "./types.js" */

import { ask } from "./asking.js";
import { backoff } from "./backoff.js";
import { PollTransport } from "./poller.js";
import { SocketTransport } from "./socket.js";
import { Streams } from "./streams.js";
import { Timers } from "./timers.js";

const TICKET_MS = 50000; // a page's ticket is good for 60 s
const POLL_AFTER = 3; // websocket tries in a row that never became live …
const POLL_AFTER_MS = 2000; // … over so long: back-off may make three in less than the restart of a server takes
const RETRY_SOCKET_MS = 30000; // while it polls, at most; the first tries come sooner
const WELL_MS = 1000; // a stale server sends `stale` right behind each beat: so long the page waits for it
const STALE_MS = 10000; // after `stale` the page waits this long for a beat before it polls

const BAD_FRAME = 4400;
const NOT_YOURS = 4403;
const TOO_MANY = 4429;
const RESTART = 1012;

/** Close codes after which trying again cannot help. */
export const FINAL = new Set([BAD_FRAME, NOT_YOURS]);

export class LiveClient {
  /**
   * `url` of the websocket, `base` of the HTTP endpoints; `away` if the browser says that there is no network;
   * `onFrame(stream, frame)` shows a frame; `onState(state, sureAt)` is told the state of the connection, and when the
   * page was last sure; `onRaw(frame)` sees every snap, ev and beat as it came.
   * @param {{
   *   url: string,
   *   base: string,
   *   ticket: string | null,
   *   env: Env,
   *   onState: OnState,
   *   onFrame?: OnFrame,
   *   onRaw?: (frame: StateFrame | Beat) => void,
   *   streams?: Streams | null,
   *   away?: boolean,
   * }} options
   */
  constructor({ url, base, ticket, env, onState, onFrame = () => {}, onRaw = () => {}, streams = null, away = false }) {
    this.base = base;
    this.env = env;
    this.onState = onState;
    this.onRaw = onRaw;
    this.away = away;
    this.ticket = ticket;
    this.ticketAt = env.now();
    this.timers = new Timers(env);
    this.streams = streams ?? new Streams({ timers: this.timers, show: onFrame, ask: (sub) => this.sync(sub) });
    /** @type {Connection | null} */
    this.state = null;
    /** @type {number | null} */
    this.sureAt = null;
    this.stopped = false;
    this.connecting = false;
    this.stale = false;
    this.again = false;
    this.tries = 0;
    this.failures = 0;
    this.failingSince = 0;
    /** @type {number | undefined} */
    this.byeAfter = undefined;
    /** @type {Map<string, number>} */
    this.refusals = new Map();
    const subs = () => this.streams.names.map((stream) => this.streams.sub(stream));
    const wiring = { base, url, env, timers: this.timers, subs };
    this.socket = new SocketTransport({
      ...wiring,
      onFrame: (frame) => this.#receive(frame),
      onLost: (code) => this.#lost(code),
    });
    this.poller = new PollTransport({
      ...wiring,
      onFrame: (frame) => this.#take(frame),
      onAnswer: () => this.#sure("polling"),
      onRefused: (stream) => this.streams.forget(stream),
      onLost: () => this.state === "polling" && this.#unsure(),
    });
  }

  /**
   * Watch `stream`, of which version `n` of `epoch` is on the screen already (or null).
   * @param {string} stream
   * @param {string | null} [epoch]
   * @param {number | null} [n]
   */
  watch(stream, epoch = null, n = null) {
    this.streams.watch(stream, epoch, n);
    this.#transport.watch(this.streams.sub(stream));
  }

  /** @param {string} stream */
  forget(stream) {
    this.streams.forget(stream);
    this.#transport.leave(stream);
  }

  /**
   * Ask for what came after `{s, e, n}`.
   * @param {Sub} sub
   */
  sync(sub) {
    this.#transport.sync(sub);
  }

  start() {
    this.stopped = false;
    this.#unsure();
    return this.#connect();
  }

  /** The page goes away; `start` takes it up again. */
  stop() {
    this.stopped = true;
    this.stale = false;
    this.timers.cancelAll();
    this.poller.close();
    this.socket.close();
  }

  /** The browser says that the network is gone. Browsers can be wrong: the page shows "offline", and goes on trying. */
  offline() {
    if (this.stopped) return;
    this.stop();
    this.stopped = false;
    this.away = true;
    this.tries = 0;
    this.failures = 0;
    this.#unsure();
    this.#later();
  }

  /** The browser says that the network is back. */
  online() {
    this.away = false;
    this.retry();
  }

  /** The page is looked at again, or something else has changed: try now, without waiting for a timer. */
  retry() {
    if (this.stopped) return;
    this.tries = 0;
    if (this.state === "offline") this.#unsure();
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
      if (!this.stopped) this.socket.open(ticket);
    } catch {
      this.#lost(0);
    } finally {
      this.connecting = false;
    }
  }

  /** @returns {Promise<string>} */
  async #freshTicket() {
    if (this.ticket && this.env.now() - this.ticketAt < TICKET_MS) {
      const ticket = this.ticket;
      this.ticket = null;
      return ticket;
    }
    const { status, body } = await ask(this.env, `${this.base}ticket`);
    if (status !== 200) throw new Error(`ticket: ${status}`);
    return body.ticket;
  }

  /** @param {Frame} frame */
  #receive(frame) {
    if (frame.t === "snap" || frame.t === "ev") {
      // A stale server still answers a `sync`. Only a beat with no `stale` behind it says that it receives
      // changes again.
      if (!this.stale) this.#live();
      this.#take(frame);
    } else if (frame.t === "beat") {
      if (frame.stale) this.#stale();
      else if (this.stale) this.timers.after("well", WELL_MS, () => this.#live());
      else this.#live();
      this.onRaw(frame);
      this.streams.heads(frame.h);
    } else if (frame.t === "stale") {
      this.#stale();
    } else if (frame.t === "error" && frame.code === "not_yours" && frame.s) {
      this.#refused(frame.s);
    } else if (frame.t === "bye") {
      this.byeAfter = frame.after_ms;
    }
  }

  /** @param {StateFrame} frame */
  #take(frame) {
    this.refusals.delete(frame.s);
    this.onRaw(frame);
    this.streams.take(frame);
  }

  // The server itself receives no changes at the moment. If that lasts, the page polls, and keeps the socket open.
  #stale() {
    this.stale = true;
    this.timers.cancel("well");
    if (this.poller.running) return;
    this.#unsure();
    if (!this.timers.has("stale")) this.timers.after("stale", STALE_MS, () => this.poller.open());
  }

  /**
   * The ticket may be older than the right to watch: somebody signed in in another tab. A fresh one may try once more.
   * @param {string} stream
   */
  #refused(stream) {
    this.again = true;
    const times = (this.refusals.get(stream) ?? 0) + 1;
    this.refusals.set(stream, times);
    if (times > 1) this.streams.forget(stream);
  }

  #live() {
    this.stale = false;
    this.away = false; // even if the browser says that there is no network
    this.tries = 0;
    this.failures = 0;
    this.timers.cancel("stale", "well");
    this.poller.close();
    this.#sure("live");
  }

  /** @param {Connection} state */
  #sure(state) {
    this.sureAt = this.env.now();
    this.#announce(state);
  }

  #unsure() {
    this.#announce(this.away ? "offline" : "reconnecting");
  }

  /** @param {number} code */
  #lost(code) {
    if (this.stopped) return;
    this.stale = false;
    this.timers.cancel("well");
    const again = this.again && this.streams.names.length > 0;
    this.again = false;
    if (FINAL.has(code) && !again) {
      this.stop();
      this.#announce("offline");
      return;
    }
    if (this.failures === 0) this.failingSince = this.env.now();
    if (code !== RESTART || this.byeAfter === undefined) this.failures += 1; // a server that restarts has not failed
    if (this.failures >= POLL_AFTER && this.env.now() - this.failingSince >= POLL_AFTER_MS) {
      if (!this.poller.running) this.poller.open();
      const wait = Math.min(RETRY_SOCKET_MS, 1000 * 2 ** this.failures) * (0.75 + this.env.random() / 2);
      this.timers.after("connect", Math.max(wait, this.byeAfter ?? 0), () => this.#connect());
      this.byeAfter = undefined;
      return;
    }
    this.#unsure();
    if (code === TOO_MANY) this.tries += 3;
    this.#later();
  }

  // Schedule the next try: after the time that the server asked for, or with back-off.
  #later() {
    const wait = this.byeAfter ?? backoff(this.tries, this.env.random);
    this.byeAfter = undefined;
    this.tries += 1;
    this.timers.after("connect", wait, () => this.#connect());
  }

  /** @param {Connection} state */
  #announce(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state, this.sureAt);
  }
}
