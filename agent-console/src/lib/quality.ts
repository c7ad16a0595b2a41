/** How the legs of a call sound, in the words of the floor. Pure. */

/** What both the history and the floor know of a leg. */
export interface Heard {
  role: string;
  agent?: string | null;
  mos_hundredths?: number | null;
  lost_permille: number;
  jitter_mean_us: number;
}

/** Below this mean opinion score (ITU-T G.107) many people complain. */
const POOR = 350;
/** Below this one nearly all do. */
const BAD = 260;

/** `4.3`, or `–` where nothing was heard. */
export const mos = (hundredths: number | null | undefined): string => (hundredths == null ? '–' : (hundredths / 100).toFixed(1));

/** `0.2`: percent with one digit. */
export const lostPercent = (permille: number): string => (permille / 10).toFixed(permille >= 100 ? 0 : 1);

/** Whole milliseconds. */
export const jitterMs = (us: number): number => Math.round(us / 1000);

/** The leg that sounds worst, if it sounds so bad that somebody should look. */
export function poorest<T extends Heard>(legs: readonly T[]): T | null {
  const poor = legs.filter((leg) => leg.mos_hundredths != null && leg.mos_hundredths < POOR);
  return poor.toSorted((a, b) => (a.mos_hundredths ?? 0) - (b.mos_hundredths ?? 0))[0] ?? null;
}

/** Amber for a poor leg, red for a bad one. */
export const alarm = (leg: Heard): 'a' | 'r' => ((leg.mos_hundredths ?? POOR) < BAD ? 'r' : 'a');
