/** A voice without words for callers without a microphone: a glottal source through three formants, in phrases. */
import { soundContext } from './sound';

/** Formants of five vowels in Hz. */
const VOWELS = [[730, 1090, 2440], [530, 1840, 2480], [270, 2290, 3010], [570, 840, 2410], [300, 870, 2240]];
const PITCH = 118;

/** A made-up voice that speaks into a stream until stopped. */
export class ScriptedVoice {
  readonly stream: MediaStream;
  private readonly source: OscillatorNode;
  private readonly mouth: GainNode;
  private readonly formants: BiquadFilterNode[];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private step = 0;

  constructor() {
    const context = soundContext();
    const out = context.createMediaStreamDestination();
    this.source = context.createOscillator();
    this.source.type = 'sawtooth';
    this.source.frequency.value = PITCH;
    this.mouth = context.createGain();
    this.mouth.gain.value = 0;
    this.formants = [0, 1, 2].map((n) => {
      const filter = context.createBiquadFilter();
      filter.type = 'bandpass';
      filter.Q.value = 8;
      filter.frequency.value = VOWELS[0]?.[n] ?? 500;
      this.source.connect(filter).connect(this.mouth);
      return filter;
    });
    this.mouth.connect(out);
    this.stream = out.stream;
    this.source.start();
    this.syllable();
  }

  /** One syllable, then the next; seven make a phrase, then a pause to listen. */
  private syllable(): void {
    const context = soundContext();
    const now = context.currentTime;
    const inPhrase = this.step % 8;
    const vowel = VOWELS[(this.step * 3) % VOWELS.length] ?? [];
    this.formants.forEach((f, n) => f.frequency.setTargetAtTime(vowel[n] ?? 500, now, 0.03));
    this.source.frequency.setTargetAtTime(PITCH * (1.18 - inPhrase * 0.04), now, 0.06);
    const silent = inPhrase === 7;
    if (!silent) {
      this.mouth.gain.setTargetAtTime(0.9, now, 0.025);
      this.mouth.gain.setTargetAtTime(0.02, now + 0.14, 0.04);
    }
    this.step += 1;
    this.timer = setTimeout(() => this.syllable(), silent ? 1400 : 190 + (this.step % 3) * 40);
  }

  /** Ends the voice. */
  stop(): void {
    clearTimeout(this.timer);
    this.source.stop();
    this.stream.getTracks().forEach((track) => track.stop());
  }
}
