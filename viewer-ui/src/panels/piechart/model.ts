import { LegendDisplayMode, SortOrder, TooltipDisplayMode, type VizLegendOptions, type VizTooltipOptions } from '@grafana/schema';
import { SINGLE_VALUE_OPTIONS, type SingleValueOptions } from '../parts/values';

export type SliceText = 'name' | 'value' | 'percent';

export interface PieOptions extends SingleValueOptions {
  pieType: 'pie' | 'donut';
  sort: SortOrder;
  displayLabels: SliceText[];
  legend: VizLegendOptions & { values: SliceText[] };
  tooltip: VizTooltipOptions;
}

export const PIE_OPTIONS: PieOptions = {
  ...SINGLE_VALUE_OPTIONS,
  pieType: 'pie',
  sort: SortOrder.Descending,
  displayLabels: [],
  legend: { showLegend: true, displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [], values: [] },
  tooltip: { mode: TooltipDisplayMode.Single, sort: SortOrder.None },
};
