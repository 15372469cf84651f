import type { OptionsWithLegend, OptionsWithTooltip } from '@grafana/schema';
import { LegendDisplayMode, SortOrder, TooltipDisplayMode } from '@grafana/schema';

export type TimeSeriesOptions = OptionsWithLegend & OptionsWithTooltip;

export const TIME_SERIES_OPTIONS: TimeSeriesOptions = {
  legend: { showLegend: true, displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [] },
  tooltip: { mode: TooltipDisplayMode.Single, sort: SortOrder.None },
};

/** `fieldConfig.custom` of a chart over time, with Grafana's defaults. */
export const GRAPH_FIELD_OPTIONS: Record<string, unknown> = {
  drawStyle: 'line',
  lineInterpolation: 'linear',
  lineWidth: 1,
  lineStyle: undefined,
  lineColor: undefined,
  fillOpacity: 0,
  fillColor: undefined,
  fillBelowTo: undefined,
  gradientMode: 'none',
  barAlignment: 0,
  barWidthFactor: 0.6,
  barMaxWidth: undefined,
  showPoints: 'auto',
  pointSize: 5,
  pointSymbol: undefined,
  spanNulls: false,
  insertNulls: false,
  showValues: false,
  stacking: { mode: 'none', group: 'A' },
  transform: undefined,
  axisPlacement: 'auto',
  axisLabel: '',
  axisColorMode: 'text',
  axisBorderShow: false,
  axisGridShow: undefined,
  axisWidth: undefined,
  axisSoftMin: undefined,
  axisSoftMax: undefined,
  axisCenteredZero: false,
  scaleDistribution: { type: 'linear' },
  thresholdsStyle: { mode: 'off' },
  hideFrom: { tooltip: false, viz: false, legend: false },
};
