// One socket for all the tabs of a browser. The tab that holds a Web Lock leads: it has the client, and passes every
// frame on over a BroadcastChannel. The others follow: each keeps the version rule for its own screen, so that a frame
// that a tab missed is a gap like any other. A tab that goes away lets the lock go, and the next one leads.
// Where the browser has no Web Locks, or refuses them, every tab has its own socket.

/** @import {Connection, Env, Message, OnFrame, OnState, Sub} from "./types.js" */
/** @import {LiveClient} from "./client.js" */

import { Streams } from "./streams.js";
import { Timers } from "./timers.js";

const SILENT_MS = 50000; // a leader passes a beat on every 20 s; one that does not is frozen, and its lock is taken
const DEAF_MS = 1500; // a leader answers at once, if there is one

export class SharedClient {
  /**
   * `connect(options)` makes a LiveClient; tabs with the same `name` share; `tab` is this one's;
   * `away` if the browser says that there is no network.
   * @param {{
   *   name: string,
   *   tab: string,
   *   env: Env,
   *   connect: (options: Pick<ConstructorParameters<typeof LiveClient>[0],
   *     "streams" | "onRaw" | "onState" | "away">) => LiveClient,
   *   onFrame: OnFrame,
   *   onState: OnState,
   *   away?: boolean,
   * }} options
   */
  constructor({ name, tab, env, connect, onFrame, onState, away = false }) {
    this.name = name;
    this.tab = tab;
    this.env = env;
    this.connect = connect;
    this.onState = onState;
    this.away = away;
    this.timers = new Timers(env);
    this.streams = new Streams({ timers: this.timers, show: onFrame, ask: (sub) => this.#ask(sub) });
    /** @type {Connection | null} */
    this.state = null;
    /** @type {number | null} */
    this.sureAt = null;
    this.stopped = false;
    /** @type {LiveClient | null} */
    this.client = null;
    /** @type {BroadcastChannel | null} */
    this.channel = null;
    /** @type {AbortController | null} */
    this.abort = null;
    /** @type {(() => void) | null} */
    this.release = null;
    /**
     * Of a leader: tab → the streams it wants.
     * @type {Map<string, Set<string>>}
     */
    this.tabs = new Map();
  }

  /**
   * Watch `stream`, of which version `n` of `epoch` is on the screen already (or null).
   * @param {string} stream
   * @param {string | null} [epoch]
   * @param {number | null} [n]
   */
  watch(stream, epoch = null, n = null) {
    this.streams.watch(stream, epoch, n);
    if (this.client) this.#serve(this.client, this.tab, [this.streams.sub(stream)], this.streams.names);
    else if (this.channel) this.#want();
  }

  start() {
    this.stopped = false;
    this.channel = this.#open();
    if (!this.channel) {
      this.#lead();
      return;
    }
    this.#unsure();
    this.timers.after("again", DEAF_MS, () => this.#missing && this.#want()); // who leads may just be taking over
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

  /** The browser says that the network is back. */
  online() {
    this.away = false;
    if (this.client) this.client.online();
    else this.retry();
  }

  /** Something has changed, or the page is looked at again: do not wait for a timer. */
  retry() {
    if (this.client) this.client.retry();
    else if (!this.stopped && this.#missing) {
      this.#unsure();
      this.#want();
    }
  }

  /** The browser says that the network is gone. Who leads tries all the same, and tells the others. */
  offline() {
    this.away = true;
    if (this.client) this.client.offline();
    else this.#unsure();
  }

  // -- Who leads ---------------------------------------------------------------------------------

  /** Whether this tab follows and was not told that all is well. */
  get #missing() {
    return !this.client && this.state !== "live";
  }

  /** The channel to the other tabs; null where nothing can be shared. */
  #open() {
    if (!this.env.locks || !this.env.channel) return null;
    try {
      const channel = this.env.channel(this.name);
      channel.onmessage = (event) => this.#hear(event.data);
      return channel;
    } catch {
      return null;
    }
  }

  #follow() {
    this.#expect();
    this.#queue();
    if (!this.client) this.#want();
  }

  /** @param {LockOptions} [options] */
  async #queue(options = {}) {
    const abort = this.env.abort();
    this.abort = abort;
    let held = false;
    try {
      const request = options.steal ? options : { signal: abort.signal };
      await /** @type {LockManager} */ (this.env.locks).request(`doorbell ${this.name}`, request, () => {
        if (this.stopped || abort !== this.abort) return undefined;
        held = true;
        this.#lead();
        return new Promise((resolve) => (this.release = () => resolve(undefined)));
      });
    } catch (problem) {
      if (this.stopped || abort !== this.abort) return; // we gave it up ourselves
      if (held && /** @type {{name?: string} | undefined} */ (problem)?.name === "AbortError") this.#robbed();
      else this.#alone(); // refused: asking again would get the same answer
    }
  }

  // The lock was taken from us: we were frozen.
  #robbed() {
    this.release = null;
    this.#resign();
    this.#follow();
  }

  // No lock is to be had here: a socket of our own, and no word to or from the other tabs.
  #alone() {
    this.timers.cancel("silent", "again");
    this.channel?.close();
    this.channel = null;
    if (!this.client) this.#lead();
  }

  #lead() {
    this.timers.cancel("silent");
    const client = this.connect({
      streams: this.streams,
      away: this.away,
      onRaw: (frame) => this.#post({ t: "frame", frame }),
      onState: (state, sureAt) => {
        this.#announce(state, sureAt);
        this.#post({ t: "state", state });
      },
    });
    this.client = client;
    this.tabs.set(this.tab, new Set(this.streams.names));
    client.start();
    this.#post({ t: "who" });
  }

  #resign() {
    this.client?.stop();
    this.client = null;
    this.tabs.clear();
    this.release?.();
    this.release = null;
  }

  // A leader that says nothing for long is robbed; where not even that is granted, this tab goes on alone.
  #expect() {
    this.timers.after("silent", SILENT_MS, () => {
      this.abort?.abort();
      this.#queue({ steal: true });
      if (!this.client) this.timers.after("silent", DEAF_MS, () => this.#alone());
    });
  }

  // -- What is said ------------------------------------------------------------------------------

  /** @param {Message} message */
  #post(message) {
    this.channel?.postMessage(message);
  }

  #want() {
    const subs = this.streams.names.map((stream) => this.streams.sub(stream));
    this.#post({ t: "want", tab: this.tab, subs });
  }

  /** @param {Sub} sub */
  #ask(sub) {
    if (this.client) this.client.sync(sub);
    else this.#post({ t: "sync", sub });
  }

  /** @param {Message} message */
  #hear(message) {
    if (this.client) this.#answer(this.client, message);
    else this.#heed(message);
  }

  /**
   * What a leader does with a follower's message.
   * @param {LiveClient} client
   * @param {Message} message
   */
  #answer(client, message) {
    if (message.t === "want") {
      const wanted = message.subs.map(({ s }) => s);
      this.#serve(client, message.tab, message.subs, wanted);
    } else if (message.t === "gone") this.#gone(client, message.tab);
    else if (message.t === "sync") client.sync(message.sub);
  }

  /**
   * What a follower does with the leader's message.
   * @param {Message} message
   */
  #heed(message) {
    if (message.t === "who") this.#want();
    if (message.t !== "frame" && message.t !== "state") return;
    this.#expect();
    if (message.t === "state") {
      if (message.state) this.#announce(message.state);
      return;
    }
    this.sureAt = this.env.now();
    if (message.frame.t === "beat") this.streams.heads(message.frame.h);
    else this.streams.take(message.frame);
  }

  /**
   * A leader's: a tab wants these streams and stands there.
   * @param {LiveClient} client
   * @param {string} tab
   * @param {Sub[]} subs
   * @param {string[]} all
   */
  #serve(client, tab, subs, all) {
    this.tabs.set(tab, new Set(all));
    for (const sub of subs) {
      const ours = this.streams.known.get(sub.s);
      if (tab === this.tab || !ours) client.watch(sub.s, sub.e ?? null, sub.n ?? null);
      else if (ours.epoch !== sub.e || ours.n === null || sub.n === undefined || sub.n < ours.n) client.sync(sub);
    }
    this.#post({ t: "state", state: client.state });
  }

  /**
   * A tab has gone: what only it wanted is watched no more.
   * @param {LiveClient} client
   * @param {string} tab
   */
  #gone(client, tab) {
    this.tabs.delete(tab);
    for (const stream of this.streams.names) {
      if (![...this.tabs.values()].some((wanted) => wanted.has(stream))) client.forget(stream);
    }
  }

  #unsure() {
    this.#announce(this.away ? "offline" : "reconnecting");
  }

  /**
   * @param {Connection} state
   * @param {number | null} [sureAt]
   */
  #announce(state, sureAt = this.sureAt) {
    this.sureAt = sureAt;
    if (state === this.state) return;
    this.state = state;
    this.onState(state, sureAt);
  }
}
