/** One second hand for the whole console, set by the server's clock. */
let offset = $state(0);
let now = $state(Date.now());

function tick(): void {
  now = Date.now() + offset;
  setTimeout(tick, 1000 - (now % 1000) + 5);
}
tick();
document.addEventListener('visibilitychange', () => {
  now = Date.now() + offset;
});

/** The server's time in milliseconds since 1970, as far as the last answer told; changes on the whole second. */
export function serverNow(): number {
  return now;
}

/** The server's time this very moment; not reactive. */
export function serverTime(): number {
  return Date.now() + offset;
}

/**
 * Takes over what the server said its time was. `sentAt` is our time when the question left; half of the round trip is
 * taken as the way back. A jump under 50 ms is noise and ignored.
 */
export function syncClock(serverMs: number, sentAt: number): void {
  const received = Date.now();
  const next = serverMs + (received - sentAt) / 2 - received;
  if (Math.abs(next - offset) < 50) return;
  offset = next;
  now = received + offset;
}
