/** What the agent's phone and the web caller share: JsSIP set up the way the engine wants it. */
import type JsSIP from 'jssip';

export type Library = typeof JsSIP;
export type UA = InstanceType<Library['UA']>;
export type Session = import('jssip/lib/RTCSession').RTCSession;

/** A SIP account on the engine that served this page. */
export interface Account {
  user: string;
  password: string;
  domain: string;
  wsPath: string;
  name?: string;
}

/** No STUN or TURN: the engine answers with its own address, so gathering ends at once. */
export const PEER: RTCConfiguration = { iceServers: [], bundlePolicy: 'max-bundle' };

/** Loads the library; it is a bundle of its own, for those who go on line. */
export async function loadLibrary(): Promise<Library> {
  const module = (await import('jssip')) as unknown as { default?: Library } & Library;
  return module.default ?? module;
}

/** A user agent for the account, not started yet. */
export function userAgent(lib: Library, account: Account, register: boolean): UA {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new lib.WebSocketInterface(`${scheme}://${location.host}${account.wsPath}`);
  return new lib.UA({
    sockets: [socket],
    uri: `sip:${account.user}@${account.domain}`,
    authorization_user: account.user,
    password: account.password,
    ...(account.name ? { display_name: account.name } : {}),
    register,
    register_expires: 120,
    session_timers: false,
    no_answer_timeout: 300,
    connection_recovery_min_interval: 1,
    connection_recovery_max_interval: 10,
    user_agent: 'Switchroom console',
  });
}

/** Lets the offer or answer leave as soon as one candidate is there: the engine needs none of ours (ICE-lite). */
export function hurryIce(session: Session): void {
  let asked = false;
  session.on('icecandidate', ({ ready }) => {
    if (asked) return;
    asked = true;
    setTimeout(ready, 30);
  });
}

/** Calls back with the remote stream once media can flow. */
export function onRemoteStream(connection: RTCPeerConnection, give: (stream: MediaStream) => void): void {
  connection.addEventListener('track', (event) => give(event.streams[0] ?? new MediaStream([event.track])));
}
