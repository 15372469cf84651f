const settled = new Map<string, boolean>();

/**
 * Takes note how far a panel in view is, and marks the page ready once every panel in view has had its first answer.
 *
 * @param panel any name that is the panel's own.
 * @param isSettled false while it waits for its first answer; undefined when it is gone.
 */
export function notePanel(panel: string, isSettled: boolean | undefined): void {
  if (isSettled === undefined) settled.delete(panel);
  else settled.set(panel, isSettled);
  if (!areAllSettled()) return;
  // Two frames later what was answered is drawn too, and panels that came into view meanwhile have said so.
  requestAnimationFrame(() => requestAnimationFrame(() => areAllSettled() && markReady()));
}

/** Marks the page not ready, before another dashboard is drawn. */
export function markLoading(): void {
  document.documentElement.dataset.ready = 'false';
}

/** Marks the page ready (`<html data-ready="true">`): nothing is awaited any more. */
export function markReady(): void {
  document.documentElement.dataset.ready = 'true';
}

function areAllSettled(): boolean {
  return settled.size > 0 && [...settled.values()].every(Boolean);
}
