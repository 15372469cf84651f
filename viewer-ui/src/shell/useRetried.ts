import { useEffect, useState } from 'react';
import { PageServerError } from './api';

const PAUSE_MS = 2000;

interface Retried<T> {
  value?: T;
  /** Why there is no value yet. */
  error?: string;
}

/**
 * Fetches a value, retrying every two seconds while the page server does not respond. A request that the server refuses,
 * such as an unknown dashboard, is not retried.
 *
 * @param key a new key fetches again.
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
    // eslint-disable-next-line -- the key says when to fetch again; the function is a new one at each render
  }, [key]);
  return state.key === key ? state : {};
}

function mayRecover(error: unknown): boolean {
  return error instanceof PageServerError && (error.status === undefined || error.status >= 500);
}
