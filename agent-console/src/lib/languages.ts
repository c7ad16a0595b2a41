/** Languages in which callers are spoken to. */
import type { Lang } from './format';

/** A language's name for people: `English`, `英语`; the tag itself where it has none. */
export function languageName(tag: string, lang: Lang): string {
  try {
    return new Intl.DisplayNames(lang === 'zh' ? 'zh-CN' : 'en', { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** Tags without those that say the same: `zh-CN` beside `zh`. */
export function languagesOf(tags: string[]): string[] {
  const known = new Set(tags);
  return [...known].filter((tag) => !tag.includes('-') || !known.has(tag.split('-')[0] ?? ''));
}
