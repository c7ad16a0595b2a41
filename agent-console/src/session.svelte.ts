/** Who is signed in at this tab. The token lives in sessionStorage: it survives a reload, not the tab. */
import { api, ApiError, useToken } from './api/client';
import type { User } from './api/types';
import { go } from './lib/router.svelte';

const KEY = 'switchroom.token';

let user = $state<User | null>(null);
let expired = $state(false);

/** The signed-in user. */
export const currentUser = (): User | null => user;

/** True after a session ended by itself, until the next sign-in. */
export const sessionExpired = (): boolean => expired;

/** The page where a role starts its day. */
export function home(who: User): string {
  return who.agent ? '/desk' : '/floor';
}

function forget(): void {
  sessionStorage.removeItem(KEY);
  useToken(null);
  user = null;
}

function lapsed(): void {
  if (!user) return;
  forget();
  expired = true;
  go('/', true);
}

/** Signs in. Throws an `ApiError` when refused. */
export async function signIn(login: string, password: string): Promise<User> {
  const session = await api.signIn(login, password);
  sessionStorage.setItem(KEY, session.token);
  useToken(session.token, lapsed);
  user = session.user;
  expired = false;
  return session.user;
}

/** Takes up the session of before a reload. False: there is none. */
export async function restore(): Promise<boolean> {
  const token = sessionStorage.getItem(KEY);
  if (!token) return false;
  useToken(token);
  try {
    user = await api.me();
    useToken(token, lapsed);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) forget();
    return false;
  }
}

/** Ends the session here and at the engine. */
export async function signOut(): Promise<void> {
  await api.signOut().catch(() => undefined);
  forget();
  go('/', true);
}
