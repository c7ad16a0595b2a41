import { describe, expect, it } from 'vitest';
import { isWav, joined, loudness, mono, RECORD_RATE, trimmed, wavOf } from '../src/lib/wav';

const RATE = 8_000;
const tone = (seconds: number, amplitude: number): Float32Array => Float32Array.from({ length: seconds * RATE }, (_, i) => amplitude * Math.sin((2 * Math.PI * 440 * i) / RATE));

describe('a WAV file', () => {
  it('has the header that players read', () => {
    const file = new DataView(wavOf(new Float32Array([0, 1, -1]), RECORD_RATE));
    const word = (at: number): string => String.fromCharCode(...[0, 1, 2, 3].map((i) => file.getUint8(at + i)));
    expect([word(0), word(8), word(12), word(36)]).toEqual(['RIFF', 'WAVE', 'fmt ', 'data']);
    expect([file.byteLength, file.getUint32(4, true), file.getUint32(40, true)]).toEqual([50, 42, 6]);
    expect([file.getUint16(20, true), file.getUint16(22, true), file.getUint32(24, true), file.getUint32(28, true), file.getUint16(32, true), file.getUint16(34, true)]).toEqual([1, 1, 16_000, 32_000, 2, 16]);
    expect([file.getInt16(44, true), file.getInt16(46, true), file.getInt16(48, true)]).toEqual([0, 32_767, -32_768]);
  });

  it('does not turn over where the sound is too loud', () => {
    const file = new DataView(wavOf(new Float32Array([2, -2]), RECORD_RATE));
    expect([file.getInt16(44, true), file.getInt16(46, true)]).toEqual([32_767, -32_768]);
  });

  it('is known by its first bytes', () => {
    expect(isWav(new Uint8Array(wavOf(new Float32Array(), 8_000)))).toBe(true);
    expect([isWav(new TextEncoder().encode('ID3 something else')), isWav(new Uint8Array())]).toEqual([false, false]);
  });
});

describe('samples', () => {
  it('are joined and mixed down', () => {
    expect([...joined([new Float32Array([1, 2]), new Float32Array(), new Float32Array([3])])]).toEqual([1, 2, 3]);
    expect([...mono([new Float32Array([1, 0]), new Float32Array([0, 0.5])])]).toEqual([0.5, 0.25]);
    expect([...mono([])]).toEqual([]);
  });

  it('lose the silence at their ends, but for a breath', () => {
    const whole = joined([new Float32Array(RATE), tone(1, 0.5), new Float32Array(2 * RATE)]);
    expect(Math.abs(trimmed(whole, RATE, 0.1).length - 1.2 * RATE)).toBeLessThanOrEqual(0.04 * RATE);
    expect(trimmed(tone(1, 0.5), RATE).length).toBe(RATE);
    expect(trimmed(new Float32Array(RATE), RATE).length).toBe(RATE);
  });

  it('are measured by their speech, not by their pauses', () => {
    const alone = loudness(tone(1, 0.5), RATE);
    expect(alone).toEqual({ length_ms: 1000, level_dbfs: -9, peak_dbfs: -6 });
    expect(loudness(joined([tone(1, 0.5), new Float32Array(3 * RATE)]), RATE)).toEqual({ ...alone, length_ms: 4000 });
    expect(loudness(new Float32Array(RATE), RATE)).toEqual({ length_ms: 1000, level_dbfs: null, peak_dbfs: null });
    expect(loudness(new Float32Array(), RATE).length_ms).toBe(0);
  });
});
