import { DashboardCursorSync } from '@grafana/data';
import { usePanelContext } from '@grafana/ui';

/** The group of charts that share a crosshair; the library's time series joins this one by itself. */
export const CROSSHAIR_SCOPE = '__global_';

/** Whether this dashboard's charts share a crosshair or also the tooltip. */
export function useCrosshairSync(): DashboardCursorSync {
  return usePanelContext().sync?.() ?? DashboardCursorSync.Off;
}
