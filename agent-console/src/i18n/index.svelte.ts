/** Words of the console in English and Chinese. */
import type { Lang } from '../lib/format';
import { stored, store } from '../lib/prefs.svelte';
import type { Key } from './en';
import type { Values } from './fill';
import { sayIn, wordIn } from './say';

export type { Key } from './en';

const asLang = (word: string | null): Lang =>
  word === 'en' || word === 'zh' ? word : navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';

let lang = $state<Lang>(asLang(stored('lang')));

function apply(): void {
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
}
apply();

/** The language in use. */
export function currentLang(): Lang {
  return lang;
}

/** Changes the language and remembers it. */
export function setLang(next: Lang): void {
  lang = next;
  store('lang', next);
  apply();
}

/** The text of a key, with its values put in. */
export function t(key: Key, values?: Values): string {
  return sayIn(lang, key, values);
}

/** The text of a key that is made of a code; the code itself when there is no such text. */
export function word(prefix: string, code: string): string {
  return wordIn(lang, prefix, code);
}

/** A label in the language in use, with English and then anything as second choice. */
export function labelOf(labels: Record<string, string>, code: string): string {
  return labels[lang] ?? labels[lang === 'zh' ? 'zh-CN' : 'en'] ?? labels['en'] ?? Object.values(labels)[0] ?? code;
}
