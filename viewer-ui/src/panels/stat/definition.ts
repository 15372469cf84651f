import type { PanelDefinition } from '../definition';
import { STAT_OPTIONS, type StatOptions } from './model';
import { StatView } from './view';

export const stat: PanelDefinition<StatOptions> = {
  kind: 'stat',
  view: StatView,
  options: STAT_OPTIONS,
  fieldOptions: {},
  colorMode: 'thresholds',
  // The library hides the sparkline of a tile of 100 pixels or less; padding would push small panels below that.
  noPadding: true,
};
