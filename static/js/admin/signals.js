// A sound and a shake of the phone for what was scanned, for those who want them.

const KEPT = "doorbell pack sound";

/** @typedef {(good: boolean) => void} Signal */

/**
 * Watch the button that asks for them. The result gives a signal, or does nothing.
 * @param {HTMLElement} root
 * @param {Window & typeof globalThis} page
 * @returns {Signal}
 */
export function signals(root, page) {
  /** @type {HTMLElement | null} */
  const button = root.querySelector("[data-sound]");
  /** @type {AudioContext | undefined} */
  let audio;
  let wanted = read(page) === "1";
  const show = () => button?.setAttribute("aria-pressed", String(wanted));
  show();
  button?.addEventListener("click", () => {
    wanted = !wanted;
    keep(page, wanted ? "1" : "");
    show();
    if (wanted) give(true);
  });

  /** @type {Signal} */
  const give = (good) => {
    if (!wanted) return;
    page.navigator.vibrate?.(good ? 40 : [120, 80, 120]);
    if (!page.AudioContext) return;
    audio ??= new page.AudioContext();
    const at = audio.currentTime;
    const tone = new page.OscillatorNode(audio, { frequency: good ? 880 : 180, type: good ? "sine" : "square" });
    const volume = new page.GainNode(audio, { gain: 0 });
    volume.gain.setTargetAtTime(0.15, at, 0.01);
    volume.gain.setTargetAtTime(0, at + (good ? 0.08 : 0.35), 0.03);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.6);
  };
  return give;
}

/** @param {Window} page */
function read(page) {
  try {
    return page.localStorage.getItem(KEPT);
  } catch {
    return null; // a browser that keeps nothing
  }
}

/**
 * @param {Window} page
 * @param {string} value
 */
function keep(page, value) {
  try {
    page.localStorage.setItem(KEPT, value);
  } catch {
    // it holds for this page then
  }
}
