// Frames over a websocket. The other transport is poller.js; both have the same methods and callbacks:
//   open(ticket)  close()  watch(sub)  leave(stream)  sync(sub)      → onFrame(frame), onLost(code)

/** @import {Frame, Sub, Wiring} from "./types.js" */

const VERSION = 1;
const QUIET_MS = 50000; // two and a half beats without a frame: the socket is dead, even if the browser calls it open

export class SocketTransport {
  /** @param {Wiring & {onFrame: (frame: Frame) => void, onLost: (code: number) => void}} wiring */
  constructor({ url, env, timers, subs, onFrame, onLost }) {
    this.url = url;
    this.env = env;
    this.timers = timers;
    this.subs = subs;
    this.onFrame = onFrame;
    this.onLost = onLost;
    /** @type {WebSocket | null} */
    this.socket = null;
  }

  /** @param {string} ticket */
  open(ticket) {
    const socket = new this.env.WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => this.#send({ t: "hello", v: VERSION, ticket, subs: this.subs() });
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      this.#expect();
      const frame = JSON.parse(event.data);
      this.onFrame(frame);
      // An ack says that everything before the beat was shown.
      if (frame.t === "beat") this.#send({ t: "ack", b: frame.b });
    };
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      this.close();
      this.onLost(event.code);
    };
    this.#expect();
  }

  close() {
    const socket = this.socket;
    this.socket = null;
    this.timers.cancel("quiet");
    if (socket && socket.readyState < 2) socket.close();
  }

  /** @param {Sub} sub */
  watch(sub) {
    this.#send({ t: "sub", subs: [sub] });
  }

  /** @param {string} stream */
  leave(stream) {
    this.#send({ t: "unsub", s: [stream] });
  }

  /** @param {Sub} sub */
  sync(sub) {
    this.#send({ t: "sync", ...sub });
  }

  /** @param {object} frame */
  #send(frame) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  #expect() {
    this.timers.after("quiet", QUIET_MS, () => {
      this.close();
      this.onLost(0);
    });
  }
}
