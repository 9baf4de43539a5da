// What the board shows. An order keeps its card element, so that the focus stays on it.

/** @typedef {{ref: string, url: string, late: string, [part: string]: string}} Card */
/** @typedef {{key: string, count: number, more: number, cards: Card[]}} Column */
/**
 * `pulse`: for each of the last seconds the number of events, and p50 and p99 of the milliseconds from commit to push.
 * @typedef {{newest: Card[], columns: Column[], pulse: [number, number, number][], [figure: string]: any}} BoardState
 */

const SPOKEN_MS = 5000; // at most one new order in this time is announced to screen readers

export class Screen {
  /**
   * `ring` makes the sound of a new order; `charts` shows the pulse.
   * @param {HTMLElement} root
   * @param {{charts: {show: (pulse: BoardState["pulse"]) => void}, ring: (context: any) => void, now: () => number,
   *   newSound?: () => any}} outside
   */
  constructor(root, { charts, ring, now, newSound = () => new AudioContext() }) {
    this.root = root;
    this.charts = charts;
    this.ring = ring;
    this.now = now;
    /** @type {BoardState | null} what came while paused */
    this.waiting = null;
    /** @type {Set<string>} */
    this.known = new Set();
    this.spokenAt = -Infinity;
    /** @type {any} */
    this.sound = null;
    this.pause = this.#one("[data-pause]");
    this.pause.addEventListener("click", () => this.#pauseOrGoOn());
    const sound = this.#one("[data-sound]");
    sound.addEventListener("click", () => (this.sound = toggle(sound) ? newSound() : null));
  }

  /**
   * Show the state that came with the page. Its orders are not announced.
   * @param {BoardState} state
   */
  start(state) {
    this.known = new Set(state.newest.map(({ ref }) => ref));
    this.#draw(state);
  }

  /**
   * A new state: announce new orders, and show the state unless the board is paused.
   * @param {BoardState} state
   */
  take(state) {
    this.#tell(state);
    if (pressed(this.pause)) this.waiting = state;
    else this.#draw(state);
  }

  #pauseOrGoOn() {
    const paused = toggle(this.pause);
    const { resumeLabel = "", pauseLabel = "" } = this.pause.dataset;
    this.pause.textContent = paused ? resumeLabel : pauseLabel;
    if (!paused && this.waiting) this.#draw(this.waiting);
  }

  /** @param {BoardState} state */
  #draw(state) {
    this.waiting = null;
    for (const element of this.#all("[data-figure]")) element.textContent = state[element.dataset.figure ?? ""];
    for (const tile of this.#all("[data-alarm]")) {
      tile.classList.toggle("alarm", state[tile.dataset.alarm ?? ""] > Number(tile.dataset.limit));
    }
    this.charts.show(state.pulse);
    this.#cards(this.#one('[data-cards="newest"]'), state.newest);
    for (const column of state.columns) {
      const section = this.#one(`[data-column="${column.key}"]`);
      one(section, "[data-count]").textContent = String(column.count);
      one(section, "[data-more]").textContent = String(column.more);
      one(section, ".board-more").hidden = !column.more;
      this.#cards(one(section, "[data-cards]"), column.cards);
    }
  }

  /**
   * @param {HTMLElement} list
   * @param {Card[]} wanted
   */
  #cards(list, wanted) {
    const items = /** @type {HTMLElement[]} */ ([...list.children]);
    const there = new Map(items.map((item) => [item.dataset.ref, item]));
    wanted.forEach((card, place) => {
      const item = there.get(card.ref) ?? this.#newCard(card.ref);
      there.delete(card.ref);
      item.querySelector("a")?.setAttribute("href", card.url);
      for (const part of all(item, "[data-part]")) {
        const value = card[part.dataset.part ?? ""] ?? "";
        if (part.textContent !== value) part.textContent = value;
      }
      one(item, ".board-late").hidden = !card.late;
      if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
    });
    for (const gone of there.values()) gone.remove();
  }

  /** @param {string} ref */
  #newCard(ref) {
    const template = /** @type {HTMLTemplateElement} */ (this.#one("template[data-card]"));
    const item = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    item.dataset.ref = ref;
    item.classList.add("fresh");
    return item;
  }

  /** @param {BoardState} state */
  #tell(state) {
    const [fresh] = state.newest.filter(({ ref }) => !this.known.has(ref));
    this.known = new Set(state.newest.map(({ ref }) => ref));
    if (!fresh || this.now() - this.spokenAt < SPOKEN_MS) return;
    this.spokenAt = this.now();
    const said = this.#one("[data-said]");
    said.textContent = (said.dataset.pattern ?? "").replace("{ref}", fresh.ref);
    if (this.sound) this.ring(this.sound);
  }

  /** @param {string} selector */
  #one(selector) {
    return one(this.root, selector);
  }

  /** @param {string} selector */
  #all(selector) {
    return all(this.root, selector);
  }
}

/** @param {HTMLElement} button */
function pressed(button) {
  return button.getAttribute("aria-pressed") === "true";
}

/**
 * Press a button, or release it. Returns whether it is pressed now.
 * @param {HTMLElement} button
 */
function toggle(button) {
  const on = !pressed(button);
  button.setAttribute("aria-pressed", String(on));
  return on;
}

/**
 * @param {Element} root
 * @param {string} selector
 * @returns {HTMLElement}
 */
function one(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`The board has no ${selector}.`);
  return /** @type {HTMLElement} */ (found);
}

/**
 * @param {Element} root
 * @param {string} selector
 * @returns {NodeListOf<HTMLElement>}
 */
function all(root, selector) {
  return root.querySelectorAll(selector);
}
