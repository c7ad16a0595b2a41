/** A path router: the URL is the state. */
let current = $state(location.pathname);
let query = $state(new URLSearchParams(location.search));

function read(): void {
  current = location.pathname.replace(/(.)\/+$/, '$1');
  query = new URLSearchParams(location.search);
}
read();

let shown = location.href;
let holder: (() => string | null) | null = null;

/** Keeps the page in view while `question` has one to ask, such as whether unsaved text may go. Returns the way to let go. */
export function holdPage(question: () => string | null): () => void {
  holder = question;
  return () => {
    if (holder === question) holder = null;
  };
}

function mayLeave(to: URL): boolean {
  const question = to.pathname === new URL(shown).pathname ? null : holder?.();
  return question == null || confirm(question);
}

addEventListener('popstate', () => {
  if (mayLeave(new URL(location.href))) {
    shown = location.href;
    read();
  } else {
    history.pushState(null, '', shown);
  }
});

/** The path of the page in view. */
export function path(): string {
  return current;
}

/** The query of the page in view. */
export function params(): URLSearchParams {
  return query;
}

/** Goes to a page of this console. */
export function go(to: string, replace = false): void {
  if (!mayLeave(new URL(to, location.href))) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  shown = location.href;
  read();
  scrollTo(0, 0);
}

/** Sets or takes away values of the query; the page stays where it is. */
export function setParams(values: Record<string, string | null>): void {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value === null) next.delete(name);
    else next.set(name, value);
  }
  history.pushState(null, '', `${location.pathname}${next.size ? `?${next}` : ''}`);
  shown = location.href;
  read();
}

/** Sets or takes away one value of the query; the page stays where it is. */
export function setParam(name: string, value: string | null): void {
  setParams({ [name]: value });
}

/** Handles a plain left click on an inner link; leaves all other clicks to the browser. */
export function follow(event: MouseEvent): void {
  const link = (event.target as Element).closest('a');
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.target || link.origin !== location.origin || link.hasAttribute('download')) return;
  if (!/^\/($|desk|floor|callbacks|voicemails|schedules|flows|prompts|contacts|customers|call|start)/.test(link.pathname)) return;
  event.preventDefault();
  go(link.pathname + link.search);
}
