import { type SceneGridItemLike, SceneGridLayout, SceneGridRow } from '@grafana/scenes';
import type { PanelJson } from './dashboardJson';
import { toGridItem } from './panels';

/** A row of the dashboard with the panels that belong to it; panels before the first row have none. */
export interface Section {
  row?: PanelJson;
  panels: PanelJson[];
}

/** Lays out the panels as in the JSON; panels out of view load when scrolled into view. */
export function toGrid(panels: PanelJson[]): SceneGridLayout {
  return new SceneGridLayout({ isDraggable: false, isResizable: false, isLazy: true, children: toSections(panels).flatMap(toChildren) });
}

/**
 * Groups panels by row. An expanded row's panels follow it in the list; a collapsed row holds its own, and panels after it
 * belong to no row.
 */
export function toSections(panels: PanelJson[]): Section[] {
  const sections: Section[] = [{ panels: [] }];
  for (const panel of panels) {
    const last = sections.at(-1)!;
    if (panel.type === 'row') sections.push({ row: panel, panels: [...(panel.panels ?? [])] });
    else if (last.row?.collapsed) sections.push({ panels: [panel] });
    else last.panels.push(panel);
  }
  return sections.filter((section) => section.row || section.panels.length);
}

function toChildren({ row, panels }: Section): SceneGridItemLike[] {
  const items = panels.map(toGridItem);
  if (!row) return items;
  return [
    new SceneGridRow({
      key: `row-${row.id}`,
      title: row.title,
      y: row.gridPos?.y ?? 0,
      isCollapsed: row.collapsed ?? false,
      isDraggable: false,
      isResizable: false,
      children: items,
    }),
  ];
}
