/** Figures of an agent's day from the rows of the history. Pure. */
import type { Contact } from '../api/types';

/** Sums of a day. */
export interface Day {
  handled: number;
  /** Mean handling time; `null` when nothing was handled. */
  aht: number | null;
  talk: number;
  hold: number;
  wrap: number;
}

/** The day of these contacts: those that the agent answered. */
export function dayOf(contacts: Contact[]): Day {
  const sum = (pick: (c: Contact) => number): number => contacts.reduce((total, c) => total + pick(c), 0);
  const handled = contacts.length;
  const mean = (total: number): number => (handled ? Math.round(total / handled) : 0);
  const talk = sum((c) => c.talk_ms);
  const hold = sum((c) => c.hold_ms);
  const wrap = sum((c) => c.wrap_up_ms);
  return { handled, aht: handled ? mean(talk + hold + wrap) : null, talk: mean(talk), hold: mean(hold), wrap: mean(wrap) };
}
