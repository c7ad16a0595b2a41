/** Prompts as a list that one can look through. Pure. */
import type { Prompt, PromptFault, PromptList, PromptRecording } from '../api/authoring';

/** Which prompts are shown. */
export type PromptFilter = 'all' | 'faulty' | 'missing' | 'unused';

/** A prompt with the languages in which flows say it but nobody recorded it. */
export interface PromptRow extends Prompt {
  missing: string[];
}

/** All prompts, those included that are only missing: what flows say first, then the pieces of numbers and dates and the like. */
export function promptRows(list: PromptList): PromptRow[] {
  const rows = new Map<string, PromptRow>(list.prompts.map((p) => [p.id, { ...p, missing: [] }]));
  for (const { id, language, flow } of list.missing) {
    const row = rows.get(id) ?? { id, languages: [], used_by: [], missing: [] };
    if (!row.missing.includes(language)) row.missing = [...row.missing, language];
    if (!row.used_by.includes(flow)) row.used_by = [...row.used_by, flow];
    rows.set(id, row);
  }
  const unused = (row: PromptRow): number => Number(isUnused(row));
  return [...rows.values()].sort((a, b) => unused(a) - unused(b) || a.id.localeCompare(b.id, 'en', { numeric: true }));
}

/** Whether nobody plays it: no flow, and no schedule that is closed with it. */
export function isUnused(row: Prompt): boolean {
  return row.used_by.length === 0 && (row.closings ?? []).length === 0;
}

/** Whether a prompt has a recording with something wrong. */
export function isFaulty(row: Prompt): boolean {
  return row.languages.some((r) => r.problems.length > 0);
}

function passes(row: PromptRow, filter: PromptFilter): boolean {
  switch (filter) {
    case 'faulty':
      return isFaulty(row);
    case 'missing':
      return row.missing.length > 0;
    case 'unused':
      return isUnused(row);
    default:
      return true;
  }
}

/** The prompts whose name, words or flows hold every word that is searched for. */
export function promptsMatching(rows: PromptRow[], search: string, filter: PromptFilter): PromptRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const text = [row.id, ...Object.values(row.text ?? {}), ...row.used_by].join(' ').toLowerCase();
    return passes(row, filter) && words.every((w) => text.includes(w));
  });
}

/** Every language of the list, the first of `first` first; recordings for all languages are not among them. */
export function promptLanguages(list: PromptList, first: string[]): string[] {
  const found = new Set([...list.prompts.flatMap((p) => p.languages.flatMap((r) => r.language ?? [])), ...list.missing.map((m) => m.language)]);
  const known = first.filter((l) => found.delete(l));
  return [...known, ...[...found].sort()];
}

/** The recording in a language; null stands for all languages. */
export function recordingIn(row: Prompt, language: string | null): PromptRecording | undefined {
  return row.languages.find((r) => (r.language ?? null) === language);
}

/** A leading dot would hide the file. */
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,30}$/;

/** Whether a text can be the name of a prompt. */
export function isPromptName(text: string): boolean {
  return NAME.test(text);
}

/** The quietest and the loudest level of the bar, in dB below full scale. */
const BAR = { from: -50, to: 0 };

/** A level as a share of the bar, 0 to 1. */
export function levelShare(dbfs: number | null): number {
  if (dbfs === null) return 0;
  return Math.max(0, Math.min(1, (dbfs - BAR.from) / (BAR.to - BAR.from)));
}

/** How bad a recording is: `r` is heard by everybody. */
export function faultFamily(problems: PromptFault[]): 'g' | 'a' | 'r' {
  return problems.includes('clipped') ? 'r' : problems.length > 0 ? 'a' : 'g';
}
