const settled = new Map<string, boolean>();

/**
 * Records the progress of a panel in view, and marks the page ready once every panel in view has its first result.
 *
 * @param panel a unique name.
 * @param isSettled false while it waits for its first result; undefined once it is removed.
 */
export function notePanel(panel: string, isSettled: boolean | undefined): void {
  if (isSettled === undefined) settled.delete(panel);
  else settled.set(panel, isSettled);
  if (!areAllSettled()) return;
  // Two frames later results are drawn, and panels that came into view meanwhile are recorded.
  requestAnimationFrame(() => requestAnimationFrame(() => areAllSettled() && markReady()));
}

/** Marks the page as loading before a new dashboard is drawn. */
export function markLoading(): void {
  document.documentElement.dataset.ready = 'false';
}

/** Marks the page ready (`<html data-ready="true">`): nothing is pending. */
export function markReady(): void {
  document.documentElement.dataset.ready = 'true';
}

function areAllSettled(): boolean {
  return settled.size > 0 && [...settled.values()].every(Boolean);
}
