/** Refusals of the API on the pages of administrators. */
import { ApiError } from '../../api/client';
import { currentLang } from '../../i18n/index.svelte';
import { problemText } from '../desk/names';

/** Why something was refused, in words. The engine's own sentence names files, flows and limits, so it is always told. */
export function whyOf(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  const known = problemText(error.code, '');
  if (known === '' || (currentLang() === 'en' && error.status !== 0)) return error.message;
  const more = error.body['detail'];
  return typeof more === 'string' && currentLang() !== 'en' ? `${known} ${more}` : known;
}
