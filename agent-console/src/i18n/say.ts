/** The texts of both languages, for those who bring the language with them. Pure. */
import type { Lang } from '../lib/format';
import { en, type Key } from './en';
import { fill, type Values } from './fill';
import { zh } from './zh';

/** The text of a key in a language, with its values put in. */
export function sayIn(lang: Lang, key: Key, values?: Values): string {
  return fill(lang === 'zh' ? zh[key] : en[key], values);
}

/** The text of a key that is made of a code; `otherwise` when there is no such text. */
export function wordIn(lang: Lang, prefix: string, code: string, otherwise: string = code, values?: Values): string {
  const key = `${prefix}_${code}`;
  return key in en ? sayIn(lang, key as Key, values) : otherwise;
}

/** Names in a row, as a sentence holds them. */
export function listIn(lang: Lang, names: string[]): string {
  return names.join(lang === 'zh' ? '、' : ', ');
}
