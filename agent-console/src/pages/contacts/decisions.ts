/** The offers of a contact with their reasons, and what its time in line was made of. Pure. */
import type { Exclusion } from '../../lib/why';

interface Timed {
  kind: string;
  at: number;
  fields: unknown;
}

/** An agent with the rule's figure. */
export interface Candidate {
  agent: string;
  figure: number;
}

/** Why an offer was made, as its event stores it. */
export interface Reason {
  score: number;
  ring: number;
  rule: string;
  candidates: Candidate[];
  passed_over: ({ agent: string } & Exclusion)[];
}

/** One offer of the past. */
export interface Decision {
  at: number;
  offer: string;
  agent: string;
  queue: string;
  /** How it ended; `null` while it rings. */
  result: string | null;
  line: string;
  /** `null` for events of an older version. */
  reason: Reason | null;
}

type Fields = Record<string, unknown>;
const fieldsOf = (event: Timed): Fields => (event.fields ?? {}) as Fields;
const text = (fields: Fields, name: string): string => (fields[name] == null ? '' : String(fields[name]));

/** Every offer in order. An offer is answered when its agent is connected before it ended otherwise. */
export function decisionsOf(events: Timed[]): Decision[] {
  const out: Decision[] = [];
  for (const event of events) {
    const f = fieldsOf(event);
    if (event.kind === 'offered') {
      const reason = (f['decision'] ?? null) as Reason | null;
      out.push({ at: event.at, offer: text(f, 'offer'), agent: text(f, 'agent'), queue: text(f, 'queue'), result: null, line: text(f, 'why'), reason });
    } else if (event.kind === 'offer_ended') {
      const ended = out.findLast((d) => d.offer === text(f, 'offer'));
      if (ended) ended.result = text(f, 'result');
    } else if (event.kind === 'connected') {
      const taken = out.findLast((d) => d.agent === text(f, 'agent') && d.result === null);
      if (taken) taken.result = 'answered';
    }
  }
  return out;
}

/** A stretch of the wait: in line for a queue, or ringing at agents. */
export interface Step {
  kind: 'line' | 'ring';
  from: number;
  to: number;
  queue: string;
  agents: string[];
  /** How the ringing ended. */
  result: string | null;
}

/** Collects the steps of a wait as the events go by. */
class Wait {
  readonly steps: Step[] = [];
  private open: Step | null = null;
  private ringing = new Set<string>();
  private queue = '';

  inLine(at: number, queue: string): void {
    this.close(at, null);
    this.queue = queue;
    this.open = { kind: 'line', from: at, to: at, queue, agents: [], result: null };
  }

  rings(at: number, offer: string, agent: string): void {
    if (this.open?.kind !== 'ring') {
      this.close(at, null);
      this.open = { kind: 'ring', from: at, to: at, queue: this.queue, agents: [], result: null };
    }
    this.ringing.add(offer);
    this.open.agents.push(agent);
  }

  /** An offer ended; when it was the last that rang, the contact is in line again. */
  failed(at: number, offer: string, result: string): void {
    if (!this.ringing.delete(offer) || this.ringing.size > 0 || !this.open) return;
    this.open.result = result;
    if (result !== 'answered' && result !== 'customer_left') this.inLine(at, this.queue);
  }

  close(at: number, result: string | null): void {
    if (this.open) this.steps.push({ ...this.open, to: at, result: result ?? this.open.result });
    this.open = null;
    this.ringing.clear();
  }
}

/**
 * What the time in line was made of, up to the end of the last wait; up to `now` while it lasts. Stretches without length
 * are left out.
 */
export function stepsOf(events: Timed[], now?: number): Step[] {
  const wait = new Wait();
  for (const event of events) {
    const f = fieldsOf(event);
    switch (event.kind) {
      case 'queued':
        wait.inLine(event.at, text(f, 'queue'));
        break;
      case 'overflowed':
        wait.inLine(event.at, text(f, 'to'));
        break;
      case 'offered':
        wait.rings(event.at, text(f, 'offer'), text(f, 'agent'));
        break;
      case 'offer_ended':
        wait.failed(event.at, text(f, 'offer'), text(f, 'result'));
        break;
      case 'connected':
        wait.close(event.at, 'answered');
        break;
      case 'callback_booked':
      case 'voicemail_left':
      case 'callback_missed':
      case 'callback_suspended':
      case 'callback_cancelled':
      case 'restored':
      case 'queue_left':
      case 'customer_left':
      case 'closed':
        wait.close(event.at, null);
        break;
    }
  }
  if (now !== undefined) wait.close(now, null);
  return wait.steps.filter((s) => s.to > s.from);
}
