/** Whether this shift uses the browser's audio or a desk phone: remembered for this browser. */
import { store, stored } from '../../lib/prefs.svelte';

/** True when this browser is to be the phone. */
export function audioWanted(): boolean {
  return stored('audio') !== 'off';
}

/** Remembers the choice. */
export function wantAudio(on: boolean): void {
  store('audio', on ? null : 'off');
}
