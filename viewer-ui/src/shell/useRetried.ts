import { useEffect, useState } from 'react';
import { PageServerError } from './api';

const PAUSE_MS = 2000;

export interface Retried<T> {
  value?: T;
  /** Why there is no value yet. */
  error?: string;
}

/**
 * Fetches a value, and again every two seconds while the page server does not answer. What the server refuses (an unknown
 * dashboard, say) is not asked again.
 *
 * @param key another key fetches anew.
 */
export function useRetried<T>(fetchValue: () => Promise<T>, key: string): Retried<T> {
  const [state, setState] = useState<Retried<T> & { key: string }>({ key });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const run = () =>
      fetchValue().then(
        (value) => !stopped && setState({ key, value }),
        (error: unknown) => {
          if (stopped) return;
          setState({ key, error: error instanceof Error ? error.message : String(error) });
          if (mayRecover(error)) timer = setTimeout(() => void run(), PAUSE_MS);
        },
      );
    void run();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
    // eslint-disable-next-line -- the key says when to fetch anew; the function is another one at each rendering
  }, [key]);
  return state.key === key ? state : {};
}

function mayRecover(error: unknown): boolean {
  return error instanceof PageServerError && (error.status === undefined || error.status >= 500);
}
