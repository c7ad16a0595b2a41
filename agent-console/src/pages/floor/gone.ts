/** What became of a contact that no longer waits. */
import type { Contact, WhyStory } from '../../api/types';
import { t, word } from '../../i18n/index.svelte';

/** One sentence about it; `over` is its row of the history, when that is known. */
export function goneWords(story: WhyStory, over: Contact | null): string {
  const last = story.decisions.at(-1);
  if (last?.result === 'answered') return t('gone_answered', { name: last.agent.name });
  if (last && last.result == null) return t('gone_ringing', { name: last.agent.name });
  if (over?.outcome === 'abandoned') return t('gone_abandoned');
  return over?.outcome ? t('gone_over', { outcome: word('outcome', over.outcome) }) : t('gone_flow');
}
