/** A recording as two lanes of peaks and an address to play it from. */
import { peaks } from '../../lib/wave';

export interface Lanes {
  url: string;
  customer: number[];
  agent: number[];
}

/** Bars that are drawn at most; more than a wide screen shows. */
const BINS = 800;

/** Decodes the WAV. A file with one channel draws the same lane twice. */
export async function loadLanes(file: Blob): Promise<Lanes> {
  const context = new OfflineAudioContext(2, 1, 8000);
  const sound = await context.decodeAudioData(await file.arrayBuffer());
  const left = sound.getChannelData(0);
  const right = sound.numberOfChannels > 1 ? sound.getChannelData(1) : left;
  return { url: URL.createObjectURL(file), customer: peaks(left, BINS), agent: peaks(right, BINS) };
}
