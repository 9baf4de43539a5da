// The orders that this browser wants notifications of. They are stored in Cache Storage, because the page and the
// service worker can both read it. The key is the address that takes the subscription.

/** @typedef {{url: string, page: string, key: string}} Asked */

const NAME = "doorbell-asked"; // js/worker/service-worker.js has the same name

export class AskedOrders {
  /** @param {CacheStorage} caches */
  constructor(caches) {
    this.caches = caches;
  }

  /** @param {string} url */
  async has(url) {
    return Boolean(await (await this.caches.open(NAME)).match(url));
  }

  /** @param {Asked} order */
  async add(order) {
    await (await this.caches.open(NAME)).put(order.url, new Response(JSON.stringify(order)));
  }

  /** @param {string} url */
  async remove(url) {
    await (await this.caches.open(NAME)).delete(url);
  }

  /** @returns {Promise<Asked[]>} */
  async all() {
    const cache = await this.caches.open(NAME);
    const found = await Promise.all((await cache.keys()).map((request) => cache.match(request)));
    return Promise.all(found.flatMap((response) => (response ? [response.json()] : [])));
  }
}
