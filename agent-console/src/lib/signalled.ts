/** What a caller's network sends beside the number, in words. Pure. */
import { wordIn } from '../i18n/say';
import type { Lang } from './format';

/** A private header field's name: `X-Order-Id` is `Order Id`. */
export function fieldName(name: string): string {
  return name.replace(/^x-/i, '').replace(/[-_]+/g, ' ');
}

/** Why a call was diverted (RFC 5806); words that nobody here knows are told as they came. */
export function diversionWords(lang: Lang, reason: string): string {
  return wordIn(lang, 'diverted', reason.replaceAll('-', '_'), reason);
}
