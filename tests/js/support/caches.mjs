const key = (request) => new URL(typeof request === "string" ? request : request.url, "https://shop.example").href;

class Cache {
  constructor(fetch) {
    this.entries = new Map();
    this.fetch = fetch;
  }
  async addAll(urls) {
    const answers = await Promise.all(urls.map((url) => this.fetch(url)));
    urls.forEach((url, n) => this.entries.set(key(url), answers[n]));
  }
  async match(request) {
    return this.entries.get(key(request))?.clone();
  }
  async put(request, response) {
    this.entries.set(key(request), response);
  }
  async delete(request) {
    return this.entries.delete(key(request));
  }
  async keys() {
    return [...this.entries.keys()].map((url) => ({ url }));
  }
}

/** A browser's Cache Storage, in memory. */
export class Caches {
  /** `fetch` is for `addAll`. */
  constructor(fetch) {
    this.named = new Map();
    this.fetch = fetch;
  }
  async open(name) {
    if (!this.named.has(name)) this.named.set(name, new Cache(this.fetch));
    return this.named.get(name);
  }
  async keys() {
    return [...this.named.keys()];
  }
  async delete(name) {
    return this.named.delete(name);
  }
  async match(request) {
    for (const cache of this.named.values()) {
      const found = await cache.match(request);
      if (found) return found;
    }
    return undefined;
  }
}
