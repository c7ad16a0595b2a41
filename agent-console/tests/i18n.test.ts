import { describe, expect, it } from 'vitest';
import { en } from '../src/i18n/en';
import { fill } from '../src/i18n/fill';
import { zh } from '../src/i18n/zh';

const values = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))].sort();

describe('the dictionaries', () => {
  it('have the same keys', () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  });

  it('use the same values in every text', () => {
    for (const [key, text] of Object.entries(en)) expect(values(zh[key as keyof typeof en]), key).toEqual(values(text));
  });

  it('have no empty text, and Chinese sentences end in Chinese punctuation', () => {
    for (const [key, text] of [...Object.entries(en), ...Object.entries(zh)]) expect(text.trim(), key).not.toBe('');
    for (const [key, text] of Object.entries(zh)) expect(/\p{Script=Han}[.,;!?]/u.test(text), key).toBe(false);
  });

  it('use the words of the floor', () => {
    expect([zh.state_ready, zh.state_not_ready, zh.state_wrap_up, zh.state_logged_out, zh.disposition]).toEqual(['示闲', '示忙', '话后处理', '未签入', '话后结果']);
  });
});

describe('a text', () => {
  it('takes its values and chooses its number', () => {
    expect(fill('{n} agent | {n} agents', { n: 1 })).toBe('1 agent');
    expect(fill('{n} agent | {n} agents', { n: 0 })).toBe('0 agents');
    expect(fill('Hi {name}', { name: 'Ana' })).toBe('Hi Ana');
    expect(fill('Hi {name}')).toBe('Hi {name}');
  });
});
