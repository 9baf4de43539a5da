// A request with a time limit: a network that loses packets fails like one that refuses connections.

/** @import {Env} from "./types.js" */

const PATIENCE_MS = 10000;

/**
 * The status of `url`, and its JSON if that is 200. Throws if there is no answer within ten seconds.
 * @param {Pick<Env, "fetch" | "abort" | "setTimeout" | "clearTimeout">} env
 * @param {string} url
 * @returns {Promise<{status: number, body: any}>}
 */
export async function ask(env, url) {
  const abort = env.abort();
  const late = env.setTimeout(() => abort.abort(), PATIENCE_MS);
  try {
    const response = await env.fetch(url, { credentials: "same-origin", signal: abort.signal });
    return { status: response.status, body: response.status === 200 ? await response.json() : null };
  } finally {
    env.clearTimeout(late);
  }
}
