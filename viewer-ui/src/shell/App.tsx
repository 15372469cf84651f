import { ThemeContext } from '@grafana/data';
import { locationService, LocationServiceProvider } from '@grafana/runtime';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { useLocation } from 'react-router-dom';
import { createDataSources } from '../runtime/dataSources';
import { provideServices, useThemeInLibraries } from '../runtime/initialize';
import { type DashboardEntry, fetchDashboards, fetchDataSource } from './api';
import { DashboardPage } from './DashboardPage';
import { ErrorNote } from './ErrorNote';
import { Header } from './Header';
import { dashboardPath, uidFromPath } from './address';
import { LocationRouter } from './LocationRouter';
import { applyTheme, initialThemeMode, rememberThemeMode, type ThemeMode } from './theme';
import { useRetried } from './useRetried';

/** The page. */
export function App() {
  const [mode, setMode] = useState(initialThemeMode);
  const toggle = () => {
    const other = mode === 'dark' ? 'light' : 'dark';
    rememberThemeMode(other);
    // A theme in the URL would override the choice on reload.
    locationService.partial({ theme: null }, true);
    setMode(other);
  };
  return (
    <Themed mode={mode}>
      <LocationRouter>
        <LocationServiceProvider service={locationService}>
          <Content mode={mode} onToggleTheme={toggle} />
        </LocationServiceProvider>
      </LocationRouter>
      <PortalContainer />
    </Themed>
  );
}

function Themed({ mode, children }: { mode: ThemeMode; children: ReactNode }) {
  const theme = useMemo(() => {
    const theme = applyTheme(mode);
    useThemeInLibraries(theme);
    return theme;
  }, [mode]);
  const style = { background: theme.colors.background.canvas, color: theme.colors.text.primary, minHeight: '100vh', padding: theme.spacing(1, 2, 4), boxSizing: 'border-box' as const };
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={style}>{children}</div>
    </ThemeContext.Provider>
  );
}

function Content({ mode, onToggleTheme }: { mode: ThemeMode; onToggleTheme: () => void }) {
  const { value, error } = useRetried(() => Promise.all([fetchDashboards(), fetchDataSource()]), 'start');
  const connection = useMemo(() => {
    if (!value) return undefined;
    const dataSources = createDataSources(value[1]);
    provideServices(dataSources);
    return dataSources.connection;
  }, [value]);
  const uid = useDashboardUid(value?.[0]);
  if (error) return <ErrorNote title="The page cannot load" detail={error} />;
  if (!value || !connection) return null;
  return (
    <>
      <Header dashboards={value[0]} uid={uid} onToggleTheme={onToggleTheme} />
      {uid ? <DashboardPage uid={uid} connection={connection} themeMode={mode} /> : <ErrorNote title="No dashboards" detail="The page server has no dashboards." />}
    </>
  );
}

/** The dashboard in the URL; without one, redirects to the first. */
function useDashboardUid(dashboards?: DashboardEntry[]): string | undefined {
  const { pathname, search } = useLocation();
  const uid = uidFromPath(pathname);
  const first = dashboards?.[0]?.uid;
  useEffect(() => {
    if (!uid && first) locationService.replace(dashboardPath(first, search));
  }, [uid, first, search]);
  return uid ?? first;
}
