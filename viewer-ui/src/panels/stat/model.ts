import { BigValueColorMode, BigValueGraphMode, BigValueJustifyMode, BigValueTextMode, PercentChangeColorMode, type VizTextDisplayOptions } from '@grafana/schema';
import { SINGLE_VALUE_OPTIONS, type SingleValueOptions } from '../parts/values';

export interface StatOptions extends SingleValueOptions {
  colorMode: BigValueColorMode;
  graphMode: BigValueGraphMode;
  justifyMode: BigValueJustifyMode;
  textMode: BigValueTextMode;
  wideLayout: boolean;
  showPercentChange: boolean;
  percentChangeColorMode: PercentChangeColorMode;
  text?: VizTextDisplayOptions;
}

export const STAT_OPTIONS: StatOptions = {
  ...SINGLE_VALUE_OPTIONS,
  colorMode: BigValueColorMode.Value,
  graphMode: BigValueGraphMode.Area,
  justifyMode: BigValueJustifyMode.Auto,
  textMode: BigValueTextMode.Auto,
  wideLayout: true,
  showPercentChange: false,
  percentChangeColorMode: PercentChangeColorMode.Standard,
};
