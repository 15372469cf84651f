import { SceneDataTransformer, type SceneDataProvider, SceneGridItem, SceneQueryRunner } from '@grafana/scenes';
import { isKnownKind } from '../panels/registry';
import type { GridPosition, PanelJson } from './dashboardJson';
import { DashboardPanel } from './DashboardPanel';

const DEFAULT_POSITION: GridPosition = { x: 0, y: 0, w: 12, h: 8 };

/** Places a panel in the grid. */
export function toGridItem(panel: PanelJson): SceneGridItem {
  const { x, y, w, h } = panel.gridPos ?? DEFAULT_POSITION;
  return new SceneGridItem({ key: `grid-item-${panel.id}`, x, y, width: w, height: h, isDraggable: false, isResizable: false, body: toPanel(panel) });
}

function toPanel(panel: PanelJson): DashboardPanel {
  return new DashboardPanel({
    key: `panel-${panel.id}`,
    title: panel.title ?? '',
    description: panel.description,
    pluginId: panel.type,
    pluginVersion: panel.pluginVersion,
    displayMode: panel.transparent ? 'transparent' : 'default',
    hoverHeader: !panel.title,
    options: structuredClone(panel.options ?? {}),
    fieldConfig: structuredClone(panel.fieldConfig ?? { defaults: {}, overrides: [] }),
    $data: toData(panel),
    // A colour picked here would be lost on reload: the page saves nothing.
    extendPanelContext: (_panel, context) => {
      context.onSeriesColorChange = undefined;
    },
  });
}

/** The panel's queries; none for an unsupported panel. */
function toData(panel: PanelJson): SceneDataProvider | undefined {
  if (!panel.targets?.length || !isKnownKind(panel.type)) return undefined;
  const queries = new SceneQueryRunner({
    queries: panel.targets,
    datasource: panel.datasource ?? panel.targets[0]?.datasource ?? undefined,
    maxDataPoints: panel.maxDataPoints ?? undefined,
    maxDataPointsFromWidth: true,
    minInterval: panel.interval || undefined,
  });
  if (!panel.transformations?.length) return queries;
  return new SceneDataTransformer({ $data: queries, transformations: panel.transformations });
}
