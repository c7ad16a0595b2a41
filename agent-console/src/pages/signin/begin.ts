/** The shift begins: the desk signs the agent in once the engine knows who is there. */
import { store, stored } from '../../lib/prefs.svelte';

/** Asks for the shift to be started by the desk that opens next. `ready`: go ready at once. */
export function beginShift(ready = false): void {
  store('begin', ready ? 'ready' : 'sign_in');
}

/** What was asked for, once. */
export function takeBegin(): 'ready' | 'sign_in' | null {
  const asked = stored('begin');
  store('begin', null);
  return asked === 'ready' || asked === 'sign_in' ? asked : null;
}
