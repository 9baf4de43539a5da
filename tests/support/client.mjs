// A client of the live protocol in a hundred lines, written from docs/live.md alone.
//
//   node client.mjs SITE COOKIE STREAM…    prints what a page would show, one JSON line a version, until stdin closes
//   node client.mjs --vectors FILE         checks itself against the conformance vectors

import { readFileSync } from "node:fs";

const STOP = new Set([4400, 4403]);

/** The rule, for one stream. */
export class Shown {
  constructor(e = null, n = null) {
    Object.assign(this, { e, n, held: new Map(), head: n });
  }
  /** Returns the frames to show now. */
  take(frame) {
    if (frame.t === "beat") {
      this.head = Math.max(this.head ?? 0, frame.h[this.stream ?? Object.keys(frame.h)[0]] ?? 0);
      return [];
    }
    const same = frame.e === this.e && this.n !== null;
    if (frame.t === "snap") {
      if (same && frame.n < this.n) return [];
      if (!same) this.held.clear();
      Object.assign(this, { e: frame.e, n: frame.n, lost: false });
      if (!same) this.head = frame.n;
      return [frame, ...this.#next()];
    }
    if (!same) this.lost = true;
    else if (frame.n > this.n) this.held.set(frame.n, frame);
    return this.#next();
  }
  /** Whether something is missing. */
  get asks() {
    return Boolean(this.lost) || this.n === null || this.held.size > 0 || this.head > this.n;
  }
  #next() {
    for (const n of this.held.keys()) if (n <= this.n) this.held.delete(n);
    const ready = [];
    while (this.held.has(this.n + 1)) {
      this.n += 1;
      ready.push(this.held.get(this.n));
      this.held.delete(this.n);
    }
    return ready;
  }
}

function check(file) {
  const { shown, after_close } = JSON.parse(readFileSync(file, "utf8"));
  for (const { rule, at, frames, shown: wanted, asks } of shown) {
    const page = new Shown(at?.e, at?.n);
    const got = frames.flatMap((frame) => page.take(frame)).map((frame) => frame.n);
    if (JSON.stringify(got) !== JSON.stringify(wanted) || page.asks !== asks) throw new Error(`${rule}: ${got} ${page.asks}`);
  }
  for (const [code, then] of Object.entries(after_close)) {
    if (STOP.has(Number(code)) !== (then === "stop")) throw new Error(`close code ${code}`);
  }
  console.log(`${shown.length} rules, ${Object.keys(after_close).length} close codes`);
}

async function watch(site, cookie, streams) {
  const pages = new Map(streams.map((stream) => [stream, Object.assign(new Shown(), { stream })]));
  const sub = (s) => ({ s, ...(pages.get(s).n === null ? {} : { e: pages.get(s).e, n: pages.get(s).n }) });
  for (let tries = 0; ; tries += 1) {
    let after = Math.random() * Math.min(20_000, 500 * 2 ** tries);
    try {
      const { ticket } = await (await fetch(`${site}/live/ticket`, { headers: { cookie } })).json();
      const code = await new Promise((closed) => {
        const socket = new WebSocket(`${site.replace("http", "ws")}/live/`, { headers: { cookie } });
        const say = (frame) => socket.send(JSON.stringify(frame));
        const ask = (page) => setTimeout(() => page.asks && socket.readyState === 1 && say({ t: "sync", ...sub(page.stream) }), 250);
        socket.onopen = () => say({ t: "hello", v: 1, ticket, subs: streams.map(sub) });
        socket.onmessage = ({ data }) => {
          const frame = JSON.parse(data);
          if (frame.t === "bye") after = frame.after_ms;
          for (const page of frame.t === "beat" ? pages.values() : [pages.get(frame.s)].filter(Boolean)) {
            if (frame.t === "beat" && !(page.stream in frame.h)) continue;
            for (const { t, s, n, d } of page.take(frame)) console.log(JSON.stringify({ t, s, n, d }));
            if (page.asks) ask(page);
          }
          if (frame.t === "beat") say({ t: "ack", b: frame.b });
          tries = 0;
        };
        socket.onclose = ({ code }) => closed(code);
        socket.onerror = () => closed(1006);
      });
      if (STOP.has(code)) process.exit(1);
    } catch {
      // no network, no ticket: again, later
    }
    await new Promise((wait) => setTimeout(wait, after));
  }
}

const [first, ...rest] = process.argv.slice(2);
if (first === "--vectors") check(rest[0]);
else if (first) {
  process.stdin.on("end", () => process.exit(0)).resume();
  watch(first, rest[0], rest.slice(1));
}
