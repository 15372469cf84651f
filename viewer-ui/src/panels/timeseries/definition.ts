import type { PanelDefinition } from '../definition';
import { GRAPH_FIELD_OPTIONS, TIME_SERIES_OPTIONS, type TimeSeriesOptions } from './model';
import { TimeSeriesView } from './view';

export const timeSeries: PanelDefinition<TimeSeriesOptions> = {
  kind: 'timeseries',
  view: TimeSeriesView,
  options: TIME_SERIES_OPTIONS,
  fieldOptions: GRAPH_FIELD_OPTIONS,
  colorMode: 'palette-classic',
};
