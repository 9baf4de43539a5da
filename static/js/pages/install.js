// Registers the service worker, and tells it what the page shows.

const KEEP_MS = 1500; // from a change until the page is kept again

/**
 * Register the worker. Without one the page only needs a network.
 * @param {Window & typeof globalThis} page
 * @param {string} here the address of this module
 */
export function install(page, here = import.meta.url) {
  const { document, location } = page;
  const worker = page.navigator.serviceWorker;
  if (!worker) return;
  const files = new URL("../../", here).pathname; // the static files: the worker has no template tag to find them
  worker.register(`/service-worker.js?${new URLSearchParams({ files })}`).catch(() => {});
  const say = async (/** @type {object} */ message) => (await worker.ready).active?.postMessage(message);

  // The worker deletes pages that it kept for another session.
  const session = document.querySelector('meta[name="session"]')?.getAttribute("content");
  if (typeof session === "string") say({ session });

  /** @type {number | undefined} */
  let keeping;
  document.addEventListener("doorbell:frame", () => {
    page.clearTimeout(keeping);
    keeping = page.setTimeout(() => say({ keep: location.href }), KEEP_MS);
  });
}
