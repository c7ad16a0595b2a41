/** Telephone numbers grouped for reading. Display only: matching and dialling always use the number as it came. */

/** Country codes of two digits; 1 and 7 have one digit, all others three. */
const TWO = new Set(
  ('20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 ' +
    '91 92 93 94 95 98').split(' '),
);
const GERMAN_TWO_DIGIT_AREAS = new Set(['30', '40', '69', '89']);

function countryCode(digits: string): string {
  if (digits.startsWith('1') || digits.startsWith('7')) return digits.slice(0, 1);
  return TWO.has(digits.slice(0, 2)) ? digits.slice(0, 2) : digits.slice(0, 3);
}

/** Cuts into groups of `size`; a lone last digit joins the group before it. */
function groups(rest: string, size: number): string[] {
  const out: string[] = [];
  for (let i = 0; i < rest.length; i += size) out.push(rest.slice(i, i + size));
  const last = out[out.length - 1];
  if (out.length > 1 && last !== undefined && last.length === 1) out.splice(-2, 2, (out[out.length - 2] ?? '') + last);
  return out;
}

function national(code: string, rest: string): string[] {
  if (code === '1' && rest.length === 10) return [rest.slice(0, 3), rest.slice(3, 6), rest.slice(6)];
  if (code === '86' && rest.length === 11) return [rest.slice(0, 3), rest.slice(3, 7), rest.slice(7)];
  if (code === '49') {
    const area = GERMAN_TWO_DIGIT_AREAS.has(rest.slice(0, 2)) ? 2 : 3;
    const local = rest.slice(area);
    return [rest.slice(0, area), ...(local.length > 6 ? [local.slice(0, 5), local.slice(5)] : [local])];
  }
  if (code === '44') return [rest.slice(0, 2), ...groups(rest.slice(2), 4)];
  if (code === '33') return [rest.slice(0, 1), ...groups(rest.slice(1), 2)];
  return groups(rest, 3);
}

/** `+493023125042` → `+49 30 23125 042`. What is not E.164 is left as it is. */
export function phoneNumber(raw: string): string {
  const match = /^\+(\d{7,15})$/.exec(raw.trim());
  if (!match?.[1]) return raw;
  const code = countryCode(match[1]);
  const parts = national(code, match[1].slice(code.length)).filter((p) => p.length > 0);
  return `+${code} ${parts.join(' ')}`;
}

/** What may be dialled: digits, `*`, `#` and a leading `+`; separators are dropped. `null` if something else is in it. */
export function dialable(typed: string): string | null {
  const bare = typed.replace(/[\s().\-/]/g, '');
  return /^\+?[\d*#]{1,32}$/.test(bare) ? bare : null;
}
