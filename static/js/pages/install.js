// The service worker's other side: it keeps what the page shows.

const KEEP_MS = 1500; // after a change, until the page is kept as it is then

/**
 * Register the worker; without one the page works as ever, only not without a network.
 * @param {Window & typeof globalThis} page
 * @param {string} here the address of this module
 */
export function install(page, here = import.meta.url) {
  const { document, location } = page;
  const worker = page.navigator.serviceWorker;
  if (!worker) return;
  const files = new URL("../../", here).pathname; // where the static files are: a worker cannot ask a template
  worker.register(`/service-worker.js?${new URLSearchParams({ files })}`).catch(() => {});
  const say = async (/** @type {object} */ message) => (await worker.ready).active?.postMessage(message);

  // What was kept for another session – another person, perhaps – goes.
  const session = document.querySelector('meta[name="session"]')?.getAttribute("content");
  if (typeof session === "string") say({ session });

  /** @type {number | undefined} */
  let keeping;
  document.addEventListener("doorbell:frame", () => {
    page.clearTimeout(keeping);
    keeping = page.setTimeout(() => say({ keep: location.href }), KEEP_MS);
  });
}
