// The staff's board: every frame is the whole state, twice a second at most. Cards are kept by their order, so that focus stays.

import { startLive } from "./live/start.js";

const SPOKEN_MS = 5000; // a screen reader is told of a new order this often, however many come

const board = document.querySelector(".board");
const style = getComputedStyle(board);
let newest = null; // the frame that is not drawn while paused
let known = new Set();
let spokenAt = 0;
let sound = null;

const toggle = (button) => {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", on);
  return on;
};

const pause = board.querySelector("[data-pause]");
pause.addEventListener("click", () => {
  const paused = toggle(pause);
  pause.textContent = paused ? pause.dataset.resumeLabel : pause.dataset.pauseLabel;
  if (!paused && newest) draw(newest);
});

const noise = board.querySelector("[data-sound]");
noise.addEventListener("click", () => (sound = toggle(noise) ? new AudioContext() : null));

function chart(name, type, datasets, options = {}) {
  const scale = { beginAtZero: true, suggestedMax: 10, ticks: { color: style.getPropertyValue("--soft"), maxTicksLimit: 5 }, grid: { color: style.getPropertyValue("--line") } };
  return new Chart(board.querySelector(`[data-chart="${name}"]`), {
    type,
    data: { labels: Array.from({ length: 30 }, (_, second) => second - 30), datasets },
    options: { animation: false, responsive: true, maintainAspectRatio: false, plugins: { legend: { display: false }, tooltip: { enabled: false } }, scales: { x: { display: false }, y: scale }, ...options },
  });
}

const mark = style.getPropertyValue("--mark");
const soft = style.getPropertyValue("--soft");
const line = { pointRadius: 0, borderWidth: 2, tension: 0.25 };
const rate = chart("rate", "bar", [{ data: [], backgroundColor: mark, borderRadius: 2 }]);
const latency = chart("latency", "line", [
  { ...line, data: [], borderColor: mark },
  { ...line, data: [], borderColor: soft, borderDash: [4, 3] },
]);

function draw(d) {
  newest = null;
  for (const element of board.querySelectorAll("[data-figure]")) element.textContent = d[element.dataset.figure];
  for (const tile of board.querySelectorAll("[data-alarm]")) {
    tile.classList.toggle("alarm", d[tile.dataset.alarm] > Number(tile.dataset.limit));
  }
  rate.data.datasets[0].data = d.pulse.map(([handled]) => handled);
  latency.data.datasets[0].data = d.pulse.map(([handled, p50]) => (handled ? p50 : null));
  latency.data.datasets[1].data = d.pulse.map(([handled, , p99]) => (handled ? p99 : null));
  rate.update();
  latency.update();
  cards(board.querySelector('[data-cards="newest"]'), d.newest);
  for (const column of d.columns) {
    const section = board.querySelector(`[data-column="${column.key}"]`);
    section.querySelector("[data-count]").textContent = column.count;
    section.querySelector("[data-more]").textContent = column.more;
    section.querySelector(".board-more").hidden = !column.more;
    cards(section.querySelector("[data-cards]"), column.cards);
  }
}

function cards(list, wanted) {
  const there = new Map([...list.children].map((item) => [item.dataset.ref, item]));
  wanted.forEach((card, place) => {
    let item = there.get(card.ref);
    there.delete(card.ref);
    if (!item) {
      item = board.querySelector("template[data-card]").content.firstElementChild.cloneNode(true);
      item.dataset.ref = card.ref;
      item.classList.add("fresh");
    }
    item.querySelector("a").href = card.url;
    for (const part of item.querySelectorAll("[data-part]")) {
      const value = card[part.dataset.part];
      if (part.textContent !== value) part.textContent = value;
    }
    item.querySelector(".board-late").hidden = !card.late;
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  });
  for (const gone of there.values()) gone.remove();
}

function tell(d) {
  const fresh = d.newest.filter(({ ref }) => !known.has(ref));
  known = new Set(d.newest.map(({ ref }) => ref));
  if (!fresh.length || Date.now() - spokenAt < SPOKEN_MS) return;
  spokenAt = Date.now();
  const said = board.querySelector("[data-said]");
  said.textContent = said.dataset.pattern.replace("{ref}", fresh[0].ref);
  if (sound) ring(sound);
}

/** Two soft notes. */
function ring(context) {
  [659, 523].forEach((frequency, note) => {
    const at = context.currentTime + note * 0.18;
    const tone = new OscillatorNode(context, { frequency });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setTargetAtTime(0.12, at, 0.01);
    volume.gain.setTargetAtTime(0, at + 0.12, 0.06);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.6);
  });
}

const first = JSON.parse(document.querySelector("#board-state").textContent);
known = new Set(first.newest.map(({ ref }) => ref));
draw(first);

startLive({
  onFrame: (_, { d }) => {
    tell(d);
    if (pause.getAttribute("aria-pressed") === "true") newest = d;
    else draw(d);
  },
});
