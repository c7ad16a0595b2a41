/** The day as a strip: where the talks and the wrap-ups lie between the first hour and the last. Pure. */
import type { Contact } from '../api/types';
import { midnight } from './format';

const HOUR = 3_600_000;
const LEAST = 8 * HOUR;

/** A part of the strip in percent of its length. */
export interface Part {
  kind: 'talk' | 'wrap';
  left: number;
  width: number;
}

/** The strip's ends, the place of now, and its parts. */
export interface Strip {
  from: number;
  to: number;
  now: number;
  parts: Part[];
}

/** The strip of these contacts: from the full hour of the first one, at least eight hours long, never past midnight. */
export function strip(contacts: Contact[], now: number): Strip {
  const starts = contacts.map((c) => c.started_at).filter((at) => at >= midnight(now));
  const first = Math.min(now, ...starts);
  const from = Math.floor(first / HOUR) * HOUR;
  const to = Math.max(from + LEAST, Math.ceil(now / HOUR) * HOUR);
  const share = (ms: number): number => (100 * ms) / (to - from);
  const parts = contacts.flatMap((c): Part[] => {
    const end = c.ended_at;
    if (end == null || c.talk_ms + c.hold_ms === 0) return [];
    const talk = c.talk_ms + c.hold_ms;
    return [
      { kind: 'talk', left: share(end - talk - from), width: share(talk) },
      { kind: 'wrap', left: share(end - from), width: share(c.wrap_up_ms) },
    ];
  });
  return { from, to, now: share(now - from), parts: parts.filter((p) => p.width > 0 && p.left >= 0) };
}
