import type { PanelDefinition } from '../definition';
import { HEATMAP_OPTIONS, type HeatmapOptions } from './model';
import { HeatmapView } from './view';

export const heatmap: PanelDefinition<HeatmapOptions> = {
  kind: 'heatmap',
  view: HeatmapView,
  options: HEATMAP_OPTIONS,
  fieldOptions: { hideFrom: undefined, scaleDistribution: undefined },
};
