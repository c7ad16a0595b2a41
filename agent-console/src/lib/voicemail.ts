/** Messages that callers left, as people read them. Pure. */
import type { Contact } from '../api/types';
import type { Pop, WaitingContact } from '../cti/types';
import type { Key } from '../i18n/en';
import type { IconName } from '../ui/icons';
import { look, type Doing, type Family } from './states';

/** Whether this is a message, which no phone rings for. */
export function isVoicemail(pop: Pop | null | undefined): boolean {
  return pop?.channel === 'voicemail';
}

/** What a message at hand looks like: nobody talks, so that the words of a call would be wrong. */
export function messageLook(doing: Doing): { icon: IconName; family: Family; key: Key } {
  const l = look(doing);
  switch (doing) {
    case 'ringing':
    case 'connecting':
      return { ...l, icon: 'voicemail', key: 'voicemail_offered' };
    case 'talking':
      return { ...l, icon: 'voicemail', key: 'voicemail_in_hand' };
    default:
      return l;
  }
}

/** How far a message is. */
export type VoicemailState = 'spoken' | 'waiting' | 'offered' | 'in_hand' | 'heard' | 'lost';

/** A message in the list. */
export interface VoicemailRow {
  contact: string;
  customer: string | null;
  /** The caller's number; `null` when only the line knows of it, which has none. */
  number: string | null;
  queue: string | null;
  agent: string | null;
  disposition: string | null;
  left_at: number;
  state: VoicemailState;
}

function stateOf(c: Contact, waits: WaitingContact | undefined): VoicemailState {
  if (c.outcome === 'answered') return 'heard';
  if (c.outcome != null) return 'lost';
  if (waits) return waits.offered ? 'offered' : 'waiting';
  if (c.agent) return c.ended_at != null ? 'heard' : 'in_hand';
  return c.queue ? 'waiting' : 'spoken';
}

function rowOf(c: Contact, waits: WaitingContact | undefined): VoicemailRow {
  return {
    contact: c.id, customer: c.customer_name ?? null, number: c.ani, queue: c.queue ?? waits?.queue.id ?? null, agent: c.agent ?? null,
    disposition: c.disposition ?? null, left_at: c.started_at, state: stateOf(c, waits),
  };
}

const OPEN = new Set<VoicemailState>(['spoken', 'waiting', 'offered', 'in_hand']);

/** Whether somebody still has to hear it. */
export function isOpen(row: VoicemailRow): boolean {
  return OPEN.has(row.state);
}

/**
 * The messages among these contacts, and those in line that are older than these. Those that are open come first, the longest
 * before the shortest; then the newest first. One in which nothing was said is no message.
 */
export function voicemailRows(contacts: Contact[], waiting: WaitingContact[]): VoicemailRow[] {
  const inLine = new Map(waiting.filter((w) => w.channel === 'voicemail').map((w) => [w.contact, w]));
  const known = contacts.filter((c) => c.channel === 'voicemail' && c.outcome !== 'cancelled');
  const rows = known.map((c) => rowOf(c, inLine.get(c.id)));
  const seen = new Set(contacts.map((c) => c.id));
  for (const w of inLine.values()) {
    if (seen.has(w.contact)) continue;
    rows.push({ contact: w.contact, customer: w.customer, number: null, queue: w.queue.id, agent: null, disposition: null, left_at: w.since_at, state: w.offered ? 'offered' : 'waiting' });
  }
  const open = rows.filter(isOpen).toSorted((a, b) => a.left_at - b.left_at || a.contact.localeCompare(b.contact));
  const over = rows.filter((r) => !isOpen(r)).toSorted((a, b) => b.left_at - a.left_at || a.contact.localeCompare(b.contact));
  return [...open, ...over];
}

const LOOKS: Record<VoicemailState, { icon: IconName; family: Family }> = {
  spoken: { icon: 'mic', family: 'n' },
  waiting: { icon: 'users', family: 'v' },
  offered: { icon: 'bell', family: 'c' },
  in_hand: { icon: 'headphones', family: 'b' },
  heard: { icon: 'check', family: 'n' },
  lost: { icon: 'triangle-alert', family: 'a' },
};

/** What a state looks like. */
export function voicemailLook(state: VoicemailState): { icon: IconName; family: Family } {
  return LOOKS[state];
}

interface Timed {
  kind: string;
  fields: unknown;
}

/** The call in which a message was left, and the message that was left in a call. */
export function messageLinks(events: Timed[]): { call: string | null; message: string | null } {
  const field = (kind: string, name: string): string | null => {
    const value = (events.find((e) => e.kind === kind)?.fields as Record<string, unknown> | undefined)?.[name];
    return value == null ? null : String(value);
  };
  return { call: field('voicemail_requested', 'from'), message: field('voicemail_left', 'voicemail') };
}
