/** Milliseconds before attempt number `attempt` (from 0): half a second, doubling to ten, spread by a fifth. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(10_000, 500 * 2 ** Math.min(attempt, 10));
  return Math.round(base * (0.8 + 0.4 * random()));
}
