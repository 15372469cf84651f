import { type EmbeddedScene, UrlSyncContextProvider } from '@grafana/scenes';
import { useEffect, useMemo, useState } from 'react';
import type { Connection } from '../datasource/connection';
import type { DashboardJson } from '../scene/dashboardJson';
import { type Section, toSections } from '../scene/grid';
import { toScene } from '../scene/toScene';
import { fetchDashboard } from './api';
import { ErrorNote } from './ErrorNote';
import { markLoading, markReady } from '../scene/readiness';
import { useRetried } from './useRetried';

interface Props {
  uid: string;
  connection: Connection;
  /** A scene reads the theme once, so a new theme needs a new scene. */
  themeMode: string;
}

/** Fetches and draws one dashboard; time range, variables and refresh in the URL take precedence. */
export function DashboardPage({ uid, connection, themeMode }: Props) {
  const { value: dashboard, error } = useRetried(() => fetchDashboard(uid), uid);
  if (error) return <ErrorNote title={`Dashboard "${uid}" cannot be shown`} detail={error} />;
  return dashboard ? <Dashboard key={`${uid} ${themeMode}`} dashboard={dashboard} connection={connection} /> : null;
}

function Dashboard({ dashboard, connection }: { dashboard: DashboardJson; connection: Connection }) {
  const [broken, setBroken] = useState('');
  const scene = useMemo(() => build(dashboard, connection, setBroken), [dashboard, connection]);
  useEffect(() => {
    document.title = `${dashboard.title ?? 'Dashboard'} - kubeglass`;
    if (toSections(dashboard.panels ?? []).some(isOpen)) markLoading();
    else markReady();
  }, [dashboard]);
  if (!scene) return <ErrorNote title="This dashboard cannot be read" detail={broken} />;
  return (
    <UrlSyncContextProvider scene={scene} updateUrlOnInit createBrowserHistorySteps>
      <scene.Component model={scene} />
    </UrlSyncContextProvider>
  );
}

/** Whether the section has panels to wait for. */
function isOpen({ row, panels }: Section): boolean {
  return panels.length > 0 && !row?.collapsed;
}

function build(dashboard: DashboardJson, connection: Connection, onBroken: (reason: string) => void): EmbeddedScene | undefined {
  try {
    return toScene(dashboard, connection);
  } catch (error) {
    onBroken(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
