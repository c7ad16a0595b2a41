/** The desk of the signed-in person: what the engine said, and what the person wants of it. One per tab. */
import { api, currentToken } from './api/client';
import type { Agent, Contact, Disposition, Queue, Reason } from './api/types';
import { Connection, type Link } from './cti/connection';
import { EMPTY, fold, type DeskModel } from './cti/fold';
import type { InteractionCard, OfferCard, Problem, ServerMessage, TransferTo, WishBody } from './cti/types';
import { t, word } from './i18n/index.svelte';
import { serverTime } from './lib/clock.svelte';
import { isCallback } from './lib/callbacks';
import { dialable, phoneNumber } from './lib/number';
import { isVoicemail, messageLook } from './lib/voicemail';
import { midnight } from './lib/format';
import { poll } from './lib/poll';
import { doing, type Doing } from './lib/states';
import { closeMic } from './phone/devices.svelte';
import { AgentPhone } from './phone/agent-phone.svelte';
import { Ringer } from './phone/sound';
import { nameOfPop, problemText } from './pages/desk/names';
import { takeBegin } from './pages/signin/begin';
import { toast } from './ui/toasts.svelte';

const LISTS_EVERY = 60_000;
const FIGURES_EVERY = 3_000;
const TODAY_EVERY = 20_000;

class DeskStore {
  model = $state.raw<DeskModel>(EMPTY);
  link = $state<Link>('closed');
  roundTrip = $state<number | null>(null);
  /** Kinds of wishes that wait for their reply. */
  waiting = $state<Record<string, boolean>>({});
  agents = $state.raw<Agent[]>([]);
  queues = $state.raw<Queue[]>([]);
  dispositions = $state.raw<Disposition[]>([]);
  reasons = $state.raw<Reason[]>([]);
  today = $state.raw<Contact[]>([]);
  todayMore = $state(false);
  /** The browser is the phone of this shift; false for a desk phone. */
  browserPhone = $state(false);
  lastError = $state<string | null>(null);
  /** What a screen reader hears next; `urgent` for offers. */
  spoken = $state({ polite: '', urgent: '' });

  readonly phone = new AgentPhone();
  private readonly ringer = new Ringer();
  private connection: Connection | null = null;
  private stops: (() => void)[] = [];

  /** The offer at this desk. */
  offer: OfferCard | null = $derived(this.model.offer);
  /** The contact in hand. */
  interaction: InteractionCard | null = $derived(this.model.interaction);
  /** What the agent does now. */
  doing: Doing = $derived(doing(this.model.state?.state ?? 'logged_out', this.model.interaction?.phase));

  /** Connects, once; it stays connected over all pages of this tab until `stop`. */
  start(): void {
    if (this.connection) return;
    this.connection = new Connection({
      token: currentToken,
      resume: () => ({ session: this.model.session, seq: this.model.seq }),
      onMessage: (message) => this.receive(message),
      onLink: (link) => { this.link = link; },
      onRoundTrip: (ms) => { this.roundTrip = ms; },
    });
    this.connection.start();
    this.stops.push(
      poll(() => this.loadLists(), LISTS_EVERY),
      poll(() => this.loadFigures(), FIGURES_EVERY),
      poll(() => this.loadToday(), TODAY_EVERY),
    );
  }

  /** Registers this browser as the agent's phone. */
  async startPhone(): Promise<void> {
    try {
      const account = await api.phone();
      if (account.sip_password == null) return;
      this.browserPhone = true;
      await this.phone.start({ user: account.sip_user, password: account.sip_password, domain: account.sip_domain, wsPath: account.ws_path });
    } catch (error) {
      this.lastError = error instanceof Error ? error.message : String(error);
    }
  }

  /** Lets go of everything. The engine keeps the agent's state. */
  stop(): void {
    if (this.connection) closeMic();
    this.stops.forEach((stop) => stop());
    this.stops = [];
    this.connection?.stop();
    this.connection = null;
    this.phone.stop();
    this.ringer.stop();
    this.model = EMPTY;
    this.browserPhone = false;
    document.title = 'Switchroom';
  }

  /** Sends a wish; says so when it is refused. True when it was or will be done. */
  async wish(wish: WishBody, agent?: string): Promise<boolean> {
    const problem = await this.ask(wish, agent);
    if (problem) toast('error', t('wish_failed', { what: word('wish', wish.type) }), this.explain(problem));
    return problem === null;
  }

  /** Sends a wish and returns why not, for those who say so themselves. */
  async ask(wish: WishBody, agent?: string): Promise<Problem | null> {
    this.waiting[wish.type] = true;
    const problem = (await this.connection?.wish(wish, agent)) ?? null;
    this.waiting[wish.type] = false;
    if (problem) this.lastError = String(problem.code);
    return problem;
  }

  /** Answers the offer, on whichever phone this shift has; a message is taken here. */
  answer(): void {
    const offer = this.offer;
    if (!offer) return;
    this.ringer.stop();
    if (isVoicemail(offer.pop)) void this.wish({ type: 'answer', offer: offer.offer });
    else if (this.browserPhone) this.phone.answer(offer.contact);
    else void this.wish({ type: 'answer', offer: offer.offer });
  }

  /** Declines the offer. */
  decline(): void {
    if (this.offer) void this.wish({ type: 'decline', offer: this.offer.offer });
  }

  /** Holds or takes back. */
  toggleHold(): void {
    if (isVoicemail(this.interaction?.pop)) return;
    if (this.interaction?.consult?.asks) {
      this.about('swap');
      return;
    }
    const held = this.interaction?.phase === 'held';
    if (this.interaction && (held || this.interaction.phase === 'talking')) void this.wish({ type: held ? 'resume' : 'hold', contact: this.interaction.contact });
  }

  /** Mutes or unmutes, at the engine and at the microphone. */
  toggleMute(): void {
    const inHand = this.interaction;
    if (!inHand || isVoicemail(inHand.pop) || inHand.phase === 'connecting' || inHand.phase === 'wrap_up' || inHand.phase === 'ended') return;
    this.phone.mute(!inHand.muted);
    void this.wish({ type: 'mute', contact: inHand.contact, on: !inHand.muted });
  }

  /** Ends the contact for both parties. */
  hangUp(): void {
    if (this.interaction) void this.wish({ type: 'hang_up', contact: this.interaction.contact });
  }

  /** Ends a call back in which nobody useful was reached; the engine calls again later. */
  callAgainLater(): void {
    if (this.interaction) void this.wish({ type: 'call_again_later', contact: this.interaction.contact });
  }

  /** Has the customer who left the message in hand called back by this agent, and is done with the message. */
  async callBackMessage(): Promise<void> {
    const inHand = this.interaction;
    const number = dialable(inHand?.pop.ani ?? '');
    if (!inHand?.queue || !number) return;
    const { contact, queue } = inHand;
    if (!(await this.wish({ type: 'request_callback', number, queue: queue.id, agent: this.model.agent?.id ?? null }))) return;
    toast('done', t('callback_requested', { number: phoneNumber(number) }), queue.name);
    void this.wish({ type: 'hang_up', contact });
  }

  /** Sends digits to the customer's side. */
  sendDigits(digits: string): void {
    if (this.interaction) void this.wish({ type: 'send_digits', contact: this.interaction.contact, digits });
  }

  /** Gives the contact away. */
  async transfer(to: TransferTo, name: string): Promise<void> {
    if (!this.interaction) return;
    if (await this.wish({ type: 'transfer', contact: this.interaction.contact, to })) toast('done', t('transferred_to', { name }));
  }

  /** A wish about the contact in hand that needs no more words. */
  about(type: 'swap' | 'conference' | 'cancel_consult'): void {
    if (this.interaction) void this.wish({ type, contact: this.interaction.contact });
  }

  /** Asks somebody for help while the customer hears music. */
  async consult(to: TransferTo): Promise<void> {
    if (this.interaction) await this.wish({ type: 'consult', contact: this.interaction.contact, to });
  }

  /** Hands the customer on to the one consulted. */
  async complete(name: string): Promise<void> {
    if (!this.interaction) return;
    if (await this.wish({ type: 'complete_transfer', contact: this.interaction.contact })) toast('done', t('transferred_to', { name }));
  }

  /** Pauses the recording, or lets it go on. */
  toggleRecording(): void {
    const inHand = this.interaction;
    if (inHand?.recording) void this.wish({ type: 'pause_recording', contact: inHand.contact, on: inHand.paused_by == null });
  }

  /** The customer keys in a flow what nobody is to hear, and comes back. */
  secureEntry(): void {
    if (this.interaction) void this.wish({ type: 'secure_entry', contact: this.interaction.contact });
  }

  /** The contacts of today, once more. */
  async loadToday(): Promise<void> {
    const agent = this.model.agent?.id;
    if (!agent) return;
    const page = await api.contacts({ agent, from_at: midnight(serverTime()), limit: 100 });
    this.today = page.items.filter((c) => c.closed_at != null || c.ended_at != null);
    this.todayMore = page.next != null;
  }

  /** A problem in the person's language. */
  explain(problem: Problem): string {
    return problemText(String(problem.code), problem.message);
  }

  private async loadLists(): Promise<void> {
    [this.dispositions, this.reasons] = await Promise.all([api.dispositions(), api.reasons()]);
  }

  private async loadFigures(): Promise<void> {
    [this.agents, this.queues] = await Promise.all([api.agents(), api.queues()]);
  }

  private receive(message: ServerMessage): void {
    const before = this.model;
    this.model = fold(before, message);
    if (this.model === before) return;
    if (message.type === 'welcome' && !before.agent) void this.loadToday().catch(() => undefined);
    this.afterChange(before, this.model);
    if (message.type === 'snapshot') void this.begin();
  }

  /** After a sign-in the shift starts by itself; the engine may still be told "ready" later. */
  private async begin(): Promise<void> {
    const asked = takeBegin();
    if (!asked || !this.model.agent) return;
    if (this.model.state === null || this.model.state.state === 'logged_out') await this.wish({ type: 'sign_in' });
    if (asked === 'ready') {
      await this.phoneReady();
      await this.wish({ type: 'ready' });
    }
  }

  /** Waits up to five seconds for the browser's phone to be registered. */
  private async phoneReady(): Promise<void> {
    for (let i = 0; i < 50 && this.phone.link !== 'registered'; i += 1) await new Promise((done) => setTimeout(done, 100));
  }

  private afterChange(before: DeskModel, after: DeskModel): void {
    if (before.offer?.offer !== after.offer?.offer) this.offerChanged(before.offer, after.offer);
    if (before.interaction?.phase !== after.interaction?.phase) this.phaseChanged(before, after);
    if (after.interaction && before.interaction?.muted !== after.interaction.muted) this.phone.mute(after.interaction.muted);
    const note = after.state?.note;
    if (note && note !== before.state?.note) toast('warn', t('put_not_ready'), word('reason', note), { label: t('im_back'), run: () => void this.wish({ type: 'ready' }) });
  }

  private offerChanged(before: OfferCard | null, after: OfferCard | null): void {
    this.ringer.stop();
    if (before && before.contact !== after?.contact) this.phone.forget(before.contact);
    if (!after) {
      document.title = 'Switchroom';
      return;
    }
    const message = isVoicemail(after.pop);
    // No phone rings for a message, so that one sound from here is all there is to hear.
    if (message) void this.ringer.once();
    else if (this.browserPhone) this.ringer.start();
    const name = nameOfPop(after.pop);
    document.title = `● ${name}`;
    this.spoken.urgent = t(message ? 'say_voicemail' : isCallback(after.pop) && !after.consulted_by ? 'say_callback' : 'say_offer', { name, queue: after.pop.queue?.name ?? '' });
    this.notify(name, after);
  }

  private notify(name: string, offer: OfferCard): void {
    if (!document.hidden || !('Notification' in window) || Notification.permission !== 'granted') return;
    const note = new Notification(name, { body: offer.pop.queue?.name ?? '', tag: offer.offer, requireInteraction: true });
    note.onclick = () => window.focus();
    setTimeout(() => note.close(), Math.max(0, offer.deadline_at - serverTime()));
  }

  private phaseChanged(before: DeskModel, after: DeskModel): void {
    const phase = after.interaction?.phase;
    if ((phase === 'talking' || phase === 'consulting') && before.interaction?.phase !== 'held') this.ringer.stop();
    const message = phase && isVoicemail(after.interaction?.pop) ? messageLook(phase as Doing).key : null;
    this.spoken.polite = message ? t(message) : phase ? word('state', phase) : word('state', after.state?.state ?? 'ready');
    if (!phase || phase === 'wrap_up') void this.loadToday().catch(() => undefined);
  }
}

/** The desk of this tab. */
export const desk = new DeskStore();
