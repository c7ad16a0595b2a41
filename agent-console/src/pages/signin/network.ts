/** How far the engine is. */
import { api } from '../../api/client';
import { syncClock } from '../../lib/clock.svelte';

/** The best of three round trips. */
export interface Network {
  ok: boolean;
  ms: number;
}

/** Measures; never throws. */
export async function measure(): Promise<Network> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i += 1) {
    const sent = Date.now();
    const begun = performance.now();
    try {
      const config = await api.publicConfig();
      best = Math.min(best, performance.now() - begun);
      syncClock(config.server_time_ms, sent);
    } catch {
      return { ok: false, ms: 0 };
    }
  }
  return { ok: true, ms: Math.max(1, Math.round(best)) };
}
