/** Calls back as people read them: how far they are, how old, what happened before. Pure. */
import type { Callback } from '../api/types';
import type { FloorCallback, Pop } from '../cti/types';
import { sayIn } from '../i18n/say';
import type { IconName } from '../ui/icons';
import { whenShort, type Lang } from './format';
import type { Family } from './states';

/** So many calls back the engine tells of at most, the next first. */
export const SHOWN_MOST = 200;

/** A call back that is not over, wherever it was read. */
export interface CallbackRow {
  contact: string;
  queue: { id: string; name: string };
  number: string;
  customer: string | null;
  state: string;
  attempts: number;
  due_at: number;
  since_at: number;
  /** The agent's id. */
  agent: string | null;
}

/** A row of the floor or of the API; they differ in how they name the agent. */
export function rowOf(of: FloorCallback | Callback): CallbackRow {
  const agent = of.agent ?? null;
  return { ...of, customer: of.customer ?? null, agent: typeof agent === 'string' ? agent : (agent?.id ?? null) };
}

/** The next due first. */
export function nextFirst(rows: CallbackRow[]): CallbackRow[] {
  return rows.toSorted((a, b) => a.due_at - b.due_at || a.contact.localeCompare(b.contact));
}

const LOOKS: Record<string, { icon: IconName; family: Family }> = {
  scheduled: { icon: 'clock', family: 'n' },
  suspended: { icon: 'phone-incoming', family: 'a' },
  in_line: { icon: 'users', family: 'v' },
  trying: { icon: 'phone-outgoing', family: 'c' },
  talking: { icon: 'phone', family: 'b' },
};

/** What a state looks like. */
export function callbackLook(state: string): { icon: IconName; family: Family } {
  return LOOKS[state] ?? { icon: 'circle-dot', family: 'n' };
}

/** How far a call back is, in words; a state of a later version as its own word. */
export function callbackWords(lang: Lang, row: CallbackRow, now: number): string {
  switch (row.state) {
    case 'scheduled':
      if (row.due_at <= now) return sayIn(lang, 'callback_due');
      return sayIn(lang, row.attempts > 0 ? 'callback_again_at' : 'callback_at', { at: whenShort(row.due_at, now, lang) });
    case 'suspended':
      return sayIn(lang, 'callback_suspended');
    case 'in_line':
      return sayIn(lang, 'callback_in_line');
    case 'trying':
      return sayIn(lang, 'callback_trying');
    case 'talking':
      return sayIn(lang, 'callback_talking');
    default:
      return row.state;
  }
}

/** The age in the line; `null` before the time that was agreed. */
export function ageOf(row: CallbackRow, now: number): number | null {
  return row.since_at > now ? null : now - row.since_at;
}

/** Whether this is a call back. The number that an agent dialled has no calling number beside it. */
export function isCallback(pop: Pop): boolean {
  return pop.outgoing && pop.ani !== '' && pop.ani === pop.dnis;
}

interface Timed {
  kind: string;
  at: number;
  fields: unknown;
}

/** What the events of a contact say of its calling back. */
export interface CallbackPast {
  /** Times the customer was called in vain. */
  missed: number;
  /** The call in which the customer asked for it. */
  from: string | null;
  /** The contact that calls the customer back. */
  booked: string | null;
  /** What follows the last attempt, if that was in vain: when it is tried again; `null`: it is not. */
  then: { again: number | null } | null;
  /** The customer is being called, or is on the line without an agent. */
  dialling: boolean;
}

/** Reads the events of a call back, or of the call that led to one. */
export function callbackPast(events: Timed[]): CallbackPast {
  const past: CallbackPast = { missed: 0, from: null, booked: null, then: null, dialling: false };
  for (const { kind, at, fields } of events) {
    const f = (fields ?? {}) as Record<string, unknown>;
    if (kind === 'callback_missed') {
      past.missed = Math.max(past.missed, Number(f['attempt'] ?? 0));
      past.then = { again: f['again_ms'] == null ? null : at + Number(f['again_ms']) };
    }
    if (kind === 'callback_dialled' || kind === 'connected') past.then = null;
    if (kind === 'callback_dialled') past.dialling = true;
    if (kind === 'callback_missed' || kind === 'connected' || kind === 'restored') past.dialling = false;
    if (kind === 'callback_requested' && f['from'] != null) past.from = String(f['from']);
    if (kind === 'callback_booked' && f['callback'] != null) past.booked = String(f['callback']);
  }
  return past;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** A moment as a date-and-time field holds it, in local time, to the minute. */
export function toField(at: number): string {
  const d = new Date(at);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
}

/** The moment that a date-and-time field holds; `null` when it is empty. */
export function fromField(text: string): number | null {
  const at = text ? new Date(text).getTime() : Number.NaN;
  return Number.isFinite(at) ? at : null;
}
