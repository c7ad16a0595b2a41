/** What a person chose for this browser: theme, devices. Kept in localStorage; a browser without it just forgets. */
export type Theme = 'system' | 'light' | 'dark';

/** Reads a stored word. */
export function stored(key: string): string | null {
  try {
    return localStorage.getItem(`switchroom.${key}`);
  } catch {
    return null;
  }
}

/** Stores a word; `null` forgets it. */
export function store(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`switchroom.${key}`);
    else localStorage.setItem(`switchroom.${key}`, value);
  } catch {
    // Storage is off in this browser: the choice lasts as long as the page.
  }
}

const asTheme = (word: string | null): Theme => (word === 'light' || word === 'dark' ? word : 'system');
let theme = $state<Theme>(asTheme(stored('theme')));

function apply(): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}
apply();

/** The theme in force. */
export function currentTheme(): Theme {
  return theme;
}

/** Chooses a theme. */
export function setTheme(next: Theme): void {
  theme = next;
  store('theme', next === 'system' ? null : next);
  apply();
}

/** System → light → dark → system. */
export function nextTheme(): Theme {
  return theme === 'system' ? 'light' : theme === 'light' ? 'dark' : 'system';
}
