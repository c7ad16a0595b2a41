/** A path router: the URL is the state. */
let current = $state(location.pathname);
let query = $state(new URLSearchParams(location.search));

function read(): void {
  current = location.pathname.replace(/(.)\/+$/, '$1');
  query = new URLSearchParams(location.search);
}
read();
addEventListener('popstate', read);

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
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  read();
  scrollTo(0, 0);
}

/** Sets or takes away one value of the query; the page stays where it is. */
export function setParam(name: string, value: string | null): void {
  const next = new URLSearchParams(location.search);
  if (value === null) next.delete(name);
  else next.set(name, value);
  history.pushState(null, '', `${location.pathname}${next.size ? `?${next}` : ''}`);
  read();
}

/** Handles a plain left click on an inner link; leaves all other clicks to the browser. */
export function follow(event: MouseEvent): void {
  const link = (event.target as Element).closest('a');
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.target || link.origin !== location.origin || link.hasAttribute('download')) return;
  if (!/^\/($|desk|floor|callbacks|voicemails|schedules|contacts|customers|call|start)/.test(link.pathname)) return;
  event.preventDefault();
  go(link.pathname + link.search);
}
