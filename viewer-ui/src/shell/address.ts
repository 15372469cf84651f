const ROUTE = /^\/d\/([^/]+)/;

/** Reads the dashboard's uid from a path such as `/d/application-overview`. */
export function uidFromPath(path: string): string | undefined {
  const [, uid] = ROUTE.exec(path) ?? [];
  return uid && decodeURIComponent(uid);
}

/** The path of a dashboard; the time range is kept when switching dashboards. */
export function dashboardPath(uid: string, search: string): string {
  const kept = new URLSearchParams();
  new URLSearchParams(search).forEach((value, name) => {
    if (['from', 'to', 'refresh', 'timezone', 'theme'].includes(name)) kept.append(name, value);
  });
  const query = kept.toString();
  return `/d/${encodeURIComponent(uid)}${query ? `?${query}` : ''}`;
}
