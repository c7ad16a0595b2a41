import { describe, expect, it } from 'vitest';
import { EMPTY, fold, type DeskModel } from '../src/cti/fold';
import type { DeskEvent, InteractionCard, OfferCard, Pop, ServerMessage } from '../src/cti/types';

const pop = (contact = 'c1', name = ''): Pop => ({
  contact, ani: '+4930', caller_name: name, dnis: '8000', channel: 'voice', queue: { id: 'billing', name: 'Billing' }, customer: null, path: [], digits: [],
  started_at: 1, queued_at: 2, waited_ms: 3, outgoing: false, diverted_from: null, diversion_reason: '', verified: null, signalled: [], message: null,
});
const offer = (id = 'o1', contact = 'c1'): OfferCard => ({ offer: id, interaction: 'i1', contact, offered_at: 1, deadline_at: 9, why: '', consulted_by: null, pop: pop(contact) });
const part = (phase: InteractionCard['phase'], extra: Partial<InteractionCard> = {}): InteractionCard => ({
  interaction: 'i1', contact: 'c1', queue: null, phase, since_at: 1, connected_at: null, held_ms: 0, muted: false, recording: null, paused_by: null, secure_entry: null,
  wrap_up_deadline_at: null, disposition: null, notes: '', consult: null, pop: pop(), ...extra,
});
const welcome = (resumed = false): ServerMessage => ({
  type: 'welcome', session: 's1', seq: 5, version: 1, server: '1', server_time_ms: 0, user: { login: 'li', name: 'Li', role: 'agent' },
  agent: { id: 'li', name: 'Li' }, resumed,
});
const event = (seq: number, body: DeskEvent, agent: string | null = 'li'): ServerMessage => ({ type: 'event', seq, at: seq * 10, agent, event: body });
const state = (word: 'ready' | 'busy'): DeskEvent => ({ type: 'agent_state', state: word, reason: null, offer: null, since_at: 1, next: null, note: null });
const play = (...messages: ServerMessage[]): DeskModel => messages.reduce(fold, EMPTY);

describe('the desk', () => {
  it('takes over a snapshot whole', () => {
    const desk = { agent: 'li', state: { state: 'ready', reason: null, offer: null, since_at: 1, next: null, note: null }, reachable: true, offer: offer(), interaction: null } as const;
    const after = play(welcome(), { type: 'snapshot', seq: 7, at: 1, desk, floor: null });
    expect([after.seq, after.state?.state, after.offer?.offer, after.reachable]).toEqual([7, 'ready', 'o1', true]);
  });

  it('shows an offer until the two talk', () => {
    const ringing = play(welcome(), event(6, { type: 'offered', ...offer() }), event(7, { type: 'interaction', ...part('connecting') }));
    expect(ringing.offer?.offer).toBe('o1');
    const talking = fold(ringing, event(8, { type: 'interaction', ...part('talking') }));
    expect([talking.offer, talking.interaction?.phase]).toEqual([null, 'talking']);
  });

  it('is empty after the contact ended', () => {
    expect(play(welcome(), event(6, { type: 'interaction', ...part('wrap_up') }), event(7, { type: 'interaction', ...part('ended') })).interaction).toBeNull();
  });

  it('keeps a newer contact when an older one ends late', () => {
    const desk = play(welcome(), event(6, { type: 'interaction', ...part('talking', { interaction: 'i2', contact: 'c2' }) }), event(7, { type: 'interaction', ...part('ended') }));
    expect(desk.interaction?.interaction).toBe('i2');
  });

  it('lists a missed offer with its cause and forgets an answered one', () => {
    const missed = play(welcome(), event(6, { type: 'offered', ...offer() }), event(7, { type: 'offer_ended', offer: 'o1', contact: 'c1', result: 'no_answer' }));
    expect([missed.offer, missed.missed.map((m) => m.result)]).toEqual([null, ['no_answer']]);
    const answered = play(welcome(), event(6, { type: 'offered', ...offer() }), event(7, { type: 'offer_ended', offer: 'o1', contact: 'c1', result: 'answered' }));
    expect(answered.missed).toEqual([]);
  });

  it('ignores the end of an offer that it does not show', () => {
    const desk = play(welcome(), event(6, { type: 'offered', ...offer('o2', 'c2') }), event(7, { type: 'offer_ended', offer: 'o1', contact: 'c1', result: 'no_answer' }));
    expect([desk.offer?.offer, desk.missed]).toEqual(['o2', []]);
  });

  it('fills a late customer record in place', () => {
    const desk = play(welcome(), event(6, { type: 'offered', ...offer() }), event(7, { type: 'pop_changed', pop: pop('c1', 'Marta') }));
    expect(desk.offer?.pop.caller_name).toBe('Marta');
  });

  it('ignores what it has seen and what concerns others', () => {
    const desk = play(welcome(), event(6, state('ready')));
    expect(fold(desk, event(6, state('busy')))).toBe(desk);
    expect(fold(desk, event(8, state('busy'), 'ana')).state?.state).toBe('ready');
    expect(fold(desk, event(8, state('busy'), 'ana')).seq).toBe(8);
  });

  it('goes on from its own number when the server resumes, and from the server’s when not', () => {
    const desk = { ...EMPTY, session: 's1', seq: 3 };
    expect([fold(desk, welcome(true)).seq, fold(desk, welcome(false)).seq]).toEqual([3, 5]);
  });
});
