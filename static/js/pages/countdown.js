// How long something is still possible: beside each time[data-countdown], in its last hour. `data-countdown` has the
// words, with {time} for minutes and seconds. The page says the end itself, so nothing is lost without this script.

const HOUR_MS = 3_600_000;

/**
 * Minutes and seconds until `end`; empty when it is past, or more than an hour away.
 * @param {number} end
 * @param {number} now
 */
export function left(end, now) {
  const ms = end - now;
  if (!(ms > 0) || ms > HOUR_MS) return "";
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** @param {Window & typeof globalThis} page */
export function start(page) {
  /** @type {NodeListOf<HTMLTimeElement>} */
  const found = page.document.querySelectorAll("time[data-countdown]");
  const show = () => {
    for (const element of found) {
      const time = left(Date.parse(element.dateTime), Date.now());
      element.textContent = time && (element.dataset.countdown ?? "").replace("{time}", time);
    }
  };
  show();
  page.setInterval(show, 1000);
}
