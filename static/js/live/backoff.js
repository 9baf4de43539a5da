// Back-off with full jitter: many clients that lose their server do not all come back at the same moment.

/**
 * Milliseconds to wait before try number `tries` (0, 1, …): anywhere between 0 and the doubled, capped bound,
 * at least `floor`.
 * @param {number} tries
 * @param {() => number} random
 */
export function backoff(tries, random, { base = 500, cap = 20000, floor = 50 } = {}) {
  return Math.max(floor, random() * Math.min(cap, base * 2 ** Math.min(tries, 16)));
}
