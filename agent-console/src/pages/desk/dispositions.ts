/** Which dispositions a contact may get. Pure. */
import type { Disposition } from '../../api/types';

/** Those that the queue offers; one without queues belongs to all. */
export function choices(all: Disposition[], queue: string | null): Disposition[] {
  return all.filter((d) => d.queues.length === 0 || (queue !== null && d.queues.includes(queue)));
}

/** Those whose label or code holds the text, in any language. */
export function matching(list: Disposition[], text: string): Disposition[] {
  const wanted = text.trim().toLocaleLowerCase();
  if (!wanted) return list;
  return list.filter((d) => [d.code, ...Object.values(d.labels)].some((label) => label.toLocaleLowerCase().includes(wanted)));
}
