import { describe, expect, it } from 'vitest';
import type { Pop } from '../src/cti/types';
import { ageOf, callbackLook, callbackPast, callbackWords, fromField, isCallback, nextFirst, rowOf, toField, type CallbackRow } from '../src/lib/callbacks';
import { stepsOf } from '../src/pages/contacts/decisions';

const NOW = new Date(2026, 10, 22, 14, 0).getTime();
const MIN = 60_000;
const row = (state: string, extra: Partial<CallbackRow> = {}): CallbackRow => ({
  contact: 'c1', queue: { id: 'billing', name: 'Billing' }, number: '+493023125042', customer: null, state, attempts: 0, due_at: NOW - MIN, since_at: NOW - 5 * MIN, agent: null, ...extra,
});
const pop = (extra: Partial<Pop>): Pop => ({ ani: '', dnis: '', outgoing: false, queue: null, ...extra }) as Pop;

describe('a call back', () => {
  it('says how far it is', () => {
    const words = (r: CallbackRow): string => callbackWords('en', r, NOW);
    expect(words(row('scheduled', { due_at: NOW + 30 * MIN }))).toBe('Scheduled for 14:30');
    expect(words(row('scheduled', { due_at: NOW + 30 * MIN, attempts: 1 }))).toBe('Again at 14:30');
    expect(words(row('scheduled', { due_at: NOW + 24 * 60 * MIN }))).toBe('Scheduled for Mon 23 Nov 14:00');
    expect(words(row('scheduled'))).toBe('Due now');
    expect(['in_line', 'trying', 'talking', 'suspended'].map((s) => words(row(s)))).toEqual(['In line', 'Being called', 'On the line', 'Customer is calling us']);
    expect(callbackWords('zh', row('suspended'), NOW)).toBe('客户正在来电');
  });

  it('of a state that a later engine has shows its own word', () => {
    expect([callbackWords('zh', row('parked'), NOW), callbackLook('parked').family]).toEqual(['parked', 'n']);
  });

  it('has no age before the time that was agreed', () => {
    expect([ageOf(row('in_line'), NOW), ageOf(row('scheduled', { since_at: NOW + 1 }), NOW)]).toEqual([5 * MIN, null]);
  });

  it('that is due next comes first', () => {
    const rows = [row('scheduled', { contact: 'b', due_at: 3 }), row('in_line', { contact: 'd', due_at: 1 }), row('in_line', { contact: 'a', due_at: 1 })];
    expect(nextFirst(rows).map((r) => r.contact)).toEqual(['a', 'd', 'b']);
  });

  it('names its agent alike wherever it was read', () => {
    const of = { contact: 'c1', queue: { id: 'q', name: 'Q' }, number: '1', customer: null, state: 'in_line', attempts: 0, due_at: 1, since_at: 1 };
    expect([rowOf({ ...of, agent: { id: 'li', name: 'Li' } }).agent, rowOf({ ...of, agent: 'li' }).agent, rowOf({ ...of, agent: null }).agent]).toEqual(['li', 'li', null]);
  });

  it('is told from a call that came in and from one that an agent dialled', () => {
    expect(isCallback(pop({ outgoing: true, ani: '+49301', dnis: '+49301' }))).toBe(true);
    expect(isCallback(pop({ outgoing: true, ani: '', dnis: '+49301' }))).toBe(false);
    expect(isCallback(pop({ ani: '+49301', dnis: '8000' }))).toBe(false);
  });
});

describe('the events of a call back', () => {
  const at = (kind: string, t: number, fields: object = {}): { kind: string; at: number; fields: object } => ({ kind, at: t, fields });

  it('tell how often it was tried in vain, and which contacts belong together', () => {
    const events = [at('callback_requested', 0, { from: 'call' }), at('callback_missed', 1, { attempt: 1 }), at('callback_missed', 2, { attempt: 2 }), at('callback_missed', 3, { attempt: 0 })];
    expect(callbackPast(events)).toEqual({ missed: 2, from: 'call', booked: null, then: { again: null }, dialling: false });
    expect(callbackPast([at('callback_booked', 0, { callback: 'back' })])).toEqual({ missed: 0, from: null, booked: 'back', then: null, dialling: false });
    expect(callbackPast([at('callback_requested', 0, { from: null })]).from).toBeNull();
  });

  it('tell what follows an attempt in vain, until the next one', () => {
    const missed = at('callback_missed', 10, { attempt: 1, again_ms: 90 });
    expect(callbackPast([at('connected', 5), missed]).then).toEqual({ again: 100 });
    expect(callbackPast([missed, at('callback_dialled', 100, { attempt: 2 })]).then).toBeNull();
    expect(callbackPast([missed, at('callback_dialled', 100), at('connected', 110)]).then).toBeNull();
  });

  it('tell that the customer is called before the agent is', () => {
    const called = [at('offered', 0), at('callback_dialled', 0, { attempt: 1 })];
    expect([callbackPast(called), callbackPast([...called, at('connected', 9)]), callbackPast([...called, at('callback_missed', 9)])].map((p) => p.dialling)).toEqual([true, false, false]);
  });

  it('end its wait when it rests', () => {
    const rests = (kind: string): number[] => stepsOf([at('queued', 0, { queue: 'q' }), at(kind, 40), at('queued', 100, { queue: 'q' }), at('connected', 130)]).map((s) => s.to - s.from);
    for (const kind of ['callback_missed', 'callback_suspended', 'restored']) expect(rests(kind), kind).toEqual([40, 30]);
    for (const kind of ['callback_booked', 'callback_cancelled']) expect(stepsOf([at('queued', 0), at(kind, 40)]).length, kind).toBe(1);
  });
});

describe('a field for a date and a time', () => {
  it('holds whole minutes of local time', () => {
    expect(toField(new Date(2026, 0, 9, 7, 5, 31).getTime())).toBe('2026-01-09T07:05');
    expect(fromField(toField(NOW))).toBe(NOW);
    expect([fromField(''), fromField('soon')]).toEqual([null, null]);
  });
});
