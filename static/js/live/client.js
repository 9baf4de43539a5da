// The live client: keeps streams up to date over a websocket, and by polling when websockets fail.
// Everything that touches the outside – socket, fetch, clock, random – comes in, so that tests can play it.

import { backoff } from "./backoff.js";
import { Versions } from "./versions.js";

const VERSION = 1;
const HOLD_MS = 250; // how long a gap may close by itself
const QUIET_MS = 50000; // two beats and a half without a frame: the socket is dead, whatever it says
const TICKET_MS = 50000; // a page's ticket is good for 60 s
const POLL_MS = 3000;
const POLL_AFTER = 3; // websocket tries in a row that never became live
const RETRY_SOCKET_MS = 30000;

/** Close codes after which trying again cannot help. */
export const FINAL = new Set([4400, 4403]);

export class LiveClient {
  /**
   * `url` of the websocket, `base` of the HTTP endpoints; `env` has WebSocket, fetch, setTimeout, clearTimeout, now, random;
   * `onFrame(stream, frame)` shows a frame, `onState(state)` is told live, reconnecting, polling or offline.
   */
  constructor({ url, base, ticket, env, onFrame, onState }) {
    Object.assign(this, { url, base, env, onFrame, onState });
    this.ticket = ticket;
    this.ticketAt = env.now();
    this.streams = new Map();
    this.state = null;
    this.tries = 0;
    this.failures = 0;
    this.timers = new Map();
  }

  /** Watch `stream`, of which version `n` of `epoch` is on the screen already (or null). */
  watch(stream, epoch = null, n = null) {
    this.streams.set(stream, new Versions(epoch, n));
    if (this.greeted) this.#send({ t: "sub", subs: [this.#sub(stream)] });
  }

  async start() {
    this.stopped = false;
    this.#announce(this.state ?? "reconnecting");
    await this.#connect();
  }

  /** For good (the page goes away). */
  stop() {
    this.stopped = true;
    for (const name of [...this.timers.keys()]) this.#cancel(name);
    this.#drop();
  }

  /** The browser says that the network is gone. */
  offline() {
    this.#drop();
    for (const name of ["connect", "poll", "socket", "quiet"]) this.#cancel(name);
    this.#announce("offline");
  }

  /** The network is back, or the page is looked at again: do not wait for a timer. */
  online() {
    if (this.stopped || this.state === "live") return;
    this.tries = 0;
    this.#cancel("connect");
    if (this.state === "offline") this.#announce("reconnecting");
    this.#connect();
  }

  async #connect() {
    if (this.stopped || this.socket || this.connecting) return;
    this.connecting = true;
    try {
      const ticket = await this.#freshTicket();
      if (this.stopped || this.state === "offline") return;
      this.#open(ticket);
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

  #open(ticket) {
    const socket = new this.env.WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.greeted = true;
      this.#send({ t: "hello", v: VERSION, ticket, subs: [...this.streams.keys()].map((s) => this.#sub(s)) });
    };
    socket.onmessage = (event) => {
      if (socket === this.socket) this.#receive(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      this.#drop();
      this.#lost(event.code);
    };
    this.#after("quiet", QUIET_MS, () => this.#silent());
  }

  #sub(stream) {
    const { epoch, n } = this.streams.get(stream);
    return epoch === null || n === null ? { s: stream } : { s: stream, e: epoch, n };
  }

  #receive(frame) {
    this.#after("quiet", QUIET_MS, () => this.#silent());
    if (frame.t === "snap" || frame.t === "ev") {
      this.#live();
      this.#take(frame);
    } else if (frame.t === "beat") {
      this.#live();
      this.#send({ t: "ack", b: frame.b });
      for (const [stream, head] of Object.entries(frame.h)) {
        if (this.streams.get(stream)?.behind(head)) this.#later(stream);
      }
    } else if (frame.t === "stale") {
      this.#announce("reconnecting");
    } else if (frame.t === "error" && frame.code === "not_yours") {
      this.streams.delete(frame.s); // the socket closes with it; the others go on over the next one
      this.refused = true;
    } else if (frame.t === "bye") {
      this.byeAfter = frame.after_ms;
    }
  }

  #take(frame) {
    const versions = this.streams.get(frame.s);
    if (!versions) return;
    const { show, gap } = versions.take(frame);
    for (const ready of show) this.onFrame(frame.s, ready);
    if (gap) this.#later(frame.s);
    else this.#cancel(`gap ${frame.s}`);
  }

  // A gap often closes by itself; if it has not after a moment, ask.
  #later(stream) {
    if (this.timers.has(`gap ${stream}`)) return;
    this.#after(`gap ${stream}`, HOLD_MS, () => this.#send({ t: "sync", ...this.#sub(stream) }));
  }

  #live() {
    this.tries = 0;
    this.failures = 0;
    this.#cancel("poll");
    this.#cancel("socket");
    this.#announce("live");
  }

  #silent() {
    this.#drop();
    this.#lost(0);
  }

  #lost(code) {
    if (this.stopped || this.state === "offline") return;
    const onlyOne = this.refused && this.streams.size > 0;
    this.refused = false;
    if (FINAL.has(code) && !onlyOne) {
      this.stopped = true;
      this.#announce("offline");
      return;
    }
    this.failures += 1;
    if (this.failures >= POLL_AFTER) {
      if (!this.timers.has("poll")) this.#poll();
      this.#after("connect", RETRY_SOCKET_MS * (0.75 + this.env.random() / 2), () => this.#connect());
      return;
    }
    this.#announce("reconnecting");
    const wait = this.byeAfter ?? backoff(this.tries, this.env.random);
    this.byeAfter = undefined;
    this.tries += 1;
    this.#after("connect", wait, () => this.#connect());
  }

  async #poll() {
    this.#after("poll", POLL_MS, () => this.#poll());
    for (const [stream, { epoch, n }] of this.streams) {
      const query = new URLSearchParams({ s: stream });
      if (epoch !== null && n !== null) {
        query.set("e", epoch);
        query.set("n", n);
      }
      try {
        const response = await this.env.fetch(`${this.base}poll?${query}`, { credentials: "same-origin" });
        if (this.state === "live" || this.state === "offline" || this.stopped) return;
        if (response.status === 200) for (const frame of await response.json()) this.#take(frame);
        if (response.ok || response.status === 304) this.#announce("polling");
        else if (response.status === 404) this.streams.delete(stream);
      } catch {
        if (this.state === "polling") this.#announce("reconnecting");
        return;
      }
    }
  }

  #send(frame) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  #drop() {
    const socket = this.socket;
    this.socket = null;
    this.greeted = false;
    this.#cancel("quiet");
    for (const name of [...this.timers.keys()]) if (name.startsWith("gap ")) this.#cancel(name);
    if (socket && socket.readyState < 2) socket.close();
  }

  #announce(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state);
  }

  #after(name, ms, what) {
    this.#cancel(name);
    this.timers.set(
      name,
      this.env.setTimeout(() => {
        this.timers.delete(name);
        what();
      }, ms),
    );
  }

  #cancel(name) {
    if (!this.timers.has(name)) return;
    this.env.clearTimeout(this.timers.get(name));
    this.timers.delete(name);
  }
}
