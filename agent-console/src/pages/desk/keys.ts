/** The keys of the desk. Function keys and chords work anywhere, single keys only where no field has the focus. */
import { desk } from '../../desk.svelte';
import { serverTime } from '../../lib/clock.svelte';
import { isVoicemail } from '../../lib/voicemail';
import { hangUpGuard } from './hang-up.svelte';

/** What the page itself does for a key. */
export interface PageActs {
  help: () => void;
  state: () => void;
  pane: (pane: 'directory' | 'transfer' | 'keypad') => void;
}

const REGIONS = ['top', 'card', 'workspace', 'list', 'assist', 'status'];
const FOCUSABLE = 'a[href], button:not([disabled]), input, textarea, select, [tabindex="0"]';

function visible(name: string): HTMLElement | null {
  const region = document.querySelector<HTMLElement>(`[data-region="${name}"]`);
  return region && region.offsetParent !== null ? (region.querySelector<HTMLElement>(FOCUSABLE)) : null;
}

/** Moves the focus to the next region that is there, or the one before. */
function region(step: number): void {
  const here = document.activeElement?.closest<HTMLElement>('[data-region]')?.dataset['region'];
  let at = here ? REGIONS.indexOf(here) : step > 0 ? -1 : 0;
  for (const _ of REGIONS) {
    at = (at + step + REGIONS.length) % REGIONS.length;
    const target = visible(REGIONS[at] ?? '');
    if (target) {
      target.focus();
      return;
    }
  }
}

function focus(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.focus();
}

function functionKey(event: KeyboardEvent): (() => void) | undefined {
  const hand = desk.interaction;
  switch (event.key) {
    case 'F2':
      return () => desk.answer();
    case 'F4':
      return event.altKey ? undefined : () => desk.toggleMute();
    case 'F6':
      return () => region(event.shiftKey ? -1 : 1);
    case 'F8':
      return isVoicemail(hand?.pop) ? () => document.querySelector<HTMLElement>('[data-region="card"] [data-testid="play"]')?.click() : () => desk.toggleHold();
    case 'F9':
      return () => {
        const at = isVoicemail(hand?.pop) ? null : (hand?.connected_at ?? null);
        if (hand && hand.phase !== 'wrap_up' && hangUpGuard.press(serverTime(), at)) desk.hangUp();
      };
    default:
      return undefined;
  }
}

function chord(event: KeyboardEvent, acts: PageActs): (() => void) | undefined {
  if (!(event.ctrlKey || event.metaKey)) return undefined;
  if (!event.altKey) {
    if (event.code !== 'KeyK' || event.shiftKey) return undefined;
    return () => {
      acts.pane(desk.interaction ? 'transfer' : 'directory');
      setTimeout(() => focus('[data-search]'));
    };
  }
  const acted: Record<string, () => void> = {
    KeyT: () => acts.pane('transfer'), KeyS: acts.state, KeyN: () => focus('#notes'), KeyK: () => acts.pane('keypad'),
    KeyD: () => focus('#disposition, [data-testid^="disposition-"]'), KeyQ: acts.help,
  };
  return acted[event.code];
}

/** The key handler of the desk page. */
export function deskKeys(acts: PageActs): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.isComposing || event.repeat) return;
    const inField = (event.target as Element).matches?.('input, textarea, select');
    const single = event.key === '?' && !inField && !event.ctrlKey && !event.altKey ? acts.help : undefined;
    const act = functionKey(event) ?? chord(event, acts) ?? single;
    if (!act) return;
    event.preventDefault();
    act();
  };
}
