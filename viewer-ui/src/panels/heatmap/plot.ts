import { DashboardCursorSync, type GrafanaTheme2, type TimeRange } from '@grafana/data';
import { AxisPlacement, ScaleDirection, ScaleOrientation } from '@grafana/schema';
import { UPlotConfigBuilder } from '@grafana/ui';
import type uPlot from 'uplot';
import { CROSSHAIR_SCOPE } from '../parts/crosshair';
import { paletteIndex } from './palette';
import type { HeatmapGrid } from './transform';

const LABEL_HEIGHT = 12;

/** What changes with each refresh; read while drawing, so the chart is not rebuilt. */
export interface Live {
  grid: HeatmapGrid;
  timeRange: TimeRange;
  palette: string[];
  min: number;
  max: number;
}

interface PlotOptions {
  theme: GrafanaTheme2;
  timeZone: string;
  edges: string[];
  cellGap: number;
  cellRadius: number;
  reverse: boolean;
  axisPlacement: AxisPlacement;
  axisLabel?: string;
  syncMode: DashboardCursorSync;
}

/** Builds the chart: time on x, one row per bucket on y, cells drawn on the canvas. */
export function buildPlot(options: PlotOptions, live: () => Live): UPlotConfigBuilder {
  const builder = new UPlotConfigBuilder(options.timeZone);
  addTimeAxis(builder, options, live);
  addBucketAxis(builder, options);
  // An invisible series: the chart's cursor follows points, and cells have none.
  builder.addSeries({ scaleKey: 'y', theme: options.theme, pathBuilder: () => null, pointsBuilder: () => false, show: true });
  builder.setPrepData(() => [[]]);
  builder.setCursor({ points: { show: false }, drag: { x: true, y: false, setScale: false } });
  if (options.syncMode !== DashboardCursorSync.Off) builder.setCursor({ sync: { key: CROSSHAIR_SCOPE, scales: ['x', null] } });
  builder.addHook('draw', (plot) => drawCells(plot, live(), options));
  return builder;
}

function addTimeAxis(builder: UPlotConfigBuilder, { theme, timeZone }: PlotOptions, live: () => Live): void {
  builder.addScale({
    scaleKey: 'x',
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => [live().timeRange.from.valueOf(), live().timeRange.to.valueOf()],
  });
  builder.addAxis({ scaleKey: 'x', isTime: true, placement: AxisPlacement.Bottom, theme, timeZone });
}

function addBucketAxis(builder: UPlotConfigBuilder, { theme, edges, reverse, axisPlacement, axisLabel }: PlotOptions): void {
  builder.addScale({
    scaleKey: 'y',
    isTime: false,
    orientation: ScaleOrientation.Vertical,
    direction: reverse ? ScaleDirection.Down : ScaleDirection.Up,
    range: () => [0, edges.length - 1],
  });
  builder.addAxis({
    scaleKey: 'y',
    placement: axisPlacement,
    label: axisLabel,
    theme,
    splits: () => edges.map((_, index) => index),
    values: (plot, splits) => splits.map((at) => (at % labelEvery(plot, edges.length) === 0 ? (edges[at] ?? '') : '')),
    ticks: { show: false },
  });
}

/** Labels every bucket unless the panel is too short. */
function labelEvery(plot: uPlot, count: number): number {
  const height = plot.bbox?.height ? plot.bbox.height / devicePixelRatio : plot.height;
  return Math.max(1, Math.ceil((LABEL_HEIGHT * (count - 1)) / height));
}

function drawCells(plot: uPlot, { grid, palette, min, max }: Live, { cellGap, cellRadius }: PlotOptions): void {
  const gap = cellGap * devicePixelRatio;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const columns = grid.times.map((time) => [plot.valToPos(time - grid.stepMs, 'x', true), plot.valToPos(time, 'x', true)] as const);
  grid.cells.forEach((row, index) => {
    const [bottom, top] = [plot.valToPos(index, 'y', true), plot.valToPos(index + 1, 'y', true)];
    row.forEach((value, column) => {
      if (value === null) return;
      const [left, right] = columns[column]!;
      ctx.fillStyle = palette[paletteIndex(value, min, max, palette.length)]!;
      ctx.beginPath();
      ctx.roundRect(left + gap / 2, Math.min(top, bottom) + gap / 2, Math.max(1, right - left - gap), Math.max(1, Math.abs(bottom - top) - gap), cellRadius);
      ctx.fill();
    });
  });
  ctx.restore();
}
