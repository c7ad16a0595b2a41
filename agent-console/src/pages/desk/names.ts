/** What people and things are called on the desk. */
import type { Contact } from '../../api/types';
import type { Pop } from '../../cti/types';
import { desk } from '../../desk.svelte';
import { labelOf, t, word } from '../../i18n/index.svelte';
import { phoneNumber } from '../../lib/number';

/** The customer's name, else the caller's name as signalled, else the number. */
export function nameOfPop(pop: Pop): string {
  return pop.customer?.name || pop.caller_name || phoneNumber(pop.outgoing ? pop.dnis : pop.ani) || t('number_withheld');
}

/** The number of the other side. */
export function numberOfPop(pop: Pop): string {
  return phoneNumber(pop.outgoing ? pop.dnis : pop.ani) || t('number_withheld');
}

/** The name in a row of the history. */
export function nameOfContact(contact: Contact): string {
  return contact.customer_name || phoneNumber(contact.ani) || t('number_withheld');
}

/** A queue's name. */
export function queueName(id: string | null | undefined): string {
  return desk.queues.find((q) => q.id === id)?.name ?? id ?? '';
}

/** An agent's name. */
export function agentName(id: string | null | undefined): string {
  return desk.agents.find((a) => a.id === id)?.name ?? id ?? '';
}

/** A disposition's label. */
export function dispositionLabel(code: string): string {
  const found = desk.dispositions.find((d) => d.code === code);
  return found ? labelOf(found.labels, code) : code;
}

/** A tier in the person's language; an unknown one as it is. */
export function tierName(tier: string): string {
  const known = word('tier', tier.toLowerCase());
  return known === tier.toLowerCase() ? tier : known;
}

/** A node of a flow as words: `main_menu` is `Main menu`. */
export function nodeName(node: string): string {
  const words = node.replace(/[_\-.]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
