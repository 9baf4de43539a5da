// The two charts of the board, drawn by the Chart.js that the admin theme loads.

const SECONDS = 30;

export class Charts {
  /**
   * @param {HTMLElement} root
   * @param {any} [Chart] the theme's, a global
   */
  constructor(root, Chart = /** @type {any} */ (globalThis).Chart) {
    this.root = root;
    this.Chart = Chart;
    const style = /** @type {Window} */ (root.ownerDocument.defaultView).getComputedStyle(root);
    const [mark, soft, grid] = ["--mark", "--soft", "--line"].map((name) => style.getPropertyValue(name));
    this.scale = {
      beginAtZero: true,
      suggestedMax: 10,
      ticks: { color: soft, maxTicksLimit: 5 },
      grid: { color: grid },
    };
    const line = { pointRadius: 0, borderWidth: 2, tension: 0.25 };
    this.rate = this.#chart("rate", "bar", [{ data: [], backgroundColor: mark, borderRadius: 2 }]);
    this.latency = this.#chart("latency", "line", [
      { ...line, data: [], borderColor: mark },
      { ...line, data: [], borderColor: soft, borderDash: [4, 3] },
    ]);
  }

  /** @param {[number, number, number][]} pulse of each second: events handled, p50, p99 */
  show(pulse) {
    this.rate.data.datasets[0].data = pulse.map(([handled]) => handled);
    // A second without events has no latency: a gap, not a zero.
    this.latency.data.datasets[0].data = pulse.map(([handled, p50]) => (handled ? p50 : null));
    this.latency.data.datasets[1].data = pulse.map(([handled, , p99]) => (handled ? p99 : null));
    this.rate.update();
    this.latency.update();
  }

  /**
   * @param {string} name
   * @param {string} type
   * @param {object[]} datasets
   */
  #chart(name, type, datasets) {
    return new this.Chart(this.root.querySelector(`[data-chart="${name}"]`), {
      type,
      data: { labels: Array.from({ length: SECONDS }, (_, second) => second - SECONDS), datasets },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        plugins: { legend: { display: false }, tooltip: { enabled: false } },
        scales: { x: { display: false }, y: this.scale },
      },
    });
  }
}
