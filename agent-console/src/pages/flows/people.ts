/** Who published or wrote something: a login, and the person's name where it is known. */
import { desk } from '../../desk.svelte';
import { currentUser } from '../../session.svelte';

/** The name that goes with a login; the login itself when nobody is known by it. */
export function personName(login: string): string {
  const me = currentUser();
  if (me?.login === login) return me.name || login;
  return desk.agents.find((a) => a.id === login)?.name ?? login;
}
