/** A recording on the way to become a prompt: from the microphone, a file or the engine's voice; heard before it is kept. */
import { prompts, type PromptRecording } from '../../api/authoring';
import { isWav, loudness, RECORD_RATE, trimmed, wavOf, type Loudness } from '../../lib/wav';
import { samplesOf, Tape, TapeError, TAPE_MOST_S, type TapeRefusal } from '../../phone/tape';

/** What the engine takes, in bytes and seconds. */
const BYTES_MOST = 10_000_000;
const SECONDS_MOST = 600;

/** Where it came from. */
export type Source = 'record' | 'file' | 'speech';

/** What can be heard and kept. */
export interface Candidate {
  source: Source;
  sound: Blob;
  loudness: Loudness | null;
  /** The name of the file, or the words that were spoken. */
  of: string;
}

/** Why a file is not taken. */
export type FileRefusal = 'no_sound' | 'too_long';

const wavBlob = (samples: Float32Array): Blob => new Blob([wavOf(samples, RECORD_RATE)], { type: 'audio/wav' });

/** What the dialog holds. */
export class Making {
  candidate = $state.raw<Candidate | null>(null);
  tape = $state.raw<Tape | null>(null);
  seconds = $state(0);
  level = $state(0);
  micRefused = $state<TapeRefusal | null>(null);
  fileRefused = $state<FileRefusal | null>(null);
  opening = $state(false);
  trim = $state(true);
  private raw: Float32Array | null = null;
  private meter: ReturnType<typeof setInterval> | undefined;
  private gone = false;

  /** The microphone begins. */
  async record(): Promise<void> {
    if (this.tape || this.opening) return;
    this.opening = true;
    [this.candidate, this.micRefused, this.raw] = [null, null, null];
    try {
      const tape = await Tape.begin();
      if (this.gone) void tape.end();
      else this.run(tape);
    } catch (error) {
      this.micRefused = error instanceof TapeError ? error.why : 'missing';
    }
    this.opening = false;
  }

  private run(tape: Tape): void {
    this.tape = tape;
    this.meter = setInterval(() => {
      this.level = tape.level();
      this.seconds = tape.seconds;
      if (tape.seconds >= TAPE_MOST_S) void this.finish();
    }, 80);
  }

  /** The microphone ends; what it took can be heard. */
  async finish(): Promise<void> {
    const tape = this.tape;
    if (!tape) return;
    clearInterval(this.meter);
    [this.tape, this.seconds, this.level] = [null, 0, 0];
    this.raw = await tape.end();
    this.cut();
  }

  /** Makes the recording anew, with or without the silence at its ends. */
  cut(): void {
    if (!this.raw || this.gone) return;
    const samples = this.trim ? trimmed(this.raw, RECORD_RATE) : this.raw;
    this.candidate = { source: 'record', sound: wavBlob(samples), loudness: loudness(samples, RECORD_RATE), of: '' };
  }

  /** Takes a file: a WAV file as it is, what else the browser can play as one. */
  async take(file: File): Promise<void> {
    [this.candidate, this.fileRefused, this.raw] = [null, null, null];
    try {
      const samples = await samplesOf(file);
      if (samples.length === 0) throw new Error('empty');
      if (samples.length > SECONDS_MOST * RECORD_RATE) {
        this.fileRefused = 'too_long';
        return;
      }
      const asItIs = file.size <= BYTES_MOST && isWav(new Uint8Array(await file.slice(0, 12).arrayBuffer()));
      this.candidate = { source: 'file', sound: asItIs ? file : wavBlob(samples), loudness: loudness(samples, RECORD_RATE), of: file.name };
    } catch {
      this.fileRefused = 'no_sound';
    }
  }

  /** Asks the engine's voice for words. Throws its refusal. */
  async say(language: string, text: string): Promise<void> {
    [this.candidate, this.raw] = [null, null];
    const sound = await prompts.listen(language, text);
    const samples = await samplesOf(sound).catch(() => null);
    if (!this.gone) this.candidate = { source: 'speech', sound, loudness: samples && loudness(samples, RECORD_RATE), of: text };
  }

  /** Gives the candidate to the engine. Throws its refusal. */
  async keep(language: string | null, id: string): Promise<PromptRecording> {
    const c = this.candidate;
    if (!c) throw new Error('nothing to keep');
    return c.source === 'speech' && language !== null ? prompts.speak(language, id, c.of) : prompts.keep(language, id, c.sound);
  }

  /** The dialog goes away: the microphone is let go. */
  stop(): void {
    this.gone = true;
    clearInterval(this.meter);
    void this.tape?.end();
    this.tape = null;
  }
}
