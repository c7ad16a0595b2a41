/** The CTI WebSocket: says hello, resumes by sequence number, carries wishes and answers, and comes back by itself. */
import { backoff } from '../lib/backoff';
import { syncClock } from '../lib/clock.svelte';
import type { Problem, ServerMessage, WishBody } from './types';

/** Where the connection stands. `refused`: the session is over, it will not come back by itself. */
export type Link = 'connecting' | 'live' | 'reconnecting' | 'refused' | 'closed';

/** What the connection needs to know and whom it tells. */
export interface Hooks {
  token: () => string | null;
  resume: () => { session: string | null; seq: number };
  onMessage: (message: ServerMessage) => void;
  onLink: (link: Link) => void;
  onRoundTrip: (ms: number) => void;
}

const SUBPROTOCOL = 'switchroom.cti.v1';
const PING_EVERY = 5_000;
const REPLY_WITHIN = 8_000;

interface Pending {
  done: (problem: Problem | null) => void;
  timer: ReturnType<typeof setTimeout>;
}

/** Why a wish failed although the server said nothing about it. */
export const NO_LINK = { code: 'no_link', message: '' } as unknown as Problem;

export class Connection {
  private socket: WebSocket | null = null;
  private pending = new Map<string, Pending>();
  private pings = new Map<string, number>();
  private attempt = 0;
  private serial = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pinger: ReturnType<typeof setInterval> | undefined;
  private heard = 0;
  private stopped = false;

  constructor(private readonly hooks: Hooks) {}

  /** Opens the connection and keeps it open until `stop`. */
  start(): void {
    this.stopped = false;
    this.hooks.onLink('connecting');
    this.open();
    this.pinger = setInterval(() => this.ping(), PING_EVERY);
  }

  /** Closes for good. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.pinger);
    this.socket?.close(1000);
    this.failAll();
    this.hooks.onLink('closed');
  }

  /** Sends a wish. `null`: it was or will be done; otherwise why not. */
  wish(wish: WishBody, agent?: string): Promise<Problem | null> {
    if (this.socket?.readyState !== WebSocket.OPEN) return Promise.resolve(NO_LINK);
    this.serial += 1;
    const id = `w${this.serial}`;
    return new Promise((done) => {
      const timer = setTimeout(() => this.settle(id, NO_LINK), REPLY_WITHIN);
      this.pending.set(id, { done, timer });
      this.send({ type: 'wish', id, ...(agent ? { agent } : {}), wish });
    });
  }

  private open(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/cti`, SUBPROTOCOL);
    this.socket = socket;
    socket.onopen = () => this.hello();
    socket.onmessage = (event) => this.receive(String(event.data));
    socket.onclose = () => this.lost(socket);
  }

  private hello(): void {
    const { session, seq } = this.hooks.resume();
    this.heard = Date.now();
    this.send({ type: 'hello', token: this.hooks.token() ?? '', ...(session ? { resume_from: seq, last_session: session } : {}) });
  }

  private receive(text: string): void {
    this.heard = Date.now();
    const message = JSON.parse(text) as ServerMessage;
    if (message.type === 'welcome') {
      this.attempt = 0;
      syncClock(message.server_time_ms, Date.now());
      this.ping();
    } else if (message.type === 'reply') {
      this.settle(message.id, message.ok ? null : (message.error ?? NO_LINK));
    } else if (message.type === 'pong') {
      this.ponged(message.id ?? '', message.server_time_ms);
    } else if (message.type === 'error' && String(message.code) === 'unauthenticated') {
      this.stopped = true;
      this.hooks.onLink('refused');
    }
    this.hooks.onMessage(message);
    if (message.type === 'welcome') this.hooks.onLink('live');
  }

  private ping(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    if (Date.now() - this.heard > 3 * PING_EVERY) {
      this.socket.close();
      return;
    }
    this.serial += 1;
    const id = `p${this.serial}`;
    this.pings.set(id, Date.now());
    this.send({ type: 'ping', id });
  }

  private ponged(id: string, serverTime: number): void {
    const sent = this.pings.get(id);
    this.pings.delete(id);
    if (sent === undefined) return;
    syncClock(serverTime, sent);
    this.hooks.onRoundTrip(Date.now() - sent);
  }

  private lost(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.failAll();
    this.pings.clear();
    if (this.stopped) return;
    this.hooks.onLink('reconnecting');
    this.timer = setTimeout(() => this.open(), backoff(this.attempt));
    this.attempt += 1;
  }

  private settle(id: string, problem: Problem | null): void {
    const waiting = this.pending.get(id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.pending.delete(id);
    waiting.done(problem);
  }

  private failAll(): void {
    for (const id of [...this.pending.keys()]) this.settle(id, NO_LINK);
  }

  private send(message: object): void {
    this.socket?.send(JSON.stringify(message));
  }
}
