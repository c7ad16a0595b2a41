/** A leg of a contact as a line: who was on it and how it sounded. */
import { t, word } from '../../i18n/index.svelte';
import { jitterMs, lostPercent, mos, type Heard } from '../../lib/quality';
import { agentName } from '../desk/names';

/** Who is on a leg: an agent's name, or what the party is to the call. */
export const partyOf = (leg: Heard): string => (leg.agent ? agentName(leg.agent) : word('party', leg.role));

/** `MOS 4.3, 0.2 % lost, jitter 3 ms`. */
export const soundOf = (leg: Heard): string =>
  leg.mos_hundredths == null ? t('leg_not_heard') : t('leg_sound', { mos: mos(leg.mos_hundredths), lost: lostPercent(leg.lost_permille), jitter: jitterMs(leg.jitter_mean_us) });
