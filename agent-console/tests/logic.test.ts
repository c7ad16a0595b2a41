import { describe, expect, it } from 'vitest';
import { diversionWords, fieldName } from '../src/lib/signalled';
import type { Contact, Disposition } from '../src/api/types';
import type { FloorAgent, FloorQueue } from '../src/cti/types';
import { dayOf } from '../src/lib/day';
import { attentionFirst, groupOf, HYSTERESIS, pointsBelow, SteadyOrder, worstFirst } from '../src/lib/floor';
import { doing, verdict } from '../src/lib/states';
import { strip } from '../src/lib/strip';
import { bands, peaks, recordingStart, ticksOf } from '../src/lib/wave';
import { choices, matching } from '../src/pages/desk/dispositions';

const queue = (name: string, permille: number | null, waiting = 0): FloorQueue => ({
  id: name, name, open: true, goal: { share_percent: 80, within_ms: 20_000, short_abandon_ms: 5000 }, waiting, oldest_at: null,
  service_level: { permille, formula: 'no_short' }, asa_ms: null, longest_wait_ms: 0, expected_wait: null,
  counts: { offered: 0, answered: 0, answered_within: 0, abandoned: 0, short_abandons: 0, flowed_out: 0 },
  callbacks: { open: 0, booked: 0, tries: 0, reached: 0, failed: 0, cancelled: 0, wait_reached_ms: null },
  messages: { waiting: 0, oldest_at: null, left: 0, heard: 0, wait_heard_ms: null }, surveys: { asked: 0, answered: 0, skipped: 0, questions: [] },
  agents: { signed_in: 0, ready: 0, reserved: 0, busy: 0, after_contact_work: 0, not_ready: 0 },
});
const agent = (id: string, state: FloorAgent['state'], phase: FloorAgent['phase'] = null, since_at = 0): FloorAgent => ({
  id, name: id, state, reason: null, since_at, next: null, reachable: true, contact: null, phase, monitors: [], legs: [], customer: null, queue: null, queues: [], handled: 0, aht_ms: null,
});

describe('an agent', () => {
  it('does what the state says, and while busy what the phase says', () => {
    expect([doing('busy', 'held'), doing('busy', 'talking'), doing('busy', null), doing('reserved', null), doing('after_contact_work', 'wrap_up'), doing('ready', null)])
      .toEqual(['held', 'talking', 'talking', 'ringing', 'wrap_up', 'ready']);
  });
});

describe('the floor', () => {
  it('judges a service level against its goal', () => {
    expect([verdict(800, 80), verdict(799, 80), verdict(700, 80), verdict(699, 80), verdict(null, 80)]).toEqual(['on', 'near', 'near', 'below', 'none']);
    expect([pointsBelow(queue('a', 610)), pointsBelow(queue('a', 860)), pointsBelow(queue('a', null))]).toEqual([19, 0, 0]);
  });

  it('puts the worst queue first', () => {
    expect(worstFirst([queue('on', 900), queue('none', null), queue('near', 780), queue('worst', 500), queue('below', 650)]).map((q) => q.name))
      .toEqual(['worst', 'below', 'near', 'on', 'none']);
  });

  it('keeps tiles in place until a new order has lasted', () => {
    const steady = new SteadyOrder();
    expect(steady.order(['a', 'b'], 0)).toEqual(['a', 'b']);
    expect(steady.order(['b', 'a'], 1000)).toEqual(['a', 'b']);
    expect(steady.order(['b', 'a'], 1000 + HYSTERESIS)).toEqual(['b', 'a']);
    expect(steady.order(['b', 'a', 'c'], 2000 + HYSTERESIS)).toEqual(['b', 'a', 'c']);
  });

  it('puts those first who need attention, the longest before the shortest', () => {
    const order = attentionFirst([agent('off', 'logged_out'), agent('short', 'busy', 'talking', 9), agent('held', 'busy', 'held'), agent('rings', 'reserved'), agent('long', 'busy', 'talking', 1), agent('free', 'ready')]);
    expect(order.map((a) => a.id)).toEqual(['held', 'rings', 'long', 'short', 'free', 'off']);
    expect([groupOf(agent('a', 'reserved')), groupOf(agent('a', 'busy', 'held')), groupOf(agent('a', 'after_contact_work'))]).toEqual(['busy', 'busy', 'wrap_up']);
  });
});

describe('a recording', () => {
  it('has one peak a bin', () => {
    expect(peaks(new Float32Array([0, 0.5, -1, 0.25]), 2)).toEqual([0.5, 1]);
    expect(peaks(new Float32Array(), 3)).toEqual([0, 0, 0]);
  });

  it('is banded by what opened and ended each stretch', () => {
    const at = (kind: string, t: number): { kind: string; at: number } => ({ kind, at: t });
    const story = [at('started', 0), at('queued', 10), at('offered', 20), at('offer_ended', 25), at('offered', 30), at('connected', 35), at('recording_started', 35), at('held', 50), at('resumed', 60), at('customer_left', 80), at('closed', 99)];
    expect(bands(story).map((b) => [b.kind, b.from, b.to])).toEqual([
      ['flow', 0, 10], ['queue', 10, 20], ['ringing', 20, 25], ['queue', 25, 30], ['ringing', 30, 35], ['talking', 35, 50], ['held', 50, 60], ['talking', 60, 80],
    ]);
    expect([recordingStart(story), recordingStart([])]).toEqual([35, null]);
  });

  it('has at most nine ticks', () => {
    expect(ticksOf(60)).toEqual([0, 10, 20, 30, 40, 50]);
    for (const length of [1, 7, 59, 525, 4000]) expect(ticksOf(length).length).toBeLessThanOrEqual(10);
  });
});

describe('a day', () => {
  const now = new Date(2026, 10, 21, 14, 30).getTime();
  const contact = (startedAgo: number, talk: number, wrap: number): Contact =>
    ({ started_at: now - startedAgo, ended_at: now - startedAgo + talk, talk_ms: talk, hold_ms: 0, wrap_up_ms: wrap }) as Contact;

  it('sums what was handled', () => {
    expect(dayOf([contact(9e6, 60_000, 30_000), contact(8e6, 120_000, 10_000)])).toEqual({ handled: 2, aht: 110_000, talk: 90_000, hold: 0, wrap: 20_000 });
    expect(dayOf([]).aht).toBeNull();
  });

  it('is a strip of at least eight hours from the first full hour', () => {
    const s = strip([contact(6.4 * 3_600_000, 600_000, 60_000)], now);
    expect([new Date(s.from).getHours(), new Date(s.to).getHours()]).toEqual([8, 16]);
    expect(s.parts.map((p) => p.kind)).toEqual(['talk', 'wrap']);
    expect(s.parts.every((p) => p.left >= 0 && p.left + p.width <= s.now)).toBe(true);
  });
});

describe('dispositions', () => {
  const all: Disposition[] = [{ code: 'ok', labels: { en: 'Resolved', zh: '已解决' }, queues: [] }, { code: 'paid', labels: { en: 'Paid' }, queues: ['billing'] }];

  it('of other queues are not offered', () => {
    expect([choices(all, 'billing').length, choices(all, 'support').length, choices(all, null).length]).toEqual([2, 1, 1]);
  });

  it('are found in any language', () => {
    expect([matching(all, '解决').length, matching(all, 'PAID').length, matching(all, 'x').length, matching(all, ' ').length]).toEqual([1, 1, 0, 2]);
  });
});

describe('what the network sends along', () => {
  it('reads as words', () => {
    expect(fieldName('X-Order-Id')).toBe('Order Id');
    expect(fieldName('User-to-User')).toBe('User to User');
    expect(diversionWords('en', 'no-answer')).toBe('not answered there');
    expect(diversionWords('zh', 'user-busy')).toBe('忙线');
    expect(diversionWords('en', 'some-new-reason')).toBe('some-new-reason');
  });
});
