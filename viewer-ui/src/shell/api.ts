import type { DataSourceInfo } from '../runtime/dataSources';
import type { DashboardJson } from '../scene/dashboardJson';

/** A dashboard as the list names it. */
export interface DashboardEntry {
  uid: string;
  title: string;
}

/** Lists the dashboards that the page server has. */
export function fetchDashboards(): Promise<DashboardEntry[]> {
  return fetchJson('/api/dashboards');
}

/** Fetches one dashboard's JSON. */
export function fetchDashboard(uid: string): Promise<DashboardJson> {
  return fetchJson(`/api/dashboards/${encodeURIComponent(uid)}`);
}

/** Fetches what the page server knows about its Prometheus. */
export function fetchDataSource(): Promise<DataSourceInfo> {
  return fetchJson('/api/datasource');
}

/** An answer of the page server that is not what was asked for. */
export class PageServerError extends Error {
  constructor(
    message: string,
    readonly status?: number,
  ) {
    super(message);
    this.name = 'PageServerError';
  }
}

async function fetchJson<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: { Accept: 'application/json' } }).catch(() => {
    throw new PageServerError('The page server does not answer.');
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok || body === undefined) throw new PageServerError(reason(body) ?? `The page server answered ${response.status} to ${path}.`, response.status);
  return body as T;
}

function reason(body: unknown): string | undefined {
  const text = (body as { error?: unknown } | undefined)?.error;
  return typeof text === 'string' ? text : undefined;
}
