/** What people and things are called on the desk. */
import type { Contact } from '../../api/types';
import type { ConsultCard, Pop } from '../../cti/types';
import { desk } from '../../desk.svelte';
import { currentLang, labelOf, t, word } from '../../i18n/index.svelte';
import { phoneNumber } from '../../lib/number';
import { figureWords, readWhy, type Naming } from '../../lib/why';

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

/** Who is asked in a consult, or who asks. */
export function consultName(consult: ConsultCard): string {
  return consult.agent?.name ?? consult.queue?.name ?? (consult.number ? phoneNumber(consult.number) : '');
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

/** Why something was refused, in the person's language; `message` for a code of a later version. */
export function problemText(code: string, message: string): string {
  const known = word('problem', code);
  return known === code ? message : known;
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** A node of a flow as words: `main_menu` is `Main menu`. */
export function nodeName(node: string): string {
  return capital(node.replace(/[_\-.]+/g, ' ').trim());
}

/** The label of a reason for being not ready. */
export function reasonName(code: string): string {
  const found = desk.reasons.find((r) => r.code === code);
  return found ? labelOf(found.labels, code) : word('reason', code);
}

/** What the words of `lib/why` need to know. */
export function naming(preferred?: string | null): Naming {
  return { lang: currentLang(), reason: reasonName, preferred };
}

/** The engine names so many candidates at most. */
const MOST_NAMED = 3;

/** Why an agent was chosen, in short sentences. */
export function whyLines(line: string): string[] {
  const why = readWhy(line);
  if (!why) return line ? [line] : [];
  const lines = [word('rule', why.rule)];
  if (why.figure !== null) lines.push(capital(figureWords(currentLang(), why.rule, why.figure)));
  if (why.compared > 1) lines.push(t(why.compared < MOST_NAMED ? 'why_of' : 'why_of_more', { count: why.compared }));
  return lines;
}
