import type { VizTextDisplayOptions } from '@grafana/schema';
import { SINGLE_VALUE_OPTIONS, type SingleValueOptions } from '../parts/values';

export interface GaugeOptions extends SingleValueOptions {
  showThresholdMarkers: boolean;
  showThresholdLabels: boolean;
  sizing: 'auto' | 'manual';
  minVizWidth: number;
  minVizHeight: number;
  text?: VizTextDisplayOptions;
}

export const GAUGE_OPTIONS: GaugeOptions = {
  ...SINGLE_VALUE_OPTIONS,
  showThresholdMarkers: true,
  showThresholdLabels: false,
  sizing: 'auto',
  minVizWidth: 75,
  minVizHeight: 75,
};
