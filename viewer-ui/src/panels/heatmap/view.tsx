import { dateTimeFormat, formattedValueToString, getValueFormat, type PanelProps } from '@grafana/data';
import { AxisPlacement } from '@grafana/schema';
import { TooltipPlugin2, UPlotChart, useTheme2, VizTooltipContent, VizTooltipHeader, VizTooltipWrapper } from '@grafana/ui';
import { useMemo, useRef } from 'react';
import type uPlot from 'uplot';
import { CROSSHAIR_SCOPE, useCrosshairSync } from '../parts/crosshair';
import { HoverMode } from '../parts/hover';
import { NoData } from '../parts/NoData';
import { ColorLegend, LEGEND_HEIGHT } from './ColorLegend';
import type { HeatmapOptions } from './model';
import { toPalette } from './palette';
import { buildPlot, type Live } from './plot';
import { cellAt, edgeNames, type HeatmapGrid, toGrid } from './transform';

type Props = PanelProps<HeatmapOptions>;

/** How a distribution moves over time: a row per bucket, a colour per count. */
export function HeatmapView(props: Props) {
  const { data, options, width, height } = props;
  const grid = useMemo(() => toGrid(data.series, options.filterValues), [data.series, options.filterValues]);
  return grid ? <Heatmap {...props} grid={grid} /> : <NoData width={width} height={height} />;
}

function Heatmap({ grid, ...props }: Props & { grid: HeatmapGrid }) {
  const { options, width, height, timeRange } = props;
  const theme = useTheme2();
  const palette = useMemo(() => toPalette(options.color, theme), [options.color, theme]);
  const edges = edgeNames(grid.buckets, formatter(options.yAxis.unit, options.yAxis.decimals));
  const live: Live = { grid, timeRange, palette, min: options.color.min ?? grid.min, max: options.color.max ?? grid.max };
  const plot = usePlot(props, edges, live);
  // Redrawn when this changes; the cells come from `live`.
  const plotData = useMemo(() => [grid.times, grid.times.map(() => 0)] as uPlot.AlignedData, [grid]);
  const count = formatter(options.cellValues.unit, options.cellValues.decimals);
  const legendHeight = options.legend.show ? LEGEND_HEIGHT : 0;
  return (
    <>
      <UPlotChart config={plot} data={plotData} width={width} height={height - legendHeight}>
        {options.tooltip.mode !== 'none' && (
          <TooltipPlugin2
            config={plot}
            hoverMode={HoverMode.allSeries}
            queryZoom={props.onChangeTimeRange}
            syncMode={useCrosshairSync()}
            syncScope={CROSSHAIR_SCOPE}
            render={(chart, _indices, _series, isPinned) => <Tooltip chart={chart} grid={grid} edges={edges} count={count} timeZone={props.timeZone} isPinned={isPinned} />}
          />
        )}
      </UPlotChart>
      {options.legend.show && <ColorLegend palette={palette} min={count(live.min)} max={count(live.max)} />}
    </>
  );
}

/** The chart, rebuilt only when its axes or style change. */
function usePlot({ options, timeZone }: Props, edges: string[], live: Live) {
  const theme = useTheme2();
  const syncMode = useCrosshairSync();
  const current = useRef(live);
  current.current = live;
  const axes = edges.join('\n');
  return useMemo(
    () =>
      buildPlot(
        {
          theme,
          timeZone,
          edges: axes.split('\n'),
          cellGap: options.cellGap,
          cellRadius: options.cellRadius,
          reverse: Boolean(options.yAxis.reverse),
          axisPlacement: (options.yAxis.axisPlacement ?? AxisPlacement.Left) as AxisPlacement,
          axisLabel: options.yAxis.axisLabel,
          syncMode,
        },
        () => current.current,
      ),
    [theme, timeZone, axes, options, syncMode],
  );
}

interface TooltipProps {
  chart: uPlot;
  grid: HeatmapGrid;
  edges: string[];
  count: (value: number) => string;
  timeZone: string;
  isPinned: boolean;
}

function Tooltip({ chart, grid, edges, count, timeZone, isPinned }: TooltipProps) {
  const cell = cellAt(grid, chart.posToVal(chart.cursor.left ?? -1, 'x'), chart.posToVal(chart.cursor.top ?? -1, 'y'));
  const value = cell && grid.cells[cell.row]?.[cell.column];
  if (!cell || value === null || value === undefined) return null;
  const bucket = edges[cell.row] ? `${edges[cell.row]} – ${edges[cell.row + 1]}` : (edges[cell.row + 1] ?? '');
  return (
    <VizTooltipWrapper>
      <VizTooltipHeader item={{ label: '', value: dateTimeFormat(grid.times[cell.column]!, { timeZone }) }} isPinned={isPinned} />
      <VizTooltipContent
        items={[
          { label: 'Bucket', value: bucket },
          { label: 'Count', value: count(value) },
        ]}
        isPinned={isPinned}
      />
    </VizTooltipWrapper>
  );
}

function formatter(unit = 'short', decimals?: number) {
  const format = getValueFormat(unit);
  return (value: number) => formattedValueToString(format(value, decimals));
}
