import type { PanelDefinition } from '../definition';
import { GAUGE_OPTIONS, type GaugeOptions } from './model';
import { GaugeView } from './view';

export const gauge: PanelDefinition<GaugeOptions> = {
  kind: 'gauge',
  view: GaugeView,
  options: GAUGE_OPTIONS,
  fieldOptions: { neutral: undefined },
  colorMode: 'thresholds',
};
