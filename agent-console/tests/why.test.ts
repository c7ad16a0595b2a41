import { describe, expect, it } from 'vitest';
import type { Excluded, AgentVerdict, Chances } from '../src/api/types';
import { en } from '../src/i18n/en';
import {
  changesOf, changeWords, chosenWords, excludedWords, figureWords, groupsOf, groupWords, inWords, expectedWords, lackOf, needWords, noteWords,
  outlookOf, points, preferredOf, readWhy, ringWords, toldWords, type Naming,
} from '../src/lib/why';
import { decisionsOf, stepsOf } from '../src/pages/contacts/decisions';

const EN: Naming = { lang: 'en', reason: (code) => (code === 'lunch' ? 'Lunch' : code) };
const ZH: Naming = { lang: 'zh', reason: () => '午餐' };
const out = (code: string, extra: Partial<Excluded> = {}): Excluded => ({ code, text: `${code} in English`, skill: null, held: null, needed: null, reason: null, left_ms: null, ...extra });
const not = (id: string, excluded: Excluded): AgentVerdict => ({ agent: { id, name: id.toUpperCase() }, eligible: false, rank: null, figure: null, excluded });
const can = (id: string, rank: number): AgentVerdict => ({ agent: { id, name: id.toUpperCase() }, eligible: true, rank, figure: 1, excluded: null });
const waiting = (agents: AgentVerdict[], extra: Partial<Chances> = {}): Chances => ({
  queue: { id: 'billing', name: 'Billing' }, position: 1, score: 0, ring: 0, need: [{ skill: 'billing', level: 5 }], next_change_at: null, expected_wait: null, told_wait: null, rule: 'longest_idle', agents, ...extra,
});

describe('the line of a decision', () => {
  it('gives the rule, the figure of the chosen agent, and how many were compared', () => {
    expect(readWhy('longest idle; score 0; ring 0; li.wei 77997 ms idle, ana 20 ms idle')).toEqual({ rule: 'longest_idle', figure: 77997, compared: 2 });
    expect(readWhy('best level; score 3; ring 1; ana 9 level')).toEqual({ rule: 'best_level', figure: 9, compared: 1 });
    expect(readWhy('ring order; score 3; ring 1; ana 2. in order')).toEqual({ rule: 'ring_order', figure: 2, compared: 1 });
    expect(readWhy('dialled')).toBeNull();
  });
});

describe('the expected wait', () => {
  it('is told with what nine in ten stay below, and what was told before', () => {
    const told = waiting([], { expected_wait: { mean_ms: 130_000, p90_ms: 250_000 }, told_wait: { at: Date.UTC(2026, 0, 1), mean_ms: 180_000, p90_ms: 1 } });
    expect(expectedWords('en', told)).toBe('2 min, 9 in 10 within 4 min');
    expect(expectedWords('zh', told)).toBe('2 分，九成在 4 分 内');
    expect(toldWords('en', told)).toMatch(/^3 min was expected at \d\d:\d\d$/);
  });
  it('is not known while nobody on duty serves the contact', () => {
    expect(expectedWords('en', waiting([]))).toBe('not known yet');
    expect(toldWords('en', waiting([]))).toBe('');
  });
});

describe('a figure', () => {
  it('reads as the rule means it', () => {
    const says = (rule: string, n: number): string => figureWords('en', rule, n);
    expect([says('longest_idle', 252_000), says('ring_all', 9_000), says('least_occupied', 2 ** 19), says('best_level', 14)]).toEqual(['idle for 4:12', 'idle for 0:09', '50% occupied', 'skill levels 14 in all']);
    expect([says('fewest_contacts', 1), says('fewest_contacts', 12), says('ring_order', 2), says('weighted_random', 3)]).toEqual(['1 contact answered', '12 contacts answered', 'place 2 in the ring order', 'weight 3']);
    expect(figureWords('zh', 'longest_idle', 252_000)).toBe('已空闲 4:12');
  });

  it('of a rule of a later version stands as it is', () => {
    expect(figureWords('en', 'by_moon_phase', 7)).toBe('7');
  });

  it('of a score is in points', () => {
    expect([points(73_500), points(73_000), points(0), points(-1_250)]).toEqual(['73.5', '73', '0', '−1.2']);
  });
});

describe('a decision', () => {
  it('says that there was no choice when there was none', () => {
    expect(chosenWords('en', 'longest_idle', 1)).toBe(en.chosen_only);
    expect(chosenWords('en', 'longest_idle', 3)).toBe(en.chosen_longest_idle);
    expect(chosenWords('en', 'ring_all', 1)).toBe(en.chosen_ring_all);
  });
});

describe('why an agent does not get a contact', () => {
  it('is said with names, levels and what is left of a time', () => {
    const says = (x: Excluded, left?: number): string => excludedWords(x, { ...EN, preferred: 'Li Wei' }, left);
    expect(says(out('skill', { skill: 'billing', held: 3, needed: 5 }))).toBe('needs Billing 5, has 3');
    expect(says(out('skill', { skill: 'second_line', held: 0, needed: 2 }))).toBe('needs Second line 2, has none');
    expect(says(out('cooling_down', { left_ms: 8_000 }), 7_000)).toBe('in a cool-down, 7 s left');
    expect(says(out('member_delay', { left_ms: 12_000 }))).toBe('helps out only later: in 12 s');
    expect(says(out('sticky_window', { left_ms: 20_000 }))).toBe('it waits for Li Wei, 20 s more');
    expect(says(out('queue_cap'))).toBe('queue at its limit');
    expect(says(out('not_ready', { reason: 'lunch' }))).toBe('not ready: Lunch');
  });

  it('is said in Chinese too', () => {
    expect(excludedWords(out('skill', { skill: 'billing', held: 0, needed: 5 }), ZH)).toBe('需要 Billing 5，无此技能');
    expect(excludedWords(out('cooling_down', { left_ms: 7_000 }), ZH)).toBe('冷却中，剩 7 秒');
    expect(excludedWords(out('not_ready', { reason: 'lunch' }), ZH)).toBe('示忙：午餐');
  });

  it('has words for every reason of the engine, and shows the text of a later one', () => {
    const codes = ['not_a_member', 'logged_out', 'not_ready', 'unroutable', 'reserved', 'wrap_up', 'no_capacity', 'cooling_down', 'skill', 'member_delay', 'sticky_window', 'queue_cap'];
    for (const code of codes) expect([`not_for_${code}` in en, `group_${code}` in en], code).toEqual([true, true]);
    expect(excludedWords(out('on_the_moon'), EN)).toBe('on_the_moon in English');
  });
});

describe('the excluded agents', () => {
  const skill = (held: number, needed = 5): Excluded => out('skill', { skill: 'billing', held, needed });

  it('stand together by reason, the nearest to taking the contact first', () => {
    const groups = groupsOf([can('a', 1), not('b', out('not_a_member')), not('c', skill(3)), not('d', out('wrap_up')), not('e', skill(0)), not('f', skill(3, 8)), not('g', out('later'))]);
    expect(groups.map((g) => [g.key, g.agents.map((v) => v.agent.id).join()])).toEqual([
      ['wrap_up', 'd'], ['skill billing 5', 'c,e'], ['skill billing 8', 'f'], ['not_a_member', 'b'], ['later', 'g'],
    ]);
  });

  it('have the common part in the heading and the rest in a note', () => {
    const group = groupsOf([not('c', skill(3)), not('e', skill(0))])[0]!;
    expect([groupWords(group, EN), ...group.agents.map((v) => noteWords(v.excluded!, EN))]).toEqual(['Needs Billing ≥ 5', 'has 3', 'has none']);
    expect([noteWords(out('cooling_down'), EN, 7_000), noteWords(out('member_delay'), EN, 61_000), noteWords(out('member_delay'), EN, 0), noteWords(out('not_ready', { reason: 'lunch' }), EN), noteWords(out('wrap_up'), EN)])
      .toEqual(['7 s left', 'in 1:01', 'any moment', 'Lunch', '']);
  });
});

describe('what a contact needs', () => {
  it('reads as skills with least levels, and how far it has widened', () => {
    expect([needWords({ skill: 'english', level: 5 }), ringWords('en', 0), ringWords('en', 1), ringWords('en', 3)]).toEqual(['English ≥ 5', 'as first asked', 'widened once', 'widened 3 times']);
  });

  it('is lacked by whoever holds too little', () => {
    const need = [{ skill: 'english', level: 3 }, { skill: 'billing', level: 5 }];
    expect(lackOf(need, [{ id: 'english', level: 3 }, { id: 'billing', level: 4 }])).toEqual({ skill: 'billing', needed: 5, held: 4 });
    expect(lackOf(need, [{ id: 'billing', level: 5 }])).toEqual({ skill: 'english', needed: 3, held: 0 });
    expect(lackOf(need, [{ id: 'english', level: 10 }, { id: 'billing', level: 5 }])).toBeNull();
  });
});

describe('what time changes', () => {
  it('is a wider ring when nothing else explains the moment', () => {
    expect(changesOf(waiting([], { next_change_at: 5_000 }), 1_000)).toEqual([{ at: 5_000, kind: 'ring', names: [] }]);
    expect(changesOf(waiting([]), 1_000)).toEqual([]);
  });

  it('names those who may help out then, and the cool-downs that end', () => {
    const agents = [not('a', out('member_delay', { left_ms: 4_000 })), not('b', out('member_delay', { left_ms: 4_001 })), not('c', out('cooling_down', { left_ms: 2_000 })), not('d', out('sticky_window', { left_ms: 9_000 }))];
    const changes = changesOf(waiting(agents, { next_change_at: 5_000 }), 1_000);
    expect(changes).toEqual([{ at: 3_000, kind: 'cool', names: ['C'] }, { at: 5_000, kind: 'delay', names: ['A', 'B'] }, { at: 10_000, kind: 'sticky', names: ['D'] }]);
    expect(changes.map((c) => changeWords(c, { ...EN, preferred: 'Li Wei' }))).toEqual(['C: the cool-down ends', 'A, B may help out', 'No longer only for Li Wei']);
    expect(inWords('zh', 3_000)).toBe('3 秒 后');
  });

  it('waits for the one agent to whom the window does not matter', () => {
    expect(preferredOf(waiting([can('li', 1), not('b', out('sticky_window'))]))).toBe('LI');
    expect(preferredOf(waiting([not('li', out('no_capacity')), not('b', out('sticky_window'))]))).toBeNull();
    expect(preferredOf(waiting([can('li', 1)]))).toBeNull();
  });
});

describe('the outlook', () => {
  const skills: Record<string, { id: string; level: number }[]> = { a: [{ id: 'billing', level: 7 }], b: [{ id: 'billing', level: 2 }], c: [{ id: 'billing', level: 9 }] };
  const of = (agents: AgentVerdict[]): [number, number, string] => {
    const o = outlookOf(waiting(agents), (id) => skills[id]);
    return [o.working, o.skilled, o.comingFree.map((v) => v.agent.id).join()];
  };

  it('counts who works in the queue, has the skills, and is only not free', () => {
    expect(of([not('a', out('no_capacity')), not('b', out('wrap_up')), not('c', out('not_ready')), not('x', out('not_a_member')), not('y', out('logged_out'))])).toEqual([3, 2, 'a']);
    expect(of([not('b', out('skill', { skill: 'billing', held: 2, needed: 5 }))])).toEqual([1, 0, '']);
    expect(of([not('y', out('logged_out'))])).toEqual([0, 0, '']);
  });

  it('does not claim that somebody lacks skills that are not known', () => {
    expect(of([not('new', out('no_capacity'))])).toEqual([1, 1, 'new']);
  });
});

describe('the story of a wait', () => {
  const e = (at: number, kind: string, fields: object = {}): { at: number; kind: string; fields: object } => ({ at, kind, fields });
  const decision = { score: 1, ring: 0, rule: 'longest_idle', candidates: [], passed_over: [] };
  const events = [
    e(0, 'started'), e(10, 'queued', { queue: 'billing' }), e(20, 'offered', { offer: 'o1', agent: 'ana', queue: 'billing', why: 'x', decision }), e(30, 'offer_ended', { offer: 'o1', agent: 'ana', result: 'no_answer' }),
    e(35, 'overflowed', { from: 'billing', to: 'support', reason: 'longest_wait' }), e(50, 'offered', { offer: 'o2', agent: 'li', queue: 'support', why: 'y' }), e(55, 'connected', { agent: 'li' }), e(90, 'closed'),
  ];

  it('has each offer with its reason and its end', () => {
    expect(decisionsOf(events).map((d) => [d.agent, d.result, d.reason?.rule ?? d.line])).toEqual([['ana', 'no_answer', 'longest_idle'], ['li', 'answered', 'y']]);
    expect(decisionsOf(events.slice(0, 3))[0]?.result).toBeNull();
  });

  it('is made of stretches in line and stretches of ringing', () => {
    expect(stepsOf(events).map((s) => [s.kind, s.to - s.from, s.queue, s.agents.join(), s.result])).toEqual([
      ['line', 10, 'billing', '', null], ['ring', 10, 'billing', 'ana', 'no_answer'], ['line', 5, 'billing', '', null], ['line', 15, 'support', '', null], ['ring', 5, 'support', 'li', 'answered'],
    ]);
  });

  it('rings at several at once, and is in line again when the last has failed', () => {
    const all = [e(0, 'queued', { queue: 'q' }), e(1, 'offered', { offer: '1', agent: 'a' }), e(1, 'offered', { offer: '2', agent: 'b' }), e(4, 'offer_ended', { offer: '1', result: 'declined' }), e(9, 'offer_ended', { offer: '2', result: 'no_answer' }), e(12, 'customer_left')];
    expect(stepsOf(all).map((s) => [s.kind, s.from, s.to, s.agents.join(), s.result])).toEqual([['line', 0, 1, '', null], ['ring', 1, 9, 'a,b', 'no_answer'], ['line', 9, 12, '', null]]);
  });

  it('goes on until now while the contact waits', () => {
    expect(stepsOf([e(0, 'queued', { queue: 'q' })], 5).map((s) => [s.kind, s.from, s.to])).toEqual([['line', 0, 5]]);
    expect(stepsOf([e(0, 'queued', { queue: 'q' }), e(3, 'queue_left', { queue: 'q' })], 5).map((s) => s.to)).toEqual([3]);
  });

  it('ends where the queue let the contact go', () => {
    expect(stepsOf([e(0, 'queued', { queue: 'q' }), e(7, 'queue_left', { queue: 'q', reason: 'full' }), e(9, 'closed')])).toHaveLength(1);
  });
});
