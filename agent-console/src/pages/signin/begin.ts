/** The shift begins: the desk that opens next signs the agent in once the engine knows who is there. */
type Begin = 'sign_in' | 'ready';
let asked: Begin | null = null;

/** Asks for the shift to be started. `ready`: go ready at once. */
export function beginShift(ready = false): void {
  asked = ready ? 'ready' : 'sign_in';
}

/** What was asked for, once. */
export function takeBegin(): Begin | null {
  const what = asked;
  asked = null;
  return what;
}
