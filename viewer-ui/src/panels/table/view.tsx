import type { PanelProps } from '@grafana/data';
import { usePanelContext } from '@grafana/ui';
// TableNG is marked unstable upstream; only this file uses it.
import { TableNG } from '@grafana/ui/unstable';
import { useMemo } from 'react';
import { NoData } from '../parts/NoData';
import type { TableOptions } from './model';
import { toTable } from './transform';

/** Rows and columns. */
export function TableView({ data, options, fieldConfig, width, height, timeRange, transparent }: PanelProps<TableOptions>) {
  const frame = useMemo(() => toTable(data.series, options.frameIndex), [data.series, options.frameIndex]);
  const context = usePanelContext();
  if (!frame) return <NoData width={width} height={height} />;
  return (
    <TableNG
      data={frame}
      width={width}
      height={height}
      noHeader={!options.showHeader}
      showTypeIcons={options.showTypeIcons}
      resizable
      sortBy={options.sortBy}
      cellHeight={options.cellHeight}
      enablePagination={options.enablePagination}
      contentAwareWidthsEnabled
      frozenColumns={options.frozenColumns.left}
      enableSharedCrosshair={Boolean(context.sync?.())}
      structureRev={data.structureRev}
      timeRange={timeRange}
      fieldConfig={fieldConfig}
      transparent={transparent}
    />
  );
}
