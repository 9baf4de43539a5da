// Frames over a websocket. One of the two transports; the other is poller.js, and both are told and tell the same:
//   open(ticket)  close()  watch(sub)  leave(stream)  sync(sub)      → onFrame(frame), onLost(code)

const VERSION = 1;
const QUIET_MS = 50000; // two beats and a half without a frame: the socket is dead, whatever it says

export class SocketTransport {
  constructor({ url, env, timers, subs, onFrame, onLost }) {
    Object.assign(this, { url, env, timers, subs, onFrame, onLost });
  }

  open(ticket) {
    const socket = new this.env.WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => this.#send({ t: "hello", v: VERSION, ticket, subs: this.subs() });
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      this.#expect();
      const frame = JSON.parse(event.data);
      this.onFrame(frame);
      if (frame.t === "beat") this.#send({ t: "ack", b: frame.b }); // after it was taken: that is what an ack says
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

  watch(sub) {
    this.#send({ t: "sub", subs: [sub] });
  }

  leave(stream) {
    this.#send({ t: "unsub", s: [stream] });
  }

  sync(sub) {
    this.#send({ t: "sync", ...sub });
  }

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
