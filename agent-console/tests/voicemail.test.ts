import { describe, expect, it } from 'vitest';
import type { Contact } from '../src/api/types';
import type { Pop, WaitingContact } from '../src/cti/types';
import { isOpen, isVoicemail, messageLinks, messageLook, voicemailRows } from '../src/lib/voicemail';
import { stepsOf } from '../src/pages/contacts/decisions';

const contact = (id: string, started_at: number, extra: Partial<Contact> = {}): Contact => ({
  id, channel: 'voicemail', ani: '+49301', dnis: '8000', customer: null, customer_name: null, queue: 'billing', agent: null, outcome: null, ended_by: null, path: [],
  disposition: null, notes: '', recording: null, events: 1, started_at, ended_at: null, closed_at: null, wait_ms: 0, ring_ms: 0, talk_ms: 0, hold_ms: 0, wrap_up_ms: 0, ...extra,
}) as Contact;
const waits = (id: string, since_at: number, extra: Partial<WaitingContact> = {}): WaitingContact => ({
  contact: id, queue: { id: 'billing', name: 'Billing' }, channel: 'voicemail', customer: 'Ana', since_at, offered: false, ...extra,
});

describe('a message', () => {
  it('is known by its channel, and nobody talks in it', () => {
    expect([isVoicemail({ channel: 'voicemail' } as Pop), isVoicemail({ channel: 'voice' } as Pop), isVoicemail(null)]).toEqual([true, false, false]);
    expect(['ringing', 'connecting', 'talking', 'wrap_up', 'ready'].map((d) => messageLook(d as 'ready').key)).toEqual(['voicemail_offered', 'voicemail_offered', 'voicemail_in_hand', 'state_wrap_up', 'state_ready']);
  });

  it('leads to the call in which it was left, and back', () => {
    expect(messageLinks([{ kind: 'voicemail_requested', fields: { from: 'call' } }])).toEqual({ call: 'call', message: null });
    expect(messageLinks([{ kind: 'voicemail_left', fields: { voicemail: 'vm' } }])).toEqual({ call: null, message: 'vm' });
    expect(messageLinks([{ kind: 'voicemail_requested', fields: null }])).toEqual({ call: null, message: null });
  });

  it('ends the wait of the call in which it is left', () => {
    expect(stepsOf([{ kind: 'queued', at: 0, fields: { queue: 'q' } }, { kind: 'voicemail_left', at: 40, fields: {} }, { kind: 'closed', at: 90, fields: {} }]).map((s) => s.to - s.from)).toEqual([40]);
  });
});

describe('the list of messages', () => {
  it('has those first that nobody has heard, the longest before the shortest', () => {
    const rows = voicemailRows([contact('done', 50, { outcome: 'answered', agent: 'li' }), contact('new', 40), contact('call', 30, { channel: 'voice' }), contact('older', 20), contact('lost', 10, { outcome: 'system' })], []);
    expect(rows.map((r) => [r.contact, r.state])).toEqual([['older', 'waiting'], ['new', 'waiting'], ['done', 'heard'], ['lost', 'lost']]);
    expect(rows.filter(isOpen).map((r) => r.contact)).toEqual(['older', 'new']);
  });

  it('says how far each is', () => {
    const states = voicemailRows(
      [contact('a', 1, { queue: null }), contact('b', 2), contact('c', 3, { agent: 'li' }), contact('d', 4, { agent: 'li', ended_at: 9 }), contact('e', 5, { agent: 'li' })],
      [waits('b', 2, { offered: true }), waits('e', 5)],
    );
    expect(Object.fromEntries(states.map((r) => [r.contact, r.state]))).toEqual({ a: 'spoken', b: 'offered', c: 'in_hand', d: 'heard', e: 'waiting' });
  });

  it('leaves out those in which nothing was said, and has those in line that are older than the history that was read', () => {
    const rows = voicemailRows([contact('empty', 30, { outcome: 'cancelled' }), contact('b', 20)], [waits('old', 5), waits('call', 6, { channel: 'voice' }), waits('empty', 30)]);
    expect(rows.map((r) => [r.contact, r.number])).toEqual([['old', null], ['b', '+49301']]);
  });
});
