/** Numbers and times as the floor reads them. Pure; every duration is in milliseconds unless its name says otherwise. */
export type Lang = 'en' | 'zh';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const two = (n: number): string => String(n).padStart(2, '0');
const locale = (lang: Lang): string => (lang === 'zh' ? 'zh-CN' : 'en-GB');

/** `4:32` under an hour, `1 h 06` from an hour on; never `1:06` for an hour. */
export function clock(ms: number, lang: Lang = 'en'): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  const hours = Math.floor(seconds / 3600);
  return `${hours} ${lang === 'zh' ? '小时' : 'h'} ${two(Math.floor((seconds % 3600) / 60))}`;
}

/** A countdown: `14 s` under a minute, then as `clock`. Rounds up, so that it shows 1 until it is over. */
export function countdown(ms: number, lang: Lang = 'en'): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return seconds < 60 ? `${seconds} ${lang === 'zh' ? '秒' : 's'}` : clock(seconds * 1000, lang);
}

/** A length in words: `44 min`, `1 h 06`, `18 s`. */
export function span(ms: number, lang: Lang = 'en'): string {
  if (ms < MINUTE) return `${Math.round(ms / 1000)} ${lang === 'zh' ? '秒' : 's'}`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} ${lang === 'zh' ? '分' : 'min'}`;
  return clock(ms, lang);
}

/** A share given in thousandths as whole percent, or `–`. */
export function percent(permille: number | null | undefined): string {
  return permille == null ? '–' : `${Math.round(permille / 10)}%`;
}

/** Hours and minutes of a moment. */
export function hourMinute(at: number, lang: Lang): string {
  return new Intl.DateTimeFormat(locale(lang), { hour: '2-digit', minute: '2-digit', hour12: false }).format(at);
}

/** `Thu 19 Nov`, `11 月 19 日`. */
export function shortDay(at: number, lang: Lang): string {
  const day = new Date(at);
  if (lang === 'zh') return `${day.getMonth() + 1} 月 ${day.getDate()} 日`;
  return new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' }).format(at).replace(',', '');
}

/** Date and time to the second. */
export function fullMoment(at: number, lang: Lang): string {
  const time = new Intl.DateTimeFormat(locale(lang), { timeStyle: 'medium', hour12: false }).format(at);
  const year = new Date(at).getFullYear();
  return lang === 'zh' ? `${year} 年 ${shortDay(at, lang)} ${time}` : `${shortDay(at, lang)} ${year}, ${time}`;
}

/** Time alone on the same day, the day otherwise. */
export function whenShort(at: number, now: number, lang: Lang): string {
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  return sameDay ? hourMinute(at, lang) : `${shortDay(at, lang)} ${hourMinute(at, lang)}`;
}

/** The start of the local day of `now`. */
export function midnight(now: number): number {
  return new Date(now).setHours(0, 0, 0, 0);
}

const CJK = /\p{Script=Han}/u;

/** The language of a run of text, so that the right glyphs are used. */
export function langOf(text: string): 'zh-CN' | undefined {
  return CJK.test(text) ? 'zh-CN' : undefined;
}

/** What stands in an avatar: the first Han character, or two initials. */
export function initials(name: string): string {
  const clean = name.trim();
  if (CJK.test(clean.charAt(0))) return clean.charAt(0);
  const words = clean.split(/[\s.]+/).filter((w) => /\p{L}/u.test(w));
  if (words.length === 0) return '#';
  const first = words[0] ?? '';
  const last = words.length > 1 ? (words[words.length - 1] ?? '') : '';
  return (first.charAt(0) + (last ? last.charAt(0) : '')).toUpperCase();
}
