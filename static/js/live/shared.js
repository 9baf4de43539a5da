// One socket for all the tabs of a browser. The tab that holds a Web Lock leads: it has the client, and passes every frame on over a
// BroadcastChannel. The others follow: each keeps the version rule for its own screen, so that a frame that a tab missed is a gap
// like any other. A tab that goes away lets the lock go, and the next one leads. Without Web Locks every tab has its own.

import { Streams } from "./streams.js";
import { Timers } from "./timers.js";

const SILENT_MS = 50000; // a leader passes a beat on every 20 s; one that does not is frozen, and its lock is taken
const DEAF_MS = 1500; // a leader answers at once, if there is one

export class SharedClient {
  /**
   * `connect(options)` makes a LiveClient from `{onFrame, onState, onRaw, streams}`; `env` has setTimeout, clearTimeout, now, and, where the
   * browser has them, `locks` (navigator.locks) and `channel(name)` (a BroadcastChannel); tabs with the same `name` share.
   */
  constructor({ name, tab, env, connect, onFrame, onState }) {
    Object.assign(this, { name, tab, env, connect, onState });
    this.timers = new Timers(env);
    this.streams = new Streams({ timers: this.timers, show: onFrame, ask: (sub) => this.#ask(sub) });
    this.state = null;
    this.sureAt = null;
    this.tabs = new Map(); // of a leader: tab → the streams it wants
  }

  watch(stream, epoch = null, n = null) {
    this.streams.watch(stream, epoch, n);
    if (this.client) this.#serve(this.tab, [this.streams.sub(stream)], this.streams.names);
    else if (this.channel) this.#want();
  }

  start() {
    this.stopped = false;
    if (!this.env.locks || !this.env.channel) {
      this.#lead();
      return;
    }
    this.channel = this.env.channel(this.name);
    this.channel.onmessage = (event) => this.#hear(event.data);
    this.#announce("reconnecting");
    this.timers.after("again", DEAF_MS, () => !this.client && this.state === "reconnecting" && this.#want()); // who leads may just be taking over
    this.#follow();
  }

  /** The page goes away; `start` takes it up again. */
  stop() {
    this.stopped = true;
    this.timers.cancelAll();
    this.#post({ t: "gone", tab: this.tab });
    this.#resign();
    this.abort?.abort();
    this.channel?.close();
    this.channel = null;
  }

  online() {
    this.away = false;
    if (this.client) this.client.online();
    else if (!this.stopped && this.state === "offline") {
      this.#announce("reconnecting");
      this.#want();
    }
  }

  offline() {
    this.away = true;
    if (this.client) this.client.offline();
    else this.#announce("offline");
  }

  // -- Who leads ---------------------------------------------------------------------------------

  #follow() {
    this.#expect();
    this.#queue();
    if (!this.client) this.#want();
  }

  #queue(options = {}) {
    const abort = this.env.abort();
    this.abort = abort;
    const request = options.steal ? options : { signal: abort.signal };
    this.env.locks
      .request(`doorbell ${this.name}`, request, () => {
        if (this.stopped || abort !== this.abort) return undefined;
        this.#lead();
        return new Promise((release) => (this.release = release));
      })
      .catch(() => {
        if (this.stopped || abort !== this.abort) return; // we gave it up ourselves
        this.release = null; // taken from us: we were frozen
        this.#resign();
        this.#follow();
      });
  }

  #lead() {
    this.timers.cancel("silent");
    this.client = this.connect({
      streams: this.streams,
      onRaw: (frame) => this.#post({ t: "frame", frame }),
      onState: (state, sureAt) => {
        this.#announce(state, sureAt);
        this.#post({ t: "state", state });
      },
    });
    this.tabs.set(this.tab, new Set(this.streams.names));
    if (this.away) this.client.offline();
    else this.client.start();
    this.#post({ t: "who" });
  }

  #resign() {
    this.client?.stop();
    this.client = null;
    this.tabs.clear();
    this.release?.();
    this.release = null;
  }

  #expect() {
    this.timers.after("silent", SILENT_MS, () => {
      this.abort.abort();
      this.#queue({ steal: true });
    });
  }

  // -- What is said ------------------------------------------------------------------------------

  #post(message) {
    this.channel?.postMessage(message);
  }

  #want() {
    const subs = this.streams.names.map((stream) => this.streams.sub(stream));
    this.#post({ t: "want", tab: this.tab, subs });
  }

  #ask(sub) {
    if (this.client) this.client.sync(sub);
    else this.#post({ t: "sync", sub });
  }

  #hear(message) {
    if (this.client) {
      if (message.t === "want") this.#serve(message.tab, message.subs, message.subs.map(({ s }) => s));
      else if (message.t === "gone") this.#gone(message.tab);
      else if (message.t === "sync") this.client.sync(message.sub);
      return;
    }
    if (message.t === "who") this.#want();
    if (message.t !== "frame" && message.t !== "state") return;
    this.#expect();
    if (message.t === "state") {
      this.#announce(message.state);
      return;
    }
    this.sureAt = this.env.now();
    if (message.frame.t === "beat") this.streams.heads(message.frame.h);
    else this.streams.take(message.frame);
  }

  // A leader's: a tab wants these streams and stands there.
  #serve(tab, subs, all) {
    this.tabs.set(tab, new Set(all));
    for (const sub of subs) {
      const ours = this.streams.known.get(sub.s);
      if (tab === this.tab || !ours) this.client.watch(sub.s, sub.e ?? null, sub.n ?? null);
      else if (ours.epoch !== sub.e || ours.n === null || sub.n === undefined || sub.n < ours.n) this.client.sync(sub);
    }
    this.#post({ t: "state", state: this.client.state });
  }

  #gone(tab) {
    this.tabs.delete(tab);
    for (const stream of this.streams.names) {
      if (![...this.tabs.values()].some((wanted) => wanted.has(stream))) this.client.forget(stream);
    }
  }

  #announce(state, sureAt = this.sureAt) {
    this.sureAt = sureAt;
    if (state === this.state) return;
    this.state = state;
    this.onState(state, sureAt);
  }
}
