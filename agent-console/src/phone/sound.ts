/** Sounds made by the browser itself: no file is ever fetched. */
import { routeContext } from './devices.svelte';

let shared: AudioContext | null = null;

/** The one context for meters and made-up voices. Resumed by the first click. */
export function soundContext(): AudioContext {
  shared ??= new AudioContext();
  if (shared.state === 'suspended') void shared.resume();
  return shared;
}

/** A stream with one silent track, for calls without a microphone. */
export function silence(): MediaStream {
  const context = soundContext();
  const out = context.createMediaStreamDestination();
  const still = context.createConstantSource();
  still.offset.value = 0;
  still.connect(out);
  still.start();
  return out.stream;
}

/** Watches how loud a stream is. */
export class Level {
  private readonly analyser: AnalyserNode;
  private readonly source: MediaStreamAudioSourceNode;
  private readonly samples: Float32Array<ArrayBuffer>;

  constructor(stream: MediaStream) {
    const context = soundContext();
    this.source = context.createMediaStreamSource(stream);
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 512;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.source.connect(this.analyser);
  }

  /** Loudness now, 0 to 1, on a scale where speech is around a half. */
  read(): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    let sum = 0;
    for (const s of this.samples) sum += s * s;
    const rms = Math.sqrt(sum / this.samples.length);
    if (rms < 0.0008) return 0;
    return Math.max(0, Math.min(1, (20 * Math.log10(rms) + 60) / 55));
  }

  /** Stops watching. */
  stop(): void {
    this.source.disconnect();
  }
}

/** Plays notes: frequency in Hz, start and length in seconds. */
function notes(context: AudioContext, list: [number, number, number][], gain: number): void {
  const begin = context.currentTime + 0.02;
  for (const [frequency, start, length] of list) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, begin + start);
    volume.gain.linearRampToValueAtTime(gain, begin + start + 0.012);
    volume.gain.setValueAtTime(gain, begin + start + length * 0.6);
    volume.gain.exponentialRampToValueAtTime(0.0001, begin + start + length);
    tone.connect(volume).connect(context.destination);
    tone.start(begin + start);
    tone.stop(begin + start + length);
  }
}

/** Two soft rising notes, twice: one ring. */
const RING: [number, number, number][] = [[587, 0, 0.3], [784, 0.16, 0.45], [587, 0.7, 0.3], [784, 0.86, 0.6]];
const RING_EVERY = 2600;

/** The ringer. Rings on its own device; bound to the offer by whoever starts and stops it. */
export class Ringer {
  private context: AudioContext | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  /** Rings once. */
  async once(): Promise<void> {
    this.context ??= new AudioContext();
    await routeContext(this.context, 'ringer');
    await this.context.resume();
    notes(this.context, RING, 0.16);
  }

  /** Rings until stopped. */
  start(): void {
    if (this.timer !== undefined) return;
    void this.once();
    this.timer = setInterval(() => void this.once(), RING_EVERY);
  }

  /** Stops at once, in the middle of a note too. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    void this.context?.close();
    this.context = null;
  }
}

/** A test tone on the speaker. */
export async function chirp(): Promise<void> {
  const context = new AudioContext();
  await routeContext(context, 'speaker');
  notes(context, [[440, 0, 0.25], [554, 0.22, 0.25], [659, 0.44, 0.5]], 0.14);
  setTimeout(() => void context.close(), 1500);
}
