// One socket for all the tabs of a browser. The tab that holds a Web Lock is the leader: it has the client, and passes
// every frame on over a BroadcastChannel. The other tabs are followers: each applies the version rule to its own
// screen, so a frame that a tab missed is a gap like any other. When the leader's tab closes, it releases the lock, and
// the next tab leads. If the browser has no Web Locks, or refuses them, every tab has its own socket.

/** @import {Connection, Env, Message, OnFrame, OnState, Sub} from "./types.js" */
/** @import {LiveClient} from "./client.js" */

import { Streams } from "./streams.js";
import { Timers } from "./timers.js";

const SILENT_MS = 50000; // a leader passes on a beat every 20 s; the lock of one that does not is taken
const ANSWER_MS = 1500; // a leader that is there answers within this time

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
    // The leader may have been about to change, and the first question lost.
    this.timers.after("again", ANSWER_MS, () => this.#missing && this.#want());
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

  /** The page is looked at again, or something else has changed: try now, without waiting for a timer. */
  retry() {
    if (this.client) this.client.retry();
    else if (!this.stopped && this.#missing) {
      this.#unsure();
      this.#want();
    }
  }

  /** The browser says that the network is gone. The leader goes on trying, and tells the others when it succeeds. */
  offline() {
    this.away = true;
    if (this.client) this.client.offline();
    else this.#unsure();
  }

  // -- Who leads ---------------------------------------------------------------------------------

  /** Whether this tab is a follower that does not know of a live connection. */
  get #missing() {
    return !this.client && this.state !== "live";
  }

  /** The channel to the other tabs; null where nothing can be shared. */
  #open() {
    if (!this.env.locks || !this.env.channel) return null;
    try {
      const channel = this.env.channel(this.name);
      channel.onmessage = (event) => this.#receive(event.data);
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
      if (this.stopped || abort !== this.abort) return; // this tab has given the request up
      if (held && /** @type {{name?: string} | undefined} */ (problem)?.name === "AbortError") this.#lockTaken();
      else this.#alone(); // refused: a second request would be refused, too
    }
  }

  // Another tab has taken the lock, because this one was frozen.
  #lockTaken() {
    this.release = null;
    this.#resign();
    this.#follow();
  }

  // No lock can be had: this tab uses its own socket, and exchanges nothing with the other tabs.
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

  // Take the lock of a leader that has been silent for too long. If even that is not granted, go on alone.
  #expect() {
    this.timers.after("silent", SILENT_MS, () => {
      this.abort?.abort();
      this.#queue({ steal: true });
      if (!this.client) this.timers.after("silent", ANSWER_MS, () => this.#alone());
    });
  }

  // -- Messages between the tabs ------------------------------------------------------------------------------

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
  #receive(message) {
    if (this.client) this.#answer(this.client, message);
    else this.#obey(message);
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
  #obey(message) {
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
   * As leader: a tab wants these streams, and shows these versions of them.
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
   * As leader: a tab has closed. Stop watching what only that tab wanted.
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
