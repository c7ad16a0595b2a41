/** Opening hours as people read them: days of the schedule's own time zone, and what comes next. Pure. */
import type { Schedule } from '../api/types';
import { sayIn } from '../i18n/say';
import type { Lang } from './format';

const DAYS = 14;
const DAY_MIN = 1_440;

/** A moment on the wall clock of a time zone. */
export interface Wall {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
  /** Minutes since midnight by the wall clock. */
  minute: number;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', { timeZone: zone, year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', hourCycle: 'h23' });
  clocks.set(zone, made);
  return made;
}

/** A moment as clocks in `zone` show it. */
export function wallOf(at: number, zone: string): Wall {
  const parts = Object.fromEntries(clockOf(zone).formatToParts(at).map((p) => [p.type, Number(p.value)]));
  return { year: parts['year'] ?? 0, month: parts['month'] ?? 1, day: parts['day'] ?? 1, minute: (parts['hour'] ?? 0) * 60 + (parts['minute'] ?? 0) };
}

/** Days since 1970 of a date. */
const numberOf = (w: Wall): number => Math.round(Date.UTC(w.year, w.month - 1, w.day) / 86_400_000);

/** A stretch of one day, in minutes of the wall clock. */
export interface Stretch {
  from: number;
  to: number;
}

/** A day of the strip. */
export interface OpenDay {
  /** Midnight UTC of the date: a name for the day, to be formatted as UTC. */
  date: number;
  stretches: Stretch[];
}

/** The next 14 days by the clocks of the schedule's zone, from the one that `now` is in. */
export function daysOf(schedule: Pick<Schedule, 'openings' | 'zone'>, now: number): OpenDay[] {
  const first = numberOf(wallOf(now, schedule.zone));
  const days: OpenDay[] = Array.from({ length: DAYS }, (_, i) => ({ date: (first + i) * 86_400_000, stretches: [] }));
  for (const { from_at, to_at } of schedule.openings) {
    const [from, to] = [wallOf(from_at, schedule.zone), wallOf(to_at, schedule.zone)];
    for (let day = numberOf(from); day <= numberOf(to); day += 1) {
      const stretch = { from: day === numberOf(from) ? from.minute : 0, to: day === numberOf(to) ? to.minute : DAY_MIN };
      // Midnight as an end belongs to the day before.
      if (stretch.to > stretch.from) days[day - first]?.stretches.push(stretch);
    }
  }
  return days;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** Minutes of a day as a clock shows them; the end of a day is 24:00. */
export function minuteWords(minute: number): string {
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** `Mon 23`, `23 日 周一` as short as a column needs it. */
export function dayWords(date: number, lang: Lang): { week: string; day: string } {
  const locale = lang === 'zh' ? 'zh-CN' : 'en-GB';
  const week = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', weekday: 'short' }).format(date);
  const day = new Date(date);
  return { week, day: lang === 'zh' ? `${day.getUTCMonth() + 1}/${day.getUTCDate()}` : new Intl.DateTimeFormat(locale, { timeZone: 'UTC', day: 'numeric', month: 'short' }).format(date) };
}

/** A moment by the clocks of `zone`: the time on the day of `now`, with the day else. */
export function momentIn(at: number, now: number, zone: string, lang: Lang): string {
  const [wall, today] = [wallOf(at, zone), wallOf(now, zone)];
  const time = minuteWords(wall.minute);
  if (numberOf(wall) === numberOf(today)) return time;
  const { week, day } = dayWords(numberOf(wall) * 86_400_000, lang);
  return lang === 'zh' ? `${day} ${week} ${time}` : `${week} ${day} ${time}`;
}

/** Whether the hours themselves are open, whatever a person has switched. */
export function openByHours(schedule: Pick<Schedule, 'openings'>, now: number): boolean {
  return schedule.openings.some((o) => o.from_at <= now && now < o.to_at);
}

/** What the hours say comes next: how long they are open, or when they open. */
export function nextByHours(schedule: Pick<Schedule, 'openings' | 'zone' | 'next_change_at'>, now: number, lang: Lang): string {
  const when = (at: number): string => momentIn(at, now, schedule.zone, lang);
  const change = schedule.next_change_at ?? null;
  if (openByHours(schedule, now)) return change === null ? sayIn(lang, 'schedule_open_on') : sayIn(lang, 'schedule_open_until', { at: when(change) });
  const next = schedule.openings.find((o) => o.from_at > now);
  if (next) return sayIn(lang, 'schedule_opens', { at: when(next.from_at) });
  return change === null ? sayIn(lang, 'schedule_never') : sayIn(lang, 'schedule_opens_later', { at: when(change) });
}

/** Why it is closed, in words. */
export function closedWords(schedule: Pick<Schedule, 'why' | 'holiday'>, lang: Lang): string {
  switch (schedule.why) {
    case 'holiday':
      return schedule.holiday ? sayIn(lang, 'schedule_why_holiday_named', { name: schedule.holiday }) : sayIn(lang, 'schedule_why_holiday');
    case 'emergency':
      return sayIn(lang, 'schedule_why_emergency');
    default:
      return sayIn(lang, 'schedule_why_hours');
  }
}
