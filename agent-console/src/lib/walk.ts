/** What a caller typed by hand may do at each point of a walk through a flow. Pure. */

/** A walk has so many steps at most. */
export const STEPS_MOST = 200;

const KEYED = ['silence'];
const WORDS: Record<string, readonly string[]> = {
  lookup: ['found', 'unknown', 'silence'],
  queue: ['agent', 'full', 'timeout', 'no_agents', 'closed', 'overflow'],
  transfer: ['answered', 'failed'],
  over: [],
};

/** The words besides keys that mean something to what the walk waits for. */
export function wordsFor(waitsFor: string): readonly string[] {
  return WORDS[waitsFor] ?? KEYED;
}

/** A moment as a field for local times takes it: `2026-03-02T10:00`. */
export function localMinute(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
