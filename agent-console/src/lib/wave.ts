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
const ENDS = new Set(['customer_left', 'closed']);

/** What an event opens, given what is open and whether the contact still waits for an answer. */
function opens(event: Timed, open: Band | null, waiting: boolean): Band['kind'] | undefined {
  const backInLine = event.kind === 'offer_ended' && open?.kind === 'ringing' && waiting;
  return OPENS[event.kind] ?? (backInLine ? 'queue' : undefined);
}

/** The stretches between the events that open and end them, in order. */
export function bands(events: Timed[]): Band[] {
  const out: Band[] = [];
  let open: Band | null = null;
  let waiting = false;
  for (const event of events) {
    if (event.kind === 'queued') waiting = true;
    if (event.kind === 'connected') waiting = false;
    const next = opens(event, open, waiting);
    const over = ENDS.has(event.kind);
    if (!next && !over) continue;
    if (open && event.at > open.from) out.push({ ...open, to: event.at });
    if (over) break;
    if (next) open = { kind: next, from: event.at, to: event.at };
  }
  return out;
}

/** Where the recording starts in the story, in wall-clock milliseconds; `null` without one. */
export function recordingStart(events: Timed[]): number | null {
  return events.find((e) => e.kind === 'recording_started')?.at ?? null;
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800];

/** Seconds at which a time axis of this length has its ticks: at most nine, none within the last twentieth. */
export function ticksOf(length: number): number[] {
  const step = STEPS.find((s) => length / s <= 9) ?? 3600;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, i) => i * step).filter((s) => s < length * 0.95);
}
