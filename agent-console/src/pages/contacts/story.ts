/** What an event of a contact says to a person. */
import type { Contact, ContactDetail, ContactEvent } from '../../api/types';
import { t, word, type Key } from '../../i18n/index.svelte';
import { clock, hourMinute, shortDay, span } from '../../lib/format';
import { currentLang } from '../../i18n/index.svelte';
import { phoneNumber } from '../../lib/number';
import type { Heard } from '../../lib/quality';
import type { Family } from '../../lib/states';
import type { IconName } from '../../ui/icons';
import { agentName, callerNumber, dispositionLabel, nodeName, queueName, whyLines } from '../desk/names';
import type { Reason } from './decisions';
import { partyOf, soundOf } from './legs';

/** One row of the story. */
export interface Says {
  icon: IconName;
  family: Family;
  title: string;
  detail: string;
  group: 'call' | 'routing';
}

type Fields = Record<string, unknown>;
const text = (fields: Fields, name: string): string => (fields[name] == null ? '' : String(fields[name]));

const CHANNELS: Record<string, IconName> = { voice: 'phone', callback: 'phone-outgoing', voicemail: 'voicemail' };

/** The icon of a channel. */
export function channelIcon(channel: string): IconName {
  return CHANNELS[channel] ?? 'activity';
}

const LOOKS: Record<string, [IconName, Family, Says['group']]> = {
  started: ['phone-incoming', 'n', 'call'], customer_identified: ['search', 'n', 'routing'], flow_started: ['list-tree', 'n', 'routing'],
  node_entered: ['chevron-right', 'n', 'routing'], digits_collected: ['hash', 'n', 'routing'], queued: ['users', 'n', 'routing'],
  offered: ['circle-check', 'g', 'routing'], ringing: ['bell', 'c', 'call'], offer_ended: ['phone-missed', 'n', 'routing'],
  connected: ['phone', 'b', 'call'], held: ['circle-pause', 'a', 'call'], resumed: ['play', 'b', 'call'],
  consult_started: ['users', 'a', 'call'], consult_offered: ['bell', 'c', 'call'], consult_answered: ['user', 'a', 'call'],
  conference_started: ['users', 'b', 'call'], consult_ended: ['users', 'n', 'call'],
  monitored: ['ear', 'c', 'call'], monitor_ended: ['ear', 'n', 'call'],
  recording_paused: ['circle-pause', 'r', 'call'], recording_resumed: ['circle-dot', 'r', 'call'],
  secure_entry_started: ['lock', 'c', 'call'], secure_entry_ended: ['lock-open', 'n', 'call'],
  comment_started: ['mic', 'b', 'call'],
  masking_started: ['lock', 'r', 'call'], masking_ended: ['lock-open', 'n', 'call'],
  transferred: ['phone-forwarded', 'n', 'call'], recording_started: ['circle-dot', 'r', 'call'], recording_finished: ['circle-dot', 'n', 'call'],
  customer_left: ['phone-off', 'n', 'call'], interaction_ended: ['pencil-line', 'v', 'call'], notes_saved: ['pencil', 'n', 'call'],
  overflowed: ['arrow-right', 'a', 'routing'], queue_left: ['arrow-right', 'a', 'routing'], reprioritised: ['list-ordered', 'n', 'routing'],
  announced: ['list-ordered', 'n', 'routing'], queue_key: ['hash', 'n', 'routing'], queue_resumed: ['users', 'n', 'routing'],
  callback_booked: ['phone-outgoing', 'c', 'routing'], callback_requested: ['phone-outgoing', 'n', 'routing'], callback_dialled: ['phone-outgoing', 'c', 'call'],
  callback_missed: ['phone-missed', 'a', 'call'], callback_suspended: ['circle-pause', 'a', 'routing'], callback_cancelled: ['circle-x', 'n', 'routing'],
  restored: ['refresh-cw', 'n', 'routing'], voicemail_left: ['voicemail', 'c', 'routing'], voicemail_requested: ['voicemail', 'n', 'routing'],
  survey_started: ['star', 'n', 'routing'], survey_answered: ['star', 'b', 'call'],
  disposition_set: ['check', 'n', 'call'], wrap_up_ended: ['check', 'v', 'call'], closed: ['flag', 'n', 'call'], leg_quality: ['activity', 'n', 'call'],
};

/** The rule, the chosen agent's figure, and how many were passed over. */
function chosenLines(f: Fields): string[] {
  const passed = (f['decision'] as Reason | null | undefined)?.passed_over.length ?? 0;
  return [...whyLines(text(f, 'why')), passed > 0 ? t('passed_over', { n: passed }) : ''];
}

/** The figures of a leg as its event keeps them. */
function heard(f: Fields): Heard {
  const number = (name: string): number => Number(f[name] ?? 0);
  const expected = number('received') + number('lost');
  const mos = f['mos_hundredths'];
  return { role: text(f, 'role'), agent: text(f, 'agent') || null, mos_hundredths: mos == null ? null : Number(mos), lost_permille: expected > 0 ? Math.floor((number('lost') * 1000) / expected) : 0, jitter_mean_us: number('jitter_mean_us') };
}

/** To whom: a queue, an agent or a number. */
const target = (f: Fields): string => text(f, 'to').replace(/^queue:(.*)/, (_, id: string) => queueName(id)).replace(/^agent:(.*)/, (_, id: string) => agentName(id)).replace(/^number$/, t('number'));

/** The place and the wait that a waiting caller was told. */
function toldOfTheWait(f: Fields): string {
  const place = f['position'] == null ? '' : t('told_place', { n: text(f, 'position') });
  const wait = f['wait_s'] == null ? '' : t('told_wait', { time: span(Number(f['wait_s']) * 1000, currentLang()) });
  return [place, wait].filter(Boolean).join(' · ');
}

/** Whom to call back, how long the customer had waited by then, for when, and by whom. */
function wantedBack(f: Fields): string {
  const waited = Number(f['age_ms'] ?? 0);
  const at = f['at_us'] == null ? null : Number(f['at_us']) / 1_000;
  return [
    phoneNumber(text(f, 'number')), queueName(text(f, 'queue')), waited >= 1_000 ? t('story_waited_before', { time: clock(waited, currentLang()) }) : '',
    at === null ? '' : t('story_for_time', { at: `${shortDay(at, currentLang())} ${hourMinute(at, currentLang())}` }), agentName(text(f, 'agent')),
  ].filter(Boolean).join(' · ');
}

function missedBack(f: Fields): string {
  const attempt = Number(f['attempt'] ?? 0);
  const again = f['again_ms'] == null ? t('story_not_again') : t('story_again_in', { time: span(Number(f['again_ms']), currentLang()) });
  return [attempt > 0 ? t('callback_attempt', { n: attempt }) : '', word('cause', text(f, 'cause')), again].filter(Boolean).join(' · ');
}

const DETAILS: Record<string, (f: Fields) => string> = {
  started: (f) => [text(f, 'trunk'), text(f, 'channel') === 'callback' ? phoneNumber(text(f, 'dnis')) : `${callerNumber(text(f, 'ani'))} → ${phoneNumber(text(f, 'dnis'))}`].filter(Boolean).join(' · '),
  customer_identified: (f) => text(f, 'customer_name') || text(f, 'customer'),
  flow_started: (f) => [text(f, 'flow'), text(f, 'language')].filter(Boolean).join(' · '),
  node_entered: (f) => nodeName(text(f, 'node')),
  digits_collected: (f) => `${text(f, 'digits')} · ${nodeName(text(f, 'node'))}`,
  queued: (f) => [queueName(text(f, 'queue')), t('priority_n', { n: text(f, 'priority') || 0 })].join(' · '),
  offered: (f) => [agentName(text(f, 'agent')), ...chosenLines(f)].filter(Boolean).join(' · '),
  ringing: (f) => agentName(text(f, 'agent')),
  offer_ended: (f) => [agentName(text(f, 'agent')), word('offer', text(f, 'result'))].join(' · '),
  connected: (f) => agentName(text(f, 'agent')),
  transferred: target,
  consult_started: target,
  consult_offered: (f) => [agentName(text(f, 'agent')), t('asks_for_help', { name: agentName(text(f, 'by')) })].join(' · '),
  consult_answered: (f) => agentName(text(f, 'agent')),
  consult_ended: (f) => word('consult', text(f, 'result')),
  monitored: (f) => [agentName(text(f, 'agent')), word('monitor', text(f, 'mode'))].join(' · '),
  monitor_ended: (f) => agentName(text(f, 'agent')),
  recording_paused: (f) => agentName(text(f, 'agent')),
  recording_resumed: (f) => agentName(text(f, 'agent')),
  secure_entry_started: (f) => text(f, 'flow'),
  secure_entry_ended: (f) => t(f['done'] === true ? 'secure_entry_done' : 'secure_entry_failed'),
  masking_started: (f) => t(f['recording'] == null ? 'story_masked' : 'story_masked_recording'),
  comment_started: (f) => nodeName(text(f, 'node')),
  recording_finished: (f) => [span(Number(f['duration_ms'] ?? 0), currentLang()), `SHA-256 ${text(f, 'sha256').slice(0, 12)}…`].join(' · '),
  customer_left: (f) => [word('ended_by', text(f, 'by')), word('cause', text(f, 'cause'))].join(' · '),
  interaction_ended: (f) => agentName(text(f, 'agent')),
  notes_saved: (f) => text(f, 'text'),
  overflowed: (f) => `${queueName(text(f, 'from'))} → ${queueName(text(f, 'to'))} · ${word('exit', text(f, 'reason'))}`,
  queue_left: (f) => [queueName(text(f, 'queue')), word('exit', text(f, 'reason'))].join(' · '),
  announced: toldOfTheWait,
  queue_key: (f) => `${text(f, 'digit')} → ${nodeName(text(f, 'node'))}`,
  queue_resumed: (f) => queueName(text(f, 'queue')),
  callback_booked: (f) => queueName(text(f, 'queue')),
  callback_requested: wantedBack,
  callback_dialled: (f) => t('callback_attempt', { n: text(f, 'attempt') }),
  callback_missed: missedBack,
  callback_suspended: () => t('story_elsewhere'),
  callback_cancelled: (f) => word('callback_why', text(f, 'why')),
  restored: () => t('story_restarted'),
  voicemail_left: (f) => queueName(text(f, 'queue')),
  voicemail_requested: (f) => [queueName(text(f, 'queue')), t('priority_n', { n: text(f, 'priority') || 0 })].join(' · '),
  reprioritised: (f) => (f['priority'] == null ? '' : t('priority_n', { n: text(f, 'priority') })),
  survey_started: (f) => text(f, 'flow'),
  survey_answered: (f) => [`${text(f, 'question')}: ${text(f, 'answer')}`, text(f, 'agent') ? agentName(text(f, 'agent')) : ''].filter(Boolean).join(' · '),
  disposition_set: (f) => [dispositionLabel(text(f, 'code')), text(f, 'by') === 'timeout' ? t('by_timeout') : ''].filter(Boolean).join(' · '),
  wrap_up_ended: (f) => agentName(text(f, 'agent')),
  leg_quality: (f) => `${partyOf(heard(f))}: ${soundOf(heard(f))}`,
  closed: (f) => [word('outcome', text(f, 'outcome')), word('ended_by', text(f, 'by'))].filter(Boolean).join(' · '),
};

/** The number to call the customer at: who called, or whom an agent dialled; empty when it was withheld. */
export function customerNumber(detail: ContactDetail): string {
  const started = detail.events.find((e) => e.kind === 'started')?.fields as Fields | undefined;
  return started?.['dialled_by'] == null ? detail.contact.ani : detail.contact.dnis;
}

/** Channels whose contacts do not begin with a call that arrives. */
const BEGUN_OTHERWISE = new Set(['callback', 'voicemail']);

/** Events of a message whose words for a call would be wrong: nobody is on the line. */
const OF_MESSAGE: Record<string, [IconName, Family, Key]> = {
  connected: ['headphones', 'b', 'event_message_taken'], customer_left: ['check', 'n', 'event_message_done'],
};

/** The words for an event; an event of a later version shows its own word. */
export function describe(event: ContactEvent, contact: Contact): Says {
  const [icon, family, group] = LOOKS[event.kind] ?? (['circle-dot', 'n', 'call'] as const);
  const fields: Fields = { ...(event.fields as Fields), customer_name: contact.customer_name ?? '' };
  if (contact.channel === 'voicemail') {
    const [sign, colour, key] = OF_MESSAGE[event.kind] ?? [];
    if (sign && colour && key) return { icon: sign, family: colour, group, title: t(key), detail: event.kind === 'connected' ? agentName(text(fields, 'agent')) : '' };
  }
  const channel = event.kind === 'started' && BEGUN_OTHERWISE.has(text(fields, 'channel')) ? text(fields, 'channel') : null;
  const kind = channel ? `started_${channel}` : event.kind;
  const title = word('event', kind) as Key | string;
  return { icon: channel ? channelIcon(channel) : icon, family, group, title, detail: DETAILS[event.kind]?.(fields) ?? '' };
}
