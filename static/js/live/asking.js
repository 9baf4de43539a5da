// A request that cannot hang: a network that swallows packets fails like one that refuses them.

/** @import {Env} from "./types.js" */

const PATIENCE_MS = 10000;

/**
 * The status and, of a 200, the JSON of `url`. Throws when nothing comes within ten seconds.
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
