/** Orders and gaps of the supervisor's floor. Pure. */
import type { FloorAgent, FloorQueue } from '../cti/types';
import { doing, verdict, type Doing } from './states';

/** Points below the goal; 0 on goal or when nothing was counted. */
export function pointsBelow(queue: FloorQueue): number {
  const level = queue.service_level.permille;
  return level == null ? 0 : Math.max(0, Math.round(queue.goal.share_percent - level / 10));
}

const RANK = { below: 0, near: 1, on: 2, none: 3 } as const;

/** Worst first: below goal by the gap, then near, on, and those without figures; more waiting before fewer. */
export function worstFirst(queues: FloorQueue[]): FloorQueue[] {
  const rank = (q: FloorQueue): number => RANK[verdict(q.service_level.permille, q.goal.share_percent)];
  return queues.toSorted((a, b) => rank(a) - rank(b) || pointsBelow(b) - pointsBelow(a) || b.waiting - a.waiting || a.name.localeCompare(b.name));
}

/** How long a new order must have lasted before the tiles change places. */
export const HYSTERESIS = 30_000;

/** Keeps tiles in place until another order has lasted for `HYSTERESIS`. */
export class SteadyOrder {
  private shown: string[] = [];
  private wanted: string[] = [];
  private since = 0;

  /** The order to show at `now` when `ids` is the order that the figures ask for. */
  order(ids: string[], now: number): string[] {
    const same = ids.length === this.shown.length && ids.every((id) => this.shown.includes(id));
    if (ids.join() !== this.wanted.join()) {
      this.wanted = ids;
      this.since = now;
    }
    if (!same || now - this.since >= HYSTERESIS) this.shown = ids;
    return this.shown;
  }
}

const ATTENTION: Record<Doing, number> = {
  held: 0, ringing: 1, connecting: 1, consulting: 2, conference: 2, talking: 2, wrap_up: 3, ready: 4, not_ready: 5, logged_out: 6,
};

/** What an agent on the floor does. */
export function doingOf(agent: FloorAgent): Doing {
  return doing(agent.state, agent.phase);
}

/** Those who need attention first: held, ringing, longest talking, wrap-up, ready, not ready, signed out. */
export function attentionFirst(agents: FloorAgent[]): FloorAgent[] {
  return agents.toSorted((a, b) => ATTENTION[doingOf(a)] - ATTENTION[doingOf(b)] || a.since_at - b.since_at);
}

/** The groups of the filter above the table. */
export type Group = 'all' | 'ready' | 'busy' | 'wrap_up' | 'not_ready' | 'logged_out';

/** The group that an agent belongs to. */
export function groupOf(agent: FloorAgent): Exclude<Group, 'all'> {
  const what = doingOf(agent);
  return what === 'ready' || what === 'wrap_up' || what === 'not_ready' || what === 'logged_out' ? what : 'busy';
}
