/** What helps to find a fault: states, versions, statistics of the connection. No names, numbers or tokens. */
import { desk } from './desk.svelte';

type Statistics = Record<string, unknown>;
let caller: () => RTCPeerConnection | null = () => null;

/** The web caller's page tells how to find its connection. */
export function nameCaller(find: () => RTCPeerConnection | null): void {
  caller = find;
}

/** The live peer connection of this tab, if there is one. */
export function peerConnection(): RTCPeerConnection | null {
  return desk.phone.peerConnection() ?? caller();
}

const KEPT = new Set(['inbound-rtp', 'outbound-rtp', 'remote-inbound-rtp', 'candidate-pair', 'codec', 'media-source']);

async function statistics(): Promise<Statistics[]> {
  const report = await peerConnection()?.getStats();
  return [...(report?.values() ?? [])].filter((s: { type: string }) => KEPT.has(s.type)).map(({ address: _a, ip: _i, ...rest }: Statistics) => rest);
}

/** Everything that "copy diagnostics" puts on the clipboard. */
export async function diagnostics(): Promise<Statistics> {
  const connection = peerConnection();
  return {
    at: new Date().toISOString(), page: location.pathname, browser: navigator.userAgent, server: desk.model.server,
    cti: { link: desk.link, round_trip_ms: desk.roundTrip, session: desk.model.session, seq: desk.model.seq },
    phone: { link: desk.phone.link, in_call: desk.phone.inCall !== null, last_error: desk.phone.lastError },
    agent_state: desk.model.state?.state ?? null, phase: desk.interaction?.phase ?? null, contact: desk.interaction?.contact ?? null,
    ice: connection?.iceConnectionState ?? null, dtls: connection?.connectionState ?? null, statistics: await statistics(), last_error: desk.lastError,
  };
}
