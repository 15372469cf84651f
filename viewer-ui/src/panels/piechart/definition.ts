import type { PanelDefinition } from '../definition';
import { PIE_OPTIONS, type PieOptions } from './model';
import { PieView } from './view';

export const pieChart: PanelDefinition<PieOptions> = {
  kind: 'piechart',
  view: PieView,
  options: PIE_OPTIONS,
  fieldOptions: { hideFrom: { tooltip: false, viz: false, legend: false } },
  colorMode: 'palette-classic',
};
