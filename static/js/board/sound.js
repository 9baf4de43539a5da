/**
 * The sound of a new order: two soft notes.
 * @param {AudioContext} context
 */
export function ring(context) {
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
