import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('../src/styles/tokens.css', import.meta.url), 'utf8');
const contrastAt = css.indexOf('@media (prefers-contrast: more)');
const motionAt = css.indexOf('@media (prefers-reduced-motion');

type Pair = [string, string];

function tokens(text: string): Map<string, Pair> {
  const found = [...text.matchAll(/--([\w-]+): light-dark\((#[0-9A-Fa-f]{6}), (#[0-9A-Fa-f]{6})\)/g)];
  return new Map(found.map(([, name = '', light = '', dark = '']) => [name, [light, dark]]));
}

const normal = tokens(css.slice(0, contrastAt));
const high = new Map([...normal, ...tokens(css.slice(contrastAt, motionAt))]);

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(a: string, b: string): number {
  const [x = 0, y = 0] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
}

const get = (set: Map<string, Pair>, name: string, theme: 0 | 1): string => {
  const pair = set.get(name);
  if (!pair) throw new Error(`no token --${name}`);
  return pair[theme];
};

const FAMILIES = ['g', 'b', 'c', 'v', 'a', 'r', 'n'];
const GROUNDS = ['bg', 'surface', 'sunken', 'raised', 'hover'];

describe.each([['light', 0], ['dark', 1]] as const)('in the %s theme', (_, theme) => {
  it('every text reads at 4.5:1 on every ground', () => {
    for (const text of ['t1', 't2', 't3'])
      for (const ground of GROUNDS) expect(ratio(get(normal, text, theme), get(normal, ground, theme)), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  });

  it('the words of a state read at 4.5:1 on the tint of their family and on panels', () => {
    for (const f of FAMILIES)
      for (const ground of [`${f}-tint`, 'surface', 'bg']) expect(ratio(get(normal, `${f}-text`, theme), get(normal, ground, theme)), `${f} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  });

  it('what stands in a chosen row reads at 4.5:1 on its tint', () => {
    for (const text of ['t1', 't2', 't3', 'a-text', 'r-text', 'c-text'])
      expect(ratio(get(normal, text, theme), get(normal, 'b-tint', theme)), text).toBeGreaterThanOrEqual(4.5);
    for (const text of ['t1', 't2']) expect(ratio(get(normal, text, theme), get(normal, 'g-tint', theme)), text).toBeGreaterThanOrEqual(4.5);
  });

  it('filled buttons read at 4.5:1', () => {
    expect(ratio(get(normal, 'on-ink', theme), get(normal, 'ink', theme))).toBeGreaterThanOrEqual(4.5);
    for (const f of ['g', 'r', 'b']) expect(ratio('#FFFFFF', get(normal, `${f}-solid`, theme)), f).toBeGreaterThanOrEqual(4.5);
  });

  it('field edges, the focus ring and links can be told from their ground', () => {
    for (const ground of ['bg', 'surface', 'sunken', 'hover']) {
      expect(ratio(get(normal, 'ctl', theme), get(normal, ground, theme)), `ctl on ${ground}`).toBeGreaterThanOrEqual(3);
      expect(ratio(get(normal, 'focus', theme), get(normal, ground, theme)), `focus on ${ground}`).toBeGreaterThanOrEqual(3);
    }
    expect(ratio(get(normal, 'link', theme), get(normal, 'surface', theme))).toBeGreaterThanOrEqual(4.5);
  });

  it('bars of a state stand out at 3:1 from panels', () => {
    for (const f of FAMILIES) expect(ratio(get(normal, `${f}-solid`, theme), get(normal, 'surface', theme)), f).toBeGreaterThanOrEqual(3);
  });

  it('with more contrast asked for, every text reads at 7:1', () => {
    for (const text of ['t1', 't2', 't3', 'link', ...FAMILIES.map((f) => `${f}-text`)])
      expect(ratio(get(high, text, theme), get(high, 'surface', theme)), text).toBeGreaterThanOrEqual(7);
  });
});
