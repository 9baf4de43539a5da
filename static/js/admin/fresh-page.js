// A page that is asked for again, because a frame said that something moved.

/** Leaves what the shop has to say, such as "Saved", for the next page that a person opens. */
const ASKED_BY_SCRIPT = { "X-Asked-By": "script" };

/**
 * A function that fetches the page. Its result is null if that failed, or if it was called again meanwhile: the later
 * answer is newer.
 * @param {Window & typeof globalThis} page
 * @returns {() => Promise<Document | null>}
 */
export function freshPage(page) {
  let asked = 0;
  return async () => {
    const mine = (asked += 1);
    const options = { credentials: /** @type {const} */ ("same-origin"), headers: ASKED_BY_SCRIPT };
    const response = await page.fetch(page.location.href, options).catch(() => null);
    if (!response?.ok) return null;
    const text = await response.text();
    return mine === asked ? new page.DOMParser().parseFromString(text, "text/html") : null;
  };
}
