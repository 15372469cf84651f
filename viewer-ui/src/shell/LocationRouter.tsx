import { locationService } from '@grafana/runtime';
import { type ReactNode, useCallback, useSyncExternalStore } from 'react';
import { type Navigator, Router } from 'react-router-dom';

/** Lets React follow the history that Grafana's location service keeps; its version of `history` predates the router's. */
export function LocationRouter({ children }: { children: ReactNode }) {
  const history = locationService.getHistory();
  const location = useSyncExternalStore(
    useCallback((changed: () => void) => history.listen(changed), [history]),
    () => history.location,
  );
  return (
    <Router location={location} navigationType={history.action as never} navigator={history as unknown as Navigator}>
      {children}
    </Router>
  );
}
