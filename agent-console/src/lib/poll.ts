/** Runs `task` now and then `every` ms after it ended, while the page is in view; returns the way to stop. */
export function poll(task: () => Promise<unknown>, every: number): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const turn = async (): Promise<void> => {
    if (!document.hidden) await task().catch(() => undefined);
    if (!stopped) timer = setTimeout(() => void turn(), every);
  };
  void turn();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
