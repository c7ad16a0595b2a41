import { describe, expect, it } from 'vitest';
import type { Schedule } from '../src/api/types';
import { closedWords, daysOf, dayWords, minuteWords, momentIn, nextByHours, openByHours, wallOf } from '../src/lib/opening';

const utc = (text: string): number => Date.parse(`${text}Z`);
const schedule = (zone: string, openings: [string, string][], extra: Partial<Schedule> = {}): Schedule => ({
  id: 's', name: 'S', zone, open: true, openings: openings.map(([from, to]) => ({ from_at: utc(from), to_at: utc(to) })), next_change_at: null, ...extra,
});
const shown = (of: Schedule, now: number): string[][] => daysOf(of, now).map((d) => d.stretches.map((s) => `${minuteWords(s.from)}–${minuteWords(s.to)}`));

describe('the strip of days', () => {
  it('has 14 days of the zone of the schedule, from its own today', () => {
    const of = schedule('Asia/Shanghai', [['2026-11-23T01:00', '2026-11-23T10:00']]);
    // It is the 22nd in Berlin and the 23rd in Shanghai.
    const days = daysOf(of, utc('2026-11-22T20:00'));
    expect([days.length, dayWords(days[0]?.date ?? 0, 'en')]).toEqual([14, { week: 'Mon', day: '23 Nov' }]);
    expect(days[0]?.stretches).toEqual([{ from: 540, to: 1080 }]);
  });

  it('cuts a night in two, and one that ends at midnight belongs to one day', () => {
    const of = schedule('Europe/Berlin', [['2026-11-22T21:00', '2026-11-23T05:00'], ['2026-11-23T17:00', '2026-11-23T23:00']]);
    expect(shown(of, utc('2026-11-22T12:00')).slice(0, 3)).toEqual([['22:00–24:00'], ['00:00–06:00', '18:00–24:00'], []]);
  });

  it('is open through for days on end, and ends with the fourteenth', () => {
    const rows = shown(schedule('UTC', [['2026-11-22T00:00', '2026-12-09T00:00']]), utc('2026-11-22T12:00'));
    expect([rows.length, new Set(rows.map(String))]).toEqual([14, new Set(['00:00–24:00'])]);
  });

  it('shows what the clocks show over both changes of the hour, in two zones', () => {
    const berlin = schedule('Europe/Berlin', [['2026-03-28T07:00', '2026-03-28T16:00'], ['2026-03-29T06:00', '2026-03-29T15:00']]);
    expect(shown(berlin, utc('2026-03-28T05:00')).slice(0, 2)).toEqual([['08:00–17:00'], ['08:00–17:00']]);
    const autumn = schedule('Europe/Berlin', [['2026-10-24T06:00', '2026-10-24T15:00'], ['2026-10-25T07:00', '2026-10-25T16:00']]);
    expect(shown(autumn, utc('2026-10-24T05:00')).slice(0, 2)).toEqual([['08:00–17:00'], ['08:00–17:00']]);
    const york = schedule('America/New_York', [['2026-11-01T04:00', '2026-11-02T05:00']]);
    // The day of 25 hours is one day.
    expect(shown(york, utc('2026-11-01T12:00')).slice(0, 2)).toEqual([['00:00–24:00'], []]);
  });
});

describe('a schedule', () => {
  const now = utc('2026-11-22T12:00');

  it('says what comes next by its hours', () => {
    const open = schedule('UTC', [['2026-11-22T08:00', '2026-11-22T17:00']], { next_change_at: utc('2026-11-22T17:00') });
    expect([openByHours(open, now), nextByHours(open, now, 'en'), nextByHours({ ...open, next_change_at: null }, now, 'en')]).toEqual([true, 'Open until 17:00', 'Open, no change within a month']);
    const shut = schedule('UTC', [['2026-11-22T08:00', '2026-11-22T11:00'], ['2026-11-23T08:00', '2026-11-23T17:00']], { next_change_at: utc('2026-11-23T08:00') });
    expect([openByHours(shut, now), nextByHours(shut, now, 'en'), nextByHours(shut, now, 'zh')]).toEqual([false, 'Opens Mon 23 Nov 08:00', '11/23 周一 08:00 开放']);
    expect(nextByHours(schedule('UTC', [], { next_change_at: utc('2026-12-15T08:00') }), now, 'en')).toBe('No opening within 14 days; the next change is on Tue 15 Dec 08:00');
    expect(nextByHours(schedule('UTC', []), now, 'en')).toBe('No opening within a month');
  });

  it('says why it is closed', () => {
    expect(closedWords({ why: 'holiday', holiday: 'Labour Day' }, 'en')).toBe('Closed: Labour Day');
    expect([closedWords({ why: 'holiday', holiday: null }, 'en'), closedWords({ why: 'emergency' }, 'zh'), closedWords({ why: 'hours' }, 'en')]).toEqual(['Closed for a holiday', '人工关闭', 'Closed']);
  });

  it('tells times by the clocks of its zone', () => {
    expect(wallOf(now, 'Asia/Kolkata')).toEqual({ year: 2026, month: 11, day: 22, minute: 17 * 60 + 30 });
    expect([momentIn(now, now, 'Asia/Tokyo', 'en'), momentIn(utc('2026-11-22T16:00'), now, 'Asia/Tokyo', 'en')]).toEqual(['21:00', 'Mon 23 Nov 01:00']);
  });
});
