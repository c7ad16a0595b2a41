/** Peaks of a recording, for drawing. Pure. */

/** The greatest loudness in each of `bins` equal parts, 0 to 1. */
export function peaks(samples: Float32Array, bins: number): number[] {
  const size = samples.length / Math.max(1, bins);
  return Array.from({ length: bins }, (_, bin) => {
    const end = Math.min(samples.length, Math.floor((bin + 1) * size));
    let top = 0;
    for (let i = Math.floor(bin * size); i < end; i += 1) top = Math.max(top, Math.abs(samples[i] ?? 0));
    return Math.min(1, top);
  });
}

/** A stretch of a contact's story. */
export interface Band {
  kind: 'flow' | 'queue' | 'ringing' | 'talking' | 'held';
  from: number;
  to: number;
}

interface Timed {
  kind: string;
  at: number;
}

const OPENS: Record<string, Band['kind']> = {
  started: 'flow', queued: 'queue', offered: 'ringing', connected: 'talking', held: 'held', resumed: 'talking',
};
const ENDS = new Set(['customer_left', 'interaction_ended', 'closed']);

/** The stretches between the events that open and end them, in order. */
export function bands(events: Timed[]): Band[] {
  const out: Band[] = [];
  let open: { kind: Band['kind']; from: number } | null = null;
  let waiting = false;
  for (const event of events) {
    const next = OPENS[event.kind] ?? (event.kind === 'offer_ended' && open?.kind === 'ringing' && waiting ? 'queue' : undefined);
    const over = ENDS.has(event.kind);
    if (event.kind === 'queued') waiting = true;
    if (event.kind === 'connected') waiting = false;
    if (!next && !over) continue;
    if (open && event.at > open.from) out.push({ ...open, to: event.at });
    open = over ? null : next ? { kind: next, from: event.at } : open;
    if (over) break;
  }
  return out;
}

/** Where the recording starts in the story, in wall-clock milliseconds; `null` without one. */
export function recordingStart(events: Timed[]): number | null {
  return events.find((e) => e.kind === 'recording_started')?.at ?? null;
}
