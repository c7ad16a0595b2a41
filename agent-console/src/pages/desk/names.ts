/** What people and things are called on the desk. */
import type { Contact } from '../../api/types';
import type { Pop } from '../../cti/types';
import { desk } from '../../desk.svelte';
import { currentLang, labelOf, t, word } from '../../i18n/index.svelte';
import { span } from '../../lib/format';
import { phoneNumber } from '../../lib/number';
import { readWhy } from '../../lib/why';

/** SIP users that the engine makes for callers from the web page. */
const WEB_CALLER = /^web-[0-9a-z]+$/;

/** A number for reading; callers from the web page have none. */
export function callerNumber(raw: string): string {
  return WEB_CALLER.test(raw) ? t('web_page') : phoneNumber(raw) || t('number_withheld');
}

/** What a caller without a name is called. */
export function callerName(raw: string): string {
  return WEB_CALLER.test(raw) ? t('web_caller') : callerNumber(raw);
}

/** The customer's name, else the caller's name as signalled, else the number. */
export function nameOfPop(pop: Pop): string {
  return pop.customer?.name || pop.caller_name || callerName(pop.outgoing ? pop.dnis : pop.ani);
}

/** The number of the other side. */
export function numberOfPop(pop: Pop): string {
  return callerNumber(pop.outgoing ? pop.dnis : pop.ani);
}

/** The name in a row of the history. */
export function nameOfContact(contact: Contact): string {
  return contact.customer_name || callerName(contact.ani);
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

/** Why an agent was chosen, in short sentences. */
export function whyLines(line: string): string[] {
  const why = readWhy(line);
  if (!why) return line ? [line] : [];
  const lines = [word('rule', why.rule)];
  if (why.idle !== null) lines.push(t('why_idle', { time: span(why.idle, currentLang()) }));
  if (why.level !== null) lines.push(t('why_level', { level: why.level }));
  if (why.compared > 1) lines.push(t('why_of', { count: why.compared }));
  return lines;
}
