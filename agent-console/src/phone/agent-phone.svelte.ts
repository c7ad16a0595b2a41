/** The agent's phone in the browser: registers by SIP over WebSocket, rings when the engine says so, carries the audio. */
import { micStream, routeTo, watchMic } from './devices.svelte';
import { hurryIce, loadLibrary, onRemoteStream, PEER, userAgent, type Account, type Session, type UA } from './sip';
import { Level, silence } from './sound';

export type PhoneLink = 'off' | 'connecting' | 'registered' | 'reconnecting' | 'refused';

/** Header of the engine's INVITE that names the contact. */
const CONTACT_HEADER = 'X-Switchroom-Contact';
/** Header that asks the phone to answer by itself: the agent dials, and the engine rings the agent first. */
const AUTO_ANSWER_HEADER = 'X-Switchroom-Auto-Answer';
const LEVEL_EVERY = 100;

export class AgentPhone {
  link = $state<PhoneLink>('off');
  /** The contact whose audio runs in this tab, or an empty word for one that was not named. */
  inCall = $state<string | null>(null);
  /** A call rings at this phone. */
  ringing = $state<string | null>(null);
  callerLevel = $state(0);
  ownLevel = $state(0);
  lastError = $state<string | null>(null);

  private ua: UA | null = null;
  private session: Session | null = null;
  private element: HTMLAudioElement | null = null;
  private wanted: string | null = null;
  private muted = false;
  private sound: MediaStream | null = null;
  private levels: { caller: Level | null; own: Level | null } = { caller: null, own: null };
  private meter: ReturnType<typeof setInterval> | undefined;
  private unwatch: () => void = () => undefined;

  /** The element that plays the customer. */
  attach(element: HTMLAudioElement): void {
    this.element = element;
    void routeTo(element, 'speaker');
  }

  /** The speaker was chosen anew. */
  reroute(): void {
    if (this.element) void routeTo(this.element, 'speaker');
  }

  /** Tries again to play, from a click: some browsers want one before the first sound. */
  resumeSound(): void {
    void this.element?.play().then(() => { this.lastError = null; });
  }

  /** Registers and stays registered. */
  async start(account: Account): Promise<void> {
    if (this.ua) return;
    this.link = 'connecting';
    const ua = userAgent(await loadLibrary(), account, true);
    this.ua = ua;
    ua.on('registered', () => { this.link = 'registered'; });
    ua.on('disconnected', () => { if (this.ua === ua) this.link = 'reconnecting'; });
    ua.on('connected', () => { if (this.link !== 'registered') this.link = 'connecting'; });
    ua.on('registrationFailed', (e: { cause?: unknown }) => {
      this.lastError = `SIP ${String(e.cause ?? '')}`;
      this.link = ua.isConnected() ? 'refused' : 'reconnecting';
    });
    ua.on('newRTCSession', (e: unknown) => this.arrived(e as { originator: string; session: Session; request: { getHeader(n: string): string | undefined } }));
    ua.start();
    this.unwatch = watchMic((stream) => void this.swapMic(stream));
  }

  /** Unregisters. */
  stop(): void {
    this.unwatch();
    this.ua?.stop();
    this.ua = null;
    this.link = 'off';
  }

  /** Answers the contact: now if its INVITE is here, else as soon as it comes. */
  answer(contact: string): void {
    this.wanted = contact;
    if (this.session && this.ringing !== null && (this.ringing === contact || this.ringing === '')) this.pickUp();
  }

  /** The answer is no longer wanted: the offer is over. */
  forget(contact: string): void {
    if (this.wanted === contact) this.wanted = null;
  }

  /** Stops or restarts sending the microphone. The engine mutes too; this makes it true at the source. */
  mute(on: boolean): void {
    this.muted = on;
    this.sound?.getAudioTracks().forEach((track) => { track.enabled = !on; });
  }

  /** The live connection, for statistics. */
  peerConnection(): RTCPeerConnection | null {
    return this.session?.connection ?? null;
  }

  private arrived(e: { originator: string; session: Session; request: { getHeader(n: string): string | undefined } }): void {
    if (e.originator !== 'remote') return;
    if (this.session && !this.session.isEnded()) {
      e.session.terminate({ status_code: 486 });
      return;
    }
    const contact = e.request.getHeader(CONTACT_HEADER) ?? '';
    this.session = e.session;
    this.ringing = contact;
    this.listen(e.session, contact);
    const byItself = e.request.getHeader(AUTO_ANSWER_HEADER) === '1';
    if (byItself || (this.wanted !== null && (this.wanted === contact || contact === ''))) this.pickUp();
  }

  private listen(session: Session, contact: string): void {
    hurryIce(session);
    session.on('peerconnection', ({ peerconnection }) => onRemoteStream(peerconnection, (stream) => this.play(stream)));
    session.on('accepted', () => {
      this.ringing = null;
      this.inCall = contact;
    });
    const over = (e: { cause: string; originator: unknown }): void => {
      if (this.session === session) this.over(e.cause);
    };
    session.on('ended', over);
    session.on('failed', over);
  }

  private pickUp(): void {
    const session = this.session;
    if (!session) return;
    this.sound = micStream()?.clone() ?? silence();
    this.mute(false);
    try {
      session.answer({ mediaStream: this.sound, pcConfig: PEER });
      this.watchOwn();
    } catch (error) {
      this.lastError = String(error);
    }
  }

  private play(stream: MediaStream): void {
    if (!this.element) return;
    this.element.srcObject = stream;
    void routeTo(this.element, 'speaker');
    void this.element.play().catch(() => { this.lastError = 'autoplay'; });
    this.levels.caller?.stop();
    this.levels.caller = new Level(stream);
    clearInterval(this.meter);
    this.meter = setInterval(() => {
      this.callerLevel = this.levels.caller?.read() ?? 0;
      this.ownLevel = this.muted ? 0 : (this.levels.own?.read() ?? 0);
    }, LEVEL_EVERY);
  }

  private watchOwn(): void {
    this.levels.own?.stop();
    this.levels.own = this.sound ? new Level(this.sound) : null;
  }

  /** A new microphone in the middle of a call takes the place of the old one. */
  private async swapMic(stream: MediaStream | null): Promise<void> {
    const sender = this.peerConnection()?.getSenders().find((s) => s.track?.kind === 'audio' || s.track === null);
    if (!sender || this.inCall === null || !stream) return;
    this.sound?.getTracks().forEach((track) => track.stop());
    this.sound = stream.clone();
    this.mute(this.muted);
    await sender.replaceTrack(this.sound.getAudioTracks()[0] ?? null);
    this.watchOwn();
  }

  private over(cause: string): void {
    if (this.inCall === null && cause !== 'Canceled') this.lastError = cause;
    this.session = null;
    this.ringing = null;
    this.inCall = null;
    this.wanted = null;
    clearInterval(this.meter);
    this.levels.caller?.stop();
    this.levels.own?.stop();
    this.levels = { caller: null, own: null };
    this.callerLevel = 0;
    this.ownLevel = 0;
    this.sound?.getTracks().forEach((track) => track.stop());
    this.sound = null;
    if (this.element) this.element.srcObject = null;
  }
}
