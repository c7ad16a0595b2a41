/** How states look: icon, word and colour, never colour alone. Pure. */
import type { Key } from '../i18n/en';
import type { IconName } from '../ui/icons';

/** A family of state colours. `o` is outline only. */
export type Family = 'g' | 'b' | 'c' | 'v' | 'a' | 'r' | 'n' | 'o';

/** What a state looks like. */
export interface Look {
  icon: IconName;
  family: Family;
  key: Key;
}

/** The machine's words for what an agent does, the phase of the contact in hand included. */
export type Doing =
  | 'logged_out' | 'not_ready' | 'ready' | 'ringing' | 'connecting' | 'talking' | 'held' | 'consulting' | 'conference' | 'wrap_up';

const LOOKS: Record<Doing, Look> = {
  logged_out: { icon: 'log-out', family: 'o', key: 'state_logged_out' },
  not_ready: { icon: 'coffee', family: 'n', key: 'state_not_ready' },
  ready: { icon: 'circle-check', family: 'g', key: 'state_ready' },
  ringing: { icon: 'phone-incoming', family: 'c', key: 'state_ringing' },
  connecting: { icon: 'phone-incoming', family: 'c', key: 'state_connecting' },
  talking: { icon: 'phone', family: 'b', key: 'state_talking' },
  held: { icon: 'circle-pause', family: 'a', key: 'state_held' },
  consulting: { icon: 'user', family: 'a', key: 'state_consulting' },
  conference: { icon: 'users', family: 'b', key: 'state_conference' },
  wrap_up: { icon: 'pencil-line', family: 'v', key: 'state_wrap_up' },
};

/** The look of a state. */
export function look(doing: Doing): Look {
  return LOOKS[doing];
}

/** Phases of the contact in hand that say more than that the agent is busy. */
const PHASES = new Set(['held', 'connecting', 'consulting', 'conference', 'wrap_up']);

/** What an agent does, from the agent's state and the phase of the contact in hand. */
export function doing(state: string, phase: string | null | undefined): Doing {
  switch (state) {
    case 'ready':
    case 'not_ready':
    case 'logged_out':
      return state;
    case 'reserved':
      return 'ringing';
    case 'after_contact_work':
      return 'wrap_up';
    default:
      return PHASES.has(phase ?? '') ? (phase as Doing) : 'talking';
  }
}

const REASON_ICONS: Record<string, IconName> = {
  lunch: 'utensils', meal: 'utensils', training: 'graduation-cap', technical: 'wrench', rona: 'phone-missed',
  connection: 'wifi-off', device: 'headphones', meeting: 'users', admin: 'pencil-line', back_office: 'pencil-line',
};

/** The icon of a reason for being not ready. */
export function reasonIcon(code: string | null | undefined): IconName {
  return (code && REASON_ICONS[code]) || 'coffee';
}

/** How a service level stands to its goal. */
export type Verdict = 'on' | 'near' | 'below' | 'none';

/** The verdict: on goal, within ten points of it, below, or nothing counted. */
export function verdict(permille: number | null | undefined, sharePercent: number): Verdict {
  if (permille == null) return 'none';
  const gap = sharePercent * 10 - permille;
  return gap <= 0 ? 'on' : gap <= 100 ? 'near' : 'below';
}

/** Icon and family of a verdict. */
export const VERDICTS: Record<Verdict, { icon: IconName; family: Family }> = {
  on: { icon: 'circle-check', family: 'g' },
  near: { icon: 'circle-dot', family: 'a' },
  below: { icon: 'triangle-alert', family: 'r' },
  none: { icon: 'circle-dot', family: 'n' },
};
