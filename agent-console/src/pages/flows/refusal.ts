/** Refusals of the API on the pages of administrators. */
import type { FlowProblem } from '../../api/authoring';
import { ApiError } from '../../api/client';
import { currentLang } from '../../i18n/index.svelte';
import { flaws } from '../../i18n/zh-flaws';
import { problemText } from '../desk/names';

/** Why something was refused, in words. The engine's own sentence names files, flows and limits, so it is always told. */
export function whyOf(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  const known = problemText(error.code, '');
  if (known === '' || (currentLang() === 'en' && error.status !== 0)) return error.message;
  const more = error.body['detail'];
  return typeof more === 'string' && currentLang() !== 'en' ? `${known} ${more}` : known;
}

/** What is wrong with a text, in words: the engine's sentence, which names things, follows where it is not the person's language. */
export function flawOf(problem: FlowProblem): { what: string; more: string } {
  const known = currentLang() === 'zh' ? flaws[problem.code] : undefined;
  return known === undefined ? { what: problem.why, more: problem.hint ?? '' } : { what: known, more: [problem.why, problem.hint].filter(Boolean).join(' ') };
}
