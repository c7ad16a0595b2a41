/** Sound as WAV files: made from samples, cut, and measured. Pure. Samples are between -1 and 1. */

/** The rate of what the page records: more than a telephone carries, and ten minutes fit into what the engine takes. */
export const RECORD_RATE = 16_000;

const text = (view: DataView, at: number, word: string): void => [...word].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));

/** A WAV file of one channel with 16 bits. */
export function wavOf(samples: Float32Array, rate: number): ArrayBuffer {
  const bytes = samples.length * 2;
  const buffer = new ArrayBuffer(44 + bytes);
  const view = new DataView(buffer);
  text(view, 0, 'RIFF');
  view.setUint32(4, 36 + bytes, true);
  text(view, 8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(view, 36, 'data');
  view.setUint32(40, bytes, true);
  samples.forEach((s, i) => view.setInt16(44 + i * 2, Math.round(Math.max(-1, Math.min(1, s)) * (s < 0 ? 32_768 : 32_767)), true));
  return buffer;
}

/** Whether these are the first bytes of a WAV file. */
export function isWav(head: Uint8Array): boolean {
  const word = (at: number): string => String.fromCharCode(...head.slice(at, at + 4));
  return word(0) === 'RIFF' && word(8) === 'WAVE';
}

/** Blocks in a row. */
export function joined(blocks: Float32Array[]): Float32Array {
  const whole = new Float32Array(blocks.reduce((sum, b) => sum + b.length, 0));
  let at = 0;
  for (const block of blocks) {
    whole.set(block, at);
    at += block.length;
  }
  return whole;
}

/** The mean of all channels. */
export function mono(channels: Float32Array[]): Float32Array {
  const first = channels[0] ?? new Float32Array();
  if (channels.length < 2) return first;
  return first.map((_, i) => channels.reduce((sum, c) => sum + (c[i] ?? 0), 0) / channels.length);
}

const FRAME_S = 0.02;
/** Below this a stretch of 20 ms is silence: hum and hiss of a room. */
const SILENCE_DBFS = -46;

const dbfs = (amplitude: number): number => (amplitude <= 0 ? -Infinity : 20 * Math.log10(amplitude));

function rms(samples: Float32Array): number {
  let sum = 0;
  for (const s of samples) sum += s * s;
  return samples.length ? Math.sqrt(sum / samples.length) : 0;
}

/** Frames of 20 ms, the last one shorter. */
function frames(samples: Float32Array, rate: number): Float32Array[] {
  const size = Math.max(1, Math.round(rate * FRAME_S));
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, i) => samples.subarray(i * size, (i + 1) * size));
}

/** What stays when silence at both ends is cut, with `keep_s` seconds of it left. All of it when nothing is louder than silence. */
export function trimmed(samples: Float32Array, rate: number, keepS = 0.1): Float32Array {
  const loud = frames(samples, rate).map((f) => dbfs(rms(f)) > SILENCE_DBFS);
  const [first, last] = [loud.indexOf(true), loud.lastIndexOf(true)];
  if (first < 0) return samples;
  const size = Math.max(1, Math.round(rate * FRAME_S));
  const keep = Math.round(rate * keepS);
  return samples.slice(Math.max(0, first * size - keep), Math.min(samples.length, (last + 1) * size + keep));
}

/** How loud a recording is. */
export interface Loudness {
  /** Length in milliseconds. */
  length_ms: number;
  /** The mean level of what is not silence, in dB below full scale; null: nothing is heard. */
  level_dbfs: number | null;
  /** The highest sample, in dB below full scale; null: nothing but zeros. */
  peak_dbfs: number | null;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? Math.round(value * 10) / 10 : null);

/** Measures a recording as its listeners hear it. */
export function loudness(samples: Float32Array, rate: number): Loudness {
  const spoken = frames(samples, rate).filter((f) => dbfs(rms(f)) > SILENCE_DBFS);
  const power = spoken.reduce((sum, f) => sum + rms(f) ** 2, 0) / Math.max(1, spoken.length);
  let peak = 0;
  for (const s of samples) peak = Math.max(peak, Math.abs(s));
  return { length_ms: Math.round((samples.length / rate) * 1000), level_dbfs: finite(dbfs(Math.sqrt(power))), peak_dbfs: finite(dbfs(peak)) };
}
