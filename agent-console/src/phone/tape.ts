/** Records the microphone in the page, and reads sound files, as samples of one channel at `RECORD_RATE`. */
import { joined, mono, RECORD_RATE } from '../lib/wav';
import { chosenDevice } from './devices.svelte';
import { Level } from './sound';
import worklet from './tape.worklet.js?url';

/** For a prompt the voice is taken as it is: what helps in a call would pump and cut here. */
const SOUND = { echoCancellation: false, noiseSuppression: true, autoGainControl: false, channelCount: 1 };
/** Longest recording in seconds: as much as the engine takes, with room to spare. */
export const TAPE_MOST_S = 300;

/** Why the microphone cannot be used. */
export type TapeRefusal = 'refused' | 'missing' | 'insecure';

/** That the microphone cannot be used. */
export class TapeError extends Error {
  constructor(readonly why: TapeRefusal) {
    super(why);
  }
}

/** The same sound at the rate of recordings. */
async function resampled(samples: Float32Array, rate: number): Promise<Float32Array> {
  if (samples.length === 0 || rate === RECORD_RATE) return samples;
  const offline = new OfflineAudioContext(1, Math.ceil((samples.length / rate) * RECORD_RATE), RECORD_RATE);
  const buffer = offline.createBuffer(1, samples.length, rate);
  buffer.getChannelData(0).set(samples);
  const source = offline.createBufferSource();
  source.buffer = buffer;
  source.connect(offline.destination);
  source.start();
  return (await offline.startRendering()).getChannelData(0);
}

async function microphone(): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new TapeError('insecure');
  const mic = chosenDevice('mic');
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { ...SOUND, ...(mic ? { deviceId: { ideal: mic } } : {}) } });
  } catch (error) {
    throw new TapeError((error as DOMException).name === 'NotAllowedError' ? 'refused' : 'missing');
  }
}

/** A recording that runs. */
export class Tape {
  private readonly blocks: Float32Array[] = [];
  private readonly meter: Level;

  private constructor(private readonly context: AudioContext, private readonly stream: MediaStream, private readonly node: AudioWorkletNode) {
    this.meter = new Level(stream);
    node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
      if (this.seconds < TAPE_MOST_S) this.blocks.push(data);
    };
    context.createMediaStreamSource(stream).connect(node);
    // A node that leads nowhere is not run; this one says nothing.
    node.connect(context.destination);
  }

  /** Opens the microphone and begins. Throws a `TapeError` when it may not. */
  static async begin(): Promise<Tape> {
    const stream = await microphone();
    const context = new AudioContext();
    await context.audioWorklet.addModule(worklet);
    await context.resume();
    return new Tape(context, stream, new AudioWorkletNode(context, 'tape', { numberOfInputs: 1, numberOfOutputs: 1, channelCount: 1, channelCountMode: 'explicit' }));
  }

  /** How long it is, in seconds. */
  get seconds(): number {
    return this.blocks.reduce((sum, b) => sum + b.length, 0) / this.context.sampleRate;
  }

  /** Loudness now, 0 to 1. */
  level(): number {
    return this.meter.read();
  }

  /** Ends it and lets the microphone go. */
  async end(): Promise<Float32Array> {
    this.meter.stop();
    this.node.port.onmessage = null;
    this.node.disconnect();
    this.stream.getTracks().forEach((track) => track.stop());
    const rate = this.context.sampleRate;
    await this.context.close();
    return resampled(joined(this.blocks), rate);
  }
}

/** The samples of a sound file, of any kind that the browser can play. Throws when it is none. */
export async function samplesOf(file: Blob): Promise<Float32Array> {
  const offline = new OfflineAudioContext(1, 1, RECORD_RATE);
  // Decoding brings the sound to the rate of the context.
  const sound = await offline.decodeAudioData(await file.arrayBuffer());
  return mono(Array.from({ length: sound.numberOfChannels }, (_, i) => sound.getChannelData(i)));
}
