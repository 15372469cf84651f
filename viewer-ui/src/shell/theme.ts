import { createTheme, type GrafanaTheme2 } from '@grafana/data';

export type ThemeMode = 'dark' | 'light';

const STORAGE_KEY = 'kubeglass.theme';

/** The theme in the URL, else the last one chosen, else dark. */
export function chooseThemeMode(search: string, remembered: string | null): ThemeMode {
  const wanted = new URLSearchParams(search).get('theme') ?? remembered;
  return wanted === 'light' ? 'light' : 'dark';
}

/** The initial theme in this browser. */
export function initialThemeMode(): ThemeMode {
  return chooseThemeMode(window.location.search, remembered());
}

/** Remembers the choice for the next visit. */
export function rememberThemeMode(mode: ThemeMode): void {
  try {
    window.localStorage.setItem(STORAGE_KEY, mode);
  } catch {
    // A browser without storage starts with the default next time.
  }
}

/** Builds Grafana's theme and lets the page's own background follow it. */
export function applyTheme(mode: ThemeMode): GrafanaTheme2 {
  document.documentElement.dataset.theme = mode;
  return createTheme({ colors: { mode } });
}

function remembered(): string | null {
  try {
    return window.localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}
