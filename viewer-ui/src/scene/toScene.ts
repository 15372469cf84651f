import { type DashboardCursorSync } from '@grafana/schema';
import {
  behaviors,
  EmbeddedScene,
  SceneControlsSpacer,
  type SceneObject,
  SceneRefreshPicker,
  SceneTimePicker,
  SceneTimeRange,
  SceneVariableSet,
  VariableValueSelectors,
} from '@grafana/scenes';
import type { Connection } from '../datasource/connection';
import type { DashboardJson } from './dashboardJson';
import { toGrid } from './grid';
import { restoreOn } from './restore';
import { toVariables } from './variables';

// Grafana starts at 5 seconds; locally a scrape takes one.
const REFRESH_INTERVALS = ['1s', '5s', '10s', '30s', '1m', '5m', '15m', '30m', '1h', '2h', '1d'];

/** Builds the scene that a dashboard's JSON describes; rendering it activates it. */
export function toScene(dashboard: DashboardJson, connection: Connection): EmbeddedScene {
  return new EmbeddedScene({
    key: dashboard.uid,
    $timeRange: new SceneTimeRange({
      from: dashboard.time?.from ?? 'now-6h',
      to: dashboard.time?.to ?? 'now',
      timeZone: dashboard.timezone === 'browser' ? undefined : dashboard.timezone,
      weekStart: dashboard.weekStart as 'saturday' | 'sunday' | 'monday' | undefined,
    }),
    $variables: new SceneVariableSet({ variables: toVariables(dashboard.templating?.list ?? []) }),
    $behaviors: [new behaviors.CursorSync({ sync: (dashboard.graphTooltip ?? 0) as DashboardCursorSync }), restoreOn(connection)],
    controls: toControls(dashboard),
    body: toGrid(dashboard.panels ?? []),
  });
}

function toControls(dashboard: DashboardJson): SceneObject[] {
  const refresh = dashboard.refresh || '';
  const listed = dashboard.timepicker?.refresh_intervals ?? [];
  const intervals = [...new Set([...REFRESH_INTERVALS.slice(0, 1), ...(listed.length ? listed : REFRESH_INTERVALS), ...(refresh ? [refresh] : [])])];
  const selectors = [new VariableValueSelectors({}), new SceneControlsSpacer()];
  if (dashboard.timepicker?.hidden) return selectors;
  return [...selectors, new SceneTimePicker({ isOnCanvas: true }), new SceneRefreshPicker({ refresh, intervals, isOnCanvas: true, autoEnabled: false })];
}
