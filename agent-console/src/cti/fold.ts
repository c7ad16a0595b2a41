/** The desk as a fold of what the server said. Pure. */
import type { Floor, InteractionCard, NumberedEvent, OfferCard, ServerMessage, Snapshot, StateChange, Welcome } from './types';

/** A contact that was offered and not taken. */
export interface Missed {
  contact: string;
  name: string;
  number: string;
  queue: string | null;
  at: number;
  result: string;
}

/** All that the console knows from the CTI WebSocket. */
export interface DeskModel {
  /** The sequence that `seq` belongs to. */
  session: string | null;
  seq: number;
  login: string | null;
  agent: { id: string; name: string } | null;
  role: string | null;
  server: string | null;
  state: StateChange | null;
  reachable: boolean;
  offer: OfferCard | null;
  interaction: InteractionCard | null;
  missed: Missed[];
  floor: Floor | null;
}

/** The desk of somebody of whom nothing is known yet. */
export const EMPTY: DeskModel = {
  session: null, seq: 0, login: null, agent: null, role: null, server: null, state: null, reachable: false,
  offer: null, interaction: null, missed: [], floor: null,
};

/** Results of offers that count as missed by the agent. */
const MISSED = new Set(['declined', 'busy', 'no_answer', 'unreachable', 'customer_left']);
const MISSED_KEPT = 20;

function welcomed(desk: DeskModel, message: Welcome): DeskModel {
  return {
    ...desk, session: message.session, login: message.user.login, role: message.user.role, server: message.server,
    agent: message.agent ?? null, seq: message.resumed ? desk.seq : message.seq,
  };
}

function snapshot(desk: DeskModel, message: Snapshot): DeskModel {
  const own = message.desk ?? null;
  return {
    ...desk, seq: message.seq, state: own?.state ?? null, reachable: own?.reachable ?? false, offer: own?.offer ?? null,
    interaction: own?.interaction ?? null, floor: message.floor ?? null,
  };
}

function offerEnded(desk: DeskModel, event: NumberedEvent & { event: { type: 'offer_ended' } }): DeskModel {
  const offer = desk.offer;
  if (!offer || offer.offer !== event.event.offer) return desk;
  if (!MISSED.has(event.event.result)) return { ...desk, offer: null };
  const missed: Missed = {
    contact: offer.contact, name: offer.pop.customer?.name || offer.pop.caller_name || '', number: offer.pop.ani,
    queue: offer.pop.queue?.name ?? null, at: event.at, result: event.event.result,
  };
  return { ...desk, offer: null, missed: [missed, ...desk.missed].slice(0, MISSED_KEPT) };
}

/** An interaction that only connects may still be ringing: its offer stands until it ends or the two parties talk. */
function interactionMoved(desk: DeskModel, event: InteractionCard): DeskModel {
  const taken = event.phase !== 'connecting' && desk.offer?.contact === event.contact;
  const over = event.phase === 'ended';
  const mine = desk.interaction === null || desk.interaction.interaction === event.interaction;
  return { ...desk, offer: taken ? null : desk.offer, interaction: over ? (mine ? null : desk.interaction) : event };
}

function happened(desk: DeskModel, message: NumberedEvent): DeskModel {
  if (message.seq <= desk.seq) return desk;
  const next = { ...desk, seq: message.seq };
  const event = message.event;
  if (event.type === 'floor') return { ...next, floor: event };
  if (message.agent !== desk.agent?.id) return next;
  switch (event.type) {
    case 'agent_state':
      return { ...next, state: event };
    case 'phone':
      return { ...next, reachable: event.reachable };
    case 'offered':
      return { ...next, offer: event };
    case 'offer_ended':
      return offerEnded(next, { ...message, event });
    case 'interaction':
      return interactionMoved(next, event);
    case 'pop_changed': {
      const pop = event.pop;
      const offer = next.offer?.contact === pop.contact ? { ...next.offer, pop } : next.offer;
      const interaction = next.interaction?.contact === pop.contact ? { ...next.interaction, pop } : next.interaction;
      return { ...next, offer, interaction };
    }
    default:
      return next;
  }
}

/** The desk after one more message. Messages that are no news leave it the same object. */
export function fold(desk: DeskModel, message: ServerMessage): DeskModel {
  switch (message.type) {
    case 'welcome':
      return welcomed(desk, message);
    case 'snapshot':
      return snapshot(desk, message);
    case 'event':
      return happened(desk, message);
    default:
      return desk;
  }
}
