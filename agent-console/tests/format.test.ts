import { describe, expect, it } from 'vitest';
import { backoff } from '../src/lib/backoff';
import { clock, countdown, initials, langOf, percent, span } from '../src/lib/format';
import { dialable, phoneNumber } from '../src/lib/number';

describe('times', () => {
  it('are m:ss under an hour and say the hour from there on', () => {
    expect([clock(0), clock(272_999), clock(3_599_000), clock(3_960_000), clock(-5)]).toEqual(['0:00', '4:32', '59:59', '1 h 06', '0:00']);
    expect(clock(3_960_000, 'zh')).toBe('1 小时 06');
  });

  it('count down in seconds under a minute and end at 0', () => {
    expect([countdown(13_100), countdown(60_000), countdown(-1), countdown(43_000, 'zh')]).toEqual(['14 s', '1:00', '0 s', '43 秒']);
  });

  it('as lengths are words', () => {
    expect([span(18_000), span(44 * 60_000), span(3_960_000)]).toEqual(['18 s', '44 min', '1 h 06']);
  });

  it('a share without a base is a dash', () => {
    expect([percent(861), percent(null), percent(0)]).toEqual(['86%', '–', '0%']);
  });
});

describe('names', () => {
  it('give two Latin initials or the first Han character', () => {
    expect(['Li Wei', 'li.wei', '李娜 Li Na', 'Prince', '+49 30', ''].map(initials)).toEqual(['LW', 'LW', '李', 'P', '#', '#']);
  });

  it('with Han characters are marked as Chinese', () => {
    expect([langOf('陈静 Chen'), langOf('Ana')]).toEqual(['zh-CN', undefined]);
  });
});

describe('numbers', () => {
  it('are grouped by country', () => {
    expect(phoneNumber('+493023125042')).toBe('+49 30 23125 042');
    expect(phoneNumber('+8613912340158')).toBe('+86 139 1234 0158');
    expect(phoneNumber('+14155550123')).toBe('+1 415 555 0123');
    expect(phoneNumber('+33142345678')).toBe('+33 1 42 34 56 78');
  });

  it('that are not E.164 are left alone', () => {
    expect(['8000', '', 'anonymous', '+49'].map(phoneNumber)).toEqual(['8000', '', 'anonymous', '+49']);
  });

  it('lose no digit by grouping', () => {
    for (const number of ['+4930231250421', '+85212345678', '+442079460000', '+390612345678', '+3531234567'])
      expect(phoneNumber(number).replace(/ /g, '')).toBe(number);
  });

  it('may be dialled with separators, and with nothing else in them', () => {
    expect(['+49 (30) 231-25', '*72#', 'abc', '', '12+3'].map(dialable)).toEqual(['+493023125', '*72#', null, null, null]);
  });
});

describe('reconnecting', () => {
  it('doubles from half a second to ten, spread by a fifth', () => {
    expect([0, 1, 4, 5, 99].map((n) => backoff(n, () => 0.5))).toEqual([500, 1000, 8000, 10_000, 10_000]);
    expect(backoff(0, () => 0)).toBe(400);
    expect(backoff(0, () => 1)).toBe(600);
  });
});
