/** A caller without a phone: one call from the page to the engine. */
import { api, ApiError } from '../api/client';
import type { WebCall } from '../api/types';
import { hurryIce, loadLibrary, onRemoteStream, PEER, userAgent, type Session, type UA } from './sip';
import { silence } from './sound';
import { ScriptedVoice } from './voice';

export type CallerPhase = 'idle' | 'connecting' | 'connected' | 'menu' | 'waiting' | 'ringing' | 'talking' | 'ended' | 'failed';

/** What the caller wants to use. */
export interface CallerOptions {
  name: string;
  microphone: boolean;
  /** Keys that the scripted caller presses: digits, and a comma for two seconds of listening. */
  keys: string;
}

const LISTEN = 2000;
const STATUS_EVERY = 1000;

export class WebCaller {
  phase = $state<CallerPhase>('idle');
  /** When the call was answered, on this computer's clock. */
  since = $state<number | null>(null);
  /** How long the call took that is over. */
  lasted = $state(0);
  why = $state('');
  muted = $state(false);
  noMicrophone = $state(false);
  agent = $state<string | null>(null);
  queue = $state<string | null>(null);
  position = $state<number | null>(null);

  private ua: UA | null = null;
  private session: Session | null = null;
  private voice: ScriptedVoice | null = null;
  private sound: MediaStream | null = null;
  private timers: ReturnType<typeof setTimeout>[] = [];

  /** Calls. `element` plays the other side. */
  async call(options: CallerOptions, element: HTMLAudioElement): Promise<void> {
    this.phase = 'connecting';
    this.why = '';
    try {
      this.sound = await this.source(options.microphone);
      const [account, lib] = await Promise.all([api.webCall(), loadLibrary()]);
      const ua = userAgent(lib, {
        user: account.sip_user, password: account.sip_password, domain: account.sip_domain, wsPath: account.ws_path, name: options.name,
      }, false);
      this.ua = ua;
      ua.on('connected', () => { if (!this.session) this.dial(ua, account, options, element); });
      ua.on('disconnected', () => { if (!this.session?.isEstablished()) this.fail('no_connection'); });
      ua.start();
    } catch (error) {
      this.fail(error instanceof ApiError ? error.message : String(error));
    }
  }

  /** Ends the call. */
  hangUp(): void {
    if (this.session && !this.session.isEnded()) this.session.terminate();
    else this.over();
  }

  /** Presses a key. */
  press(digit: string): void {
    if (this.session?.isEstablished()) this.session.sendDTMF(digit, { duration: 120, interToneGap: 80, transportType: 'RFC2833' as never });
  }

  /** Stops or restarts sending the microphone or voice. */
  mute(on: boolean): void {
    this.muted = on;
    this.sound?.getAudioTracks().forEach((track) => { track.enabled = !on; });
  }

  /** The live connection, for statistics. */
  peerConnection(): RTCPeerConnection | null {
    return this.session?.connection ?? null;
  }

  private async source(microphone: boolean): Promise<MediaStream> {
    if (!microphone) {
      this.voice = new ScriptedVoice();
      return this.voice.stream;
    }
    try {
      return await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      this.noMicrophone = true;
      return silence();
    }
  }

  private dial(ua: UA, account: WebCall, options: CallerOptions, element: HTMLAudioElement): void {
    const session = ua.call(`sip:${account.dial}@${account.sip_domain}`, {
      mediaStream: this.sound ?? silence(), pcConfig: PEER, mediaConstraints: { audio: true, video: false },
      ...(options.name ? { fromDisplayName: options.name } : {}),
    }) as unknown as Session;
    this.session = session;
    hurryIce(session);
    const play = (stream: MediaStream): void => {
      element.srcObject = stream;
      void element.play().catch(() => undefined);
    };
    if (session.connection) onRemoteStream(session.connection, play);
    session.on('peerconnection', ({ peerconnection }) => onRemoteStream(peerconnection, play));
    session.on('accepted', () => this.answered(account, options.keys));
    session.on('ended', () => this.over());
    session.on('failed', (e) => (e.cause === 'Canceled' ? this.over() : this.fail(e.cause)));
  }

  private answered(account: WebCall, keys: string): void {
    this.phase = 'connected';
    this.since = Date.now();
    void this.follow(account);
    let wait = LISTEN;
    for (const key of keys) {
      wait += key === ',' ? LISTEN : 400;
      if (key !== ',') this.timers.push(setTimeout(() => this.press(key), wait));
    }
  }

  /** Asks how the call stands while it lives. */
  private async follow(account: WebCall): Promise<void> {
    if (!this.session?.isEstablished()) return;
    try {
      const status = await api.webCallStatus(account.sip_user);
      if (!this.session?.isEstablished()) return;
      this.phase = status.phase;
      this.agent = status.agent ?? null;
      this.queue = status.queue ?? null;
      this.position = status.position ?? null;
    } catch {
      // The engine tells of a call a moment after it is there; what it tells then is soon enough.
    }
    this.timers.push(setTimeout(() => void this.follow(account), STATUS_EVERY));
  }

  private fail(why: string): void {
    this.why = why;
    this.over('failed');
  }

  private over(phase: CallerPhase = 'ended'): void {
    this.phase = phase;
    this.lasted = this.since === null ? 0 : Date.now() - this.since;
    this.since = null;
    this.agent = null;
    this.queue = null;
    this.position = null;
    this.timers.forEach(clearTimeout);
    this.timers = [];
    this.voice?.stop();
    this.voice = null;
    this.sound?.getTracks().forEach((track) => track.stop());
    this.sound = null;
    this.session = null;
    this.muted = false;
    const ua = this.ua;
    this.ua = null;
    setTimeout(() => ua?.stop(), 500);
  }
}
