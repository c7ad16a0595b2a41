/** Microphone, speaker and ringer: which ones, and whether they work. */
import { store, stored } from '../lib/prefs.svelte';

export type DeviceKind = 'mic' | 'speaker' | 'ringer';
export type MicState = 'unknown' | 'asking' | 'ready' | 'refused' | 'missing' | 'insecure' | 'skipped';

/** What the microphone is opened with. */
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

let list = $state<MediaDeviceInfo[]>([]);
let chosen = $state<Record<DeviceKind, string>>({
  mic: stored('mic') ?? '', speaker: stored('speaker') ?? '', ringer: stored('ringer') ?? '',
});
let mic = $state<MicState>('unknown');
let stream: MediaStream | null = null;
const watchers = new Set<(stream: MediaStream | null) => void>();

/** The state of the microphone. */
export const micState = (): MicState => mic;

/** The open microphone, or `null`. */
export const micStream = (): MediaStream | null => stream;

/** Devices of a kind. */
export function devicesOf(kind: DeviceKind): MediaDeviceInfo[] {
  return list.filter((d) => d.kind === (kind === 'mic' ? 'audioinput' : 'audiooutput'));
}

/** The chosen device's id; empty is the system's own choice. */
export function chosenDevice(kind: DeviceKind): string {
  return devicesOf(kind).some((d) => d.deviceId === chosen[kind]) ? chosen[kind] : '';
}

/** The name of the device in use. */
export function deviceName(kind: DeviceKind): string {
  const id = chosenDevice(kind);
  const all = devicesOf(kind);
  return (all.find((d) => d.deviceId === id) ?? all[0])?.label ?? '';
}

/** Is told of every new microphone stream; returns the way to stop being told. */
export function watchMic(tell: (stream: MediaStream | null) => void): () => void {
  watchers.add(tell);
  return () => watchers.delete(tell);
}

async function listDevices(): Promise<void> {
  list = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
}

function setStream(next: MediaStream | null): void {
  stream?.getTracks().forEach((track) => track.stop());
  stream = next;
  next?.getAudioTracks()[0]?.addEventListener('ended', () => {
    if (stream === next) void openMic();
  });
  watchers.forEach((tell) => tell(next));
}

/** Opens the chosen microphone and keeps it open for the shift, so that an answer need not wait for it. */
export async function openMic(): Promise<MediaStream | null> {
  if (!navigator.mediaDevices) {
    mic = 'insecure';
    return null;
  }
  mic = 'asking';
  try {
    const deviceId = chosen.mic ? { deviceId: { ideal: chosen.mic } } : {};
    setStream(await navigator.mediaDevices.getUserMedia({ audio: { ...SOUND, ...deviceId } }));
    mic = 'ready';
  } catch (error) {
    setStream(null);
    mic = (error as DOMException).name === 'NotAllowedError' ? 'refused' : 'missing';
  }
  await listDevices();
  return stream;
}

/** Lets the microphone go. */
export function closeMic(state: MicState = 'unknown'): void {
  setStream(null);
  mic = state;
}

/** Chooses a device and remembers it for this browser. */
export async function chooseDevice(kind: DeviceKind, id: string): Promise<void> {
  chosen[kind] = id;
  store(kind, id || null);
  if (kind === 'mic' && mic !== 'skipped') await openMic();
}

/** Sends an element's sound to the chosen device, where the browser can. */
export async function routeTo(element: HTMLMediaElement, kind: 'speaker' | 'ringer'): Promise<void> {
  if ('setSinkId' in element) await element.setSinkId(chosenDevice(kind)).catch(() => undefined);
}

/** Sends a sound context to the chosen device, where the browser can. */
export async function routeContext(context: AudioContext, kind: 'speaker' | 'ringer'): Promise<void> {
  const able = context as AudioContext & { setSinkId?: (id: string) => Promise<void> };
  await able.setSinkId?.(chosenDevice(kind)).catch(() => undefined);
}

navigator.mediaDevices?.addEventListener?.('devicechange', () => {
  void listDevices();
});
