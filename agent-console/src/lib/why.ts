/** Why a contact waits, who would get it and why not the others, in words. Pure. */
import type { AgentVerdict, Chances, NeededSkill } from '../api/types';
import { listIn, sayIn, wordIn } from '../i18n/say';
import type { IconName } from '../ui/icons';
import { clock, countdown, hourMinute, span, type Lang } from './format';

/** Why an agent was chosen, as the engine writes it: `longest idle; score 0; ring 0; li 800 ms idle, ana 20 ms idle`. */
export interface Why {
  /** `longest_idle`, `least_occupied` … */
  rule: string;
  /** The rule's figure of the chosen agent. */
  figure: number | null;
  /** How many agents were compared. */
  compared: number;
}

/** Reads the engine's line; `null` when it is written otherwise. */
export function readWhy(line: string): Why | null {
  const [rule, , , list] = line.split('; ');
  if (!rule || !list) return null;
  const candidates = list.split(', ');
  const figure = /^\S+ (-?\d+)/.exec(candidates[0] ?? '');
  return { rule: rule.replaceAll(' ', '_'), compared: candidates.length, figure: figure ? Number(figure[1]) : null };
}

/** The engine counts occupancy in parts of this. */
const WHOLE = 2 ** 20;

/** The rule's figure of an agent, in words. */
export function figureWords(lang: Lang, rule: string, figure: number): string {
  const idle = rule === 'longest_idle' || rule === 'ring_all';
  const value = idle ? clock(figure, lang) : rule === 'least_occupied' ? Math.round((figure / WHOLE) * 100) : figure;
  return wordIn(lang, 'figure', rule, String(figure), { value, n: figure });
}

/** Why the chosen one was chosen, as a sentence; `compared` is how many the decision names. */
export function chosenWords(lang: Lang, rule: string, compared: number): string {
  return compared === 1 && rule !== 'ring_all' ? sayIn(lang, 'chosen_only') : wordIn(lang, 'chosen', rule, '');
}

/** Points of a score, which the engine counts in thousandths. */
export function points(score: number): string {
  return String(Math.round(score / 100) / 10).replace('-', '−');
}

/** A skill's id as a word: `second_line` is `Second line`. */
export function skillName(id: string): string {
  const words = id.replace(/[_\-.]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A needed skill: `Billing ≥ 5`. */
export function needWords(need: NeededSkill): string {
  return `${skillName(need.skill)} ≥ ${need.level}`;
}

/** What a contact in line may be told: `2 min, 9 in 10 within 4 min`. */
export function expectedWords(lang: Lang, waiting: Chances): string {
  const wait = waiting.expected_wait;
  if (!wait) return sayIn(lang, 'expected_unknown');
  return sayIn(lang, 'expected_at_most', { mean: span(wait.mean_ms, lang), most: span(wait.p90_ms, lang) });
}

/** What it was told when it took its place: `3 min was expected at 10:15`; empty when nothing could be told. */
export function toldWords(lang: Lang, waiting: Chances): string {
  const told = waiting.told_wait;
  return told ? sayIn(lang, 'told_at', { mean: span(told.mean_ms, lang), at: hourMinute(told.at, lang) }) : '';
}

/** How far the requirement has widened. */
export function ringWords(lang: Lang, ring: number): string {
  return ring === 0 ? sayIn(lang, 'as_asked') : sayIn(lang, 'widened', { n: ring });
}

/** What keeps an agent from a contact. The events of a contact store it without the engine's English text. */
export interface Exclusion {
  code: string;
  text?: string;
  skill?: string | null;
  held?: number | null;
  needed?: number | null;
  reason?: string | null;
  left_ms?: number | null;
}

/** What the words need to know beside the facts. */
export interface Naming {
  lang: Lang;
  /** The label of a reason for being not ready. */
  reason: (code: string) => string;
  /** The name of the agent that the contact waits for. */
  preferred?: string | null | undefined;
}

function valuesOf(x: Exclusion, naming: Naming, left: number): Record<string, string | number> {
  const { lang } = naming;
  return {
    reason: naming.reason(x.reason ?? ''), left: countdown(left, lang), skill: skillName(x.skill ?? ''), needed: x.needed ?? 1,
    held: x.held ?? 0, preferred: naming.preferred ?? sayIn(lang, 'its_agent'),
  };
}

/** Why this agent does not get the contact, in a few words. `left` is what is left of a time that runs, in ms. */
export function excludedWords(x: Exclusion, naming: Naming, left: number = x.left_ms ?? 0): string {
  const code = x.code === 'skill' && !x.held ? 'skill_none' : x.code;
  return wordIn(naming.lang, 'not_for', code, x.text, valuesOf(x, naming, left));
}

/** From what ends by itself soonest to what ends last. */
const NEARNESS = [
  'reserved', 'wrap_up', 'no_capacity', 'cooling_down', 'member_delay', 'sticky_window', 'queue_cap', 'not_ready', 'unroutable',
  'skill', 'logged_out', 'not_a_member',
];
const ICONS: Record<string, IconName> = {
  reserved: 'phone-incoming', wrap_up: 'pencil-line', no_capacity: 'phone', cooling_down: 'timer', member_delay: 'clock',
  sticky_window: 'star', queue_cap: 'users', not_ready: 'coffee', unroutable: 'phone-off', skill: 'graduation-cap',
  logged_out: 'log-out', not_a_member: 'circle-x',
};

/** Agents who are excluded for the same reason. */
export interface Group {
  key: string;
  code: string;
  /** The exclusion of the first of them. */
  sample: Exclusion;
  agents: AgentVerdict[];
}

/** The icon of a reason. */
export function iconOf(code: string): IconName {
  return ICONS[code] ?? 'circle-x';
}

/** The excluded agents by reason, the nearest to taking the contact first. Skills are told apart by what is needed. */
export function groupsOf(agents: AgentVerdict[]): Group[] {
  const groups = new Map<string, Group>();
  for (const verdict of agents) {
    const x = verdict.excluded;
    if (!x) continue;
    const key = x.code === 'skill' ? `skill ${x.skill} ${x.needed}` : x.code;
    const group = groups.get(key) ?? { key, code: x.code, sample: x, agents: [] };
    group.agents.push(verdict);
    groups.set(key, group);
  }
  const nearness = (g: Group): number => (NEARNESS.indexOf(g.code) + NEARNESS.length + 1) % (NEARNESS.length + 1);
  return [...groups.values()].sort((a, b) => nearness(a) - nearness(b));
}

/** The heading of a group. */
export function groupWords(group: Group, naming: Naming): string {
  return wordIn(naming.lang, 'group', group.code, group.sample.text, valuesOf(group.sample, naming, 0));
}

/** What the heading leaves open about one agent; empty when it says all. */
export function noteWords(x: Exclusion, naming: Naming, left: number = x.left_ms ?? 0): string {
  switch (x.code) {
    case 'skill':
      return sayIn(naming.lang, x.held ? 'has_level' : 'has_none', valuesOf(x, naming, left));
    case 'cooling_down':
    case 'sticky_window':
      return sayIn(naming.lang, 'time_left', valuesOf(x, naming, left));
    case 'member_delay':
      return inWords(naming.lang, left);
    case 'not_ready':
      return naming.reason(x.reason ?? '');
    default:
      return '';
  }
}

/** How long until something: `in 12 s`. */
export function inWords(lang: Lang, left: number): string {
  return left <= 0 ? sayIn(lang, 'any_moment') : sayIn(lang, 'in_time', { left: countdown(left, lang) });
}

/** Something that the time alone changes. */
export interface Change {
  at: number;
  kind: 'ring' | 'delay' | 'sticky' | 'cool';
  /** The agents that it concerns. */
  names: string[];
}

const TIMED: Record<string, Change['kind']> = { member_delay: 'delay', sticky_window: 'sticky', cooling_down: 'cool' };
/** Moments nearer to each other than this are one: the engine rounds to whole milliseconds. */
const SAME_MOMENT = 50;

/** What changes next for a waiting contact by time alone, soonest first. `at` is when the answer was true. */
export function changesOf(waiting: Chances, at: number): Change[] {
  const changes: Change[] = [];
  for (const { agent, excluded: x } of waiting.agents) {
    const kind = TIMED[x?.code ?? ''];
    if (!kind || x?.left_ms == null) continue;
    const when = at + x.left_ms;
    const same = changes.find((c) => c.kind === kind && Math.abs(c.at - when) < SAME_MOMENT);
    if (same) same.names.push(agent.name);
    else changes.push({ at: when, kind, names: [agent.name] });
  }
  const next = waiting.next_change_at;
  const told = changes.some((c) => c.kind !== 'cool' && next != null && Math.abs(c.at - next) < SAME_MOMENT);
  if (next != null && !told) changes.push({ at: next, kind: 'ring', names: [] });
  return changes.sort((a, b) => a.at - b.at);
}

/** A change in words. */
export function changeWords(change: Change, naming: Naming): string {
  const { lang } = naming;
  const preferred = naming.preferred ?? sayIn(lang, 'its_agent');
  return wordIn(lang, 'change', change.kind, '', { names: listIn(lang, change.names), preferred });
}

/** The agent that a contact waits for: the only one to whom its window does not matter, once it excludes others. */
export function preferredOf(waiting: Chances): string | null {
  if (!waiting.agents.some((v) => v.excluded?.code === 'sticky_window')) return null;
  const eligible = waiting.agents.filter((v) => v.eligible);
  return eligible.length === 1 ? (eligible[0]?.agent.name ?? null) : null;
}

/** The first needed skill that these skills lack, and the level held. */
export function lackOf(need: NeededSkill[], skills: { id: string; level: number }[]): { skill: string; needed: number; held: number } | null {
  for (const { skill, level } of need) {
    const held = skills.find((s) => s.id === skill)?.level ?? 0;
    if (held < level) return { skill, needed: level, held };
  }
  return null;
}

const COMING_FREE = new Set(['reserved', 'wrap_up', 'no_capacity', 'cooling_down']);

/** What a supervisor may hope for while nobody is eligible. */
export interface Outlook {
  /** Members at work. */
  working: number;
  /** Of those, how many have the needed skills. */
  skilled: number;
  /** Skilled, and only not free. */
  comingFree: AgentVerdict[];
}

/** The outlook of a waiting contact. `skillsOf` gives an agent's skills, or nothing when they are not known yet. */
export function outlookOf(waiting: Chances, skillsOf: (agent: string) => { id: string; level: number }[] | undefined): Outlook {
  const working = waiting.agents.filter((v) => v.eligible || !['not_a_member', 'logged_out'].includes(v.excluded?.code ?? ''));
  const skilled = working.filter((v) => v.excluded?.code !== 'skill' && lackOf(waiting.need, skillsOf(v.agent.id) ?? waiting.need.map((n) => ({ id: n.skill, level: n.level }))) === null);
  return { working: working.length, skilled: skilled.length, comingFree: skilled.filter((v) => COMING_FREE.has(v.excluded?.code ?? '')) };
}
