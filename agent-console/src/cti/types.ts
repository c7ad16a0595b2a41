/** Names for the generated types of the CTI WebSocket. */
import type {
  EventBody, Floor, InteractionCard, OfferCard, Pong, Pop, Problem, Reply, Snapshot, StateChange, TransferTo, Welcome, WishBody,
  ConsultCard, CustomerCard, FloorAgent, FloorCallback, FloorQueue, PastContact, WaitingContact, MonitorWord, OfferEnd, PhoneChange, PopChange,
} from '../generated/cti';

export type {
  ConsultCard, CustomerCard, Floor, FloorAgent, FloorCallback, FloorQueue, InteractionCard, MonitorWord, OfferCard, OfferEnd, PastContact, Pop, Problem, Reply,
  Snapshot, StateChange, TransferTo, WaitingContact, Welcome, WishBody, EventBody, PhoneChange, PopChange, Pong,
};

/** One event, whatever it is. */
export type DeskEvent =
  | ({ type: 'agent_state' } & StateChange)
  | ({ type: 'phone' } & PhoneChange)
  | ({ type: 'offered' } & OfferCard)
  | ({ type: 'pop_changed' } & PopChange)
  | ({ type: 'offer_ended' } & OfferEnd)
  | ({ type: 'interaction' } & InteractionCard)
  | ({ type: 'floor' } & Floor);

/** An event with its number. */
export interface NumberedEvent {
  seq: number;
  at: number;
  agent?: string | null;
  event: DeskEvent;
}

/** What the server sends. */
export type ServerMessage =
  | ({ type: 'welcome' } & Welcome)
  | ({ type: 'snapshot' } & Snapshot)
  | ({ type: 'event' } & NumberedEvent)
  | ({ type: 'reply' } & Reply)
  | ({ type: 'pong' } & Pong)
  | ({ type: 'error' } & Problem);
