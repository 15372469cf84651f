const ROUTE = /^\/d\/([^/]+)/;

/** Reads the dashboard's uid from an address such as `/d/application-overview`. */
export function uidFromPath(path: string): string | undefined {
  const [, uid] = ROUTE.exec(path) ?? [];
  return uid && decodeURIComponent(uid);
}

/** The address of a dashboard; the time range stays when one goes from one dashboard to another. */
export function dashboardPath(uid: string, search: string): string {
  const kept = new URLSearchParams();
  new URLSearchParams(search).forEach((value, name) => {
    if (['from', 'to', 'refresh', 'timezone', 'theme'].includes(name)) kept.append(name, value);
  });
  const query = kept.toString();
  return `/d/${encodeURIComponent(uid)}${query ? `?${query}` : ''}`;
}
