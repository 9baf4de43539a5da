const key = (request) => new URL(typeof request === "string" ? request : request.url, "https://shop.example").href;

class Cache {
  constructor() {
    this.entries = new Map();
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
  constructor() {
    this.named = new Map();
  }
  async open(name) {
    if (!this.named.has(name)) this.named.set(name, new Cache());
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
