import type { DataSourceInfo } from '../runtime/dataSources';
import type { DashboardJson } from '../scene/dashboardJson';

/** An entry in the list of dashboards. */
export interface DashboardEntry {
  uid: string;
  title: string;
}

/** Lists the page server's dashboards. */
export function fetchDashboards(): Promise<DashboardEntry[]> {
  return fetchJson('/api/dashboards');
}

/** Fetches one dashboard's JSON. */
export function fetchDashboard(uid: string): Promise<DashboardJson> {
  return fetchJson(`/api/dashboards/${encodeURIComponent(uid)}`);
}

/** Fetches the data source's settings. */
export function fetchDataSource(): Promise<DataSourceInfo> {
  return fetchJson('/api/datasource');
}

/** A failed request to the page server. */
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
    throw new PageServerError('The page server is not responding.');
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok || body === undefined) throw new PageServerError(reason(body) ?? `The page server returned ${response.status} for ${path}.`, response.status);
  return body as T;
}

function reason(body: unknown): string | undefined {
  const text = (body as { error?: unknown } | undefined)?.error;
  return typeof text === 'string' ? text : undefined;
}
