import type { PanelDefinition } from '../definition';
import { BAR_GAUGE_OPTIONS, type BarGaugeOptions } from './model';
import { BarGaugeView } from './view';

export const barGauge: PanelDefinition<BarGaugeOptions> = {
  kind: 'bargauge',
  view: BarGaugeView,
  options: BAR_GAUGE_OPTIONS,
  fieldOptions: {},
  colorMode: 'thresholds',
};
