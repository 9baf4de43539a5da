// The orders of which this browser is to be told by notification. They are kept in Cache Storage, because the page and
// the service worker can both read it: the address that takes the subscription → the order's page, and the key.

/** @typedef {{url: string, page: string, key: string}} Asked */

const NAME = "doorbell-asked"; // the service worker has the same

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
