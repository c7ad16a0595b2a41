/** How a recording is told of. */
import type { PromptFault } from '../../api/authoring';
import { currentLang, t, word } from '../../i18n/index.svelte';
import { listIn } from '../../i18n/say';
import { languageName } from '../../lib/languages';

/** A language for people; null is every language. */
export function languageWords(language: string | null): string {
  return language === null ? t('prompt_neutral') : languageName(language, currentLang());
}

/** `3.2 s`, `1:04`. */
export function lengthWords(ms: number): string {
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`;
  return `${(ms / 1000).toFixed(1)} ${t('unit_s')}`;
}

/** What is wrong with the sound, or that nothing is. */
export function faultWords(problems: PromptFault[]): string {
  if (problems.length === 0) return t('prompt_fine');
  const words = listIn(currentLang(), problems.map((p) => word('prompt_fault', p)));
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What the engine tells of a file without any sound, in dB below full scale. */
const SILENCE = -96;

/** The level in words: `−21 dB, peak −6 dB`. */
export function levelWords(r: { level_dbfs: number | null; peak_dbfs: number | null }): string {
  if (r.level_dbfs == null || r.level_dbfs <= SILENCE) return t('prompt_silent');
  const db = (n: number): string => `${n < 0 ? '−' : ''}${Math.abs(Math.round(n))} dB`;
  return r.peak_dbfs == null ? db(r.level_dbfs) : t('prompt_level', { level: db(r.level_dbfs), peak: db(r.peak_dbfs) });
}
