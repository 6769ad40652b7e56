// Tones for a fault and for a verdict. Browsers give no sound before somebody has touched the page; until then the text has to do.
let context: AudioContext | null = null;

export function allowSound() {
  context ??= new AudioContext();
  void context.resume();
}

function play(pitches: number[]) {
  if (!context || context.state !== 'running') return;
  const now = context.currentTime;
  pitches.forEach((pitch, i) => {
    const tone = context!.createOscillator();
    const volume = context!.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, now + i * 0.22);
    volume.gain.exponentialRampToValueAtTime(0.3, now + i * 0.22 + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, now + i * 0.22 + 0.2);
    tone.connect(volume).connect(context!.destination);
    tone.start(now + i * 0.22);
    tone.stop(now + i * 0.22 + 0.21);
  });
}

export const soundFault = () => play([880, 660, 880, 660]);
/** One high tone: the bin for good ones. Two low ones: another bin. */
export const soundVerdict = (good: boolean) => play(good ? [1046] : [392, 330]);
