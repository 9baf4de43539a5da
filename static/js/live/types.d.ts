// The shapes that the live modules share. docs/live.md describes the frames.

/** What a stream shows: the whole state, in words. Its keys are the server's. */
export type State = Record<string, any>;

/** A whole state (`snap`), or one change with the state after it (`ev`). */
export interface StateFrame {
    t: "snap" | "ev";
    /** The stream. */
    s: string;
    /** The epoch: which log `n` counts in. */
    e: string;
    /** The version. */
    n: number;
    /** The state as of `n`. */
    d: State;
    id?: string;
    type?: string;
    at?: string;
}

/** The newest version of every stream. `stale`: the server itself receives no changes at the moment. */
export interface Beat {
    t: "beat";
    b: number;
    h: Record<string, number>;
    stale?: boolean;
}

export type Frame =
    | StateFrame
    | Beat
    | { t: "stale" }
    | { t: "bye"; code: number; after_ms: number }
    | { t: "error"; code: string; detail: string; s?: string };

/** One of several streams that were asked for is not the viewer's. */
export type Refusal = { t: "error"; code: string; detail: string; s: string };

/** A stream, and the version of which epoch is on the screen, if any is. */
export interface Sub {
    s: string;
    e?: string;
    n?: number;
}

/** What the page says about its connection. */
export type Connection = "live" | "reconnecting" | "polling" | "offline";

export type OnFrame = (stream: string, frame: StateFrame) => void;
export type OnState = (state: Connection, sureAt: number | null) => void;

/** What the modules use of the outside; tests give them another one. */
export interface Env {
    WebSocket: new (url: string) => WebSocket;
    fetch: (url: string, options?: RequestInit) => Promise<Response>;
    setTimeout: (what: () => void, ms: number) => any;
    clearTimeout: (id: any) => void;
    /** Milliseconds since any fixed moment. */
    now: () => number;
    /** From 0 up to 1. */
    random: () => number;
    abort: () => AbortController;
    /** Not there in an insecure context or an old browser. */
    locks?: LockManager;
    channel?: (name: string) => BroadcastChannel;
}

/** What a transport is made with. */
export interface Wiring {
    url: string;
    base: string;
    env: Env;
    timers: import("./timers.js").Timers;
    subs: () => Sub[];
}

/** What a SharedClient says to the other tabs. */
export type Message =
    | { t: "want"; tab: string; subs: Sub[] }
    | { t: "sync"; sub: Sub }
    | { t: "gone"; tab: string }
    | { t: "who" }
    | { t: "state"; state: Connection | null }
    | { t: "frame"; frame: StateFrame | Beat };

declare global {
    interface DocumentEventMap {
        /** A frame was shown in `root`. */
        "doorbell:frame": CustomEvent<{ stream: string; frame: StateFrame; root: HTMLElement }>;
    }
}
