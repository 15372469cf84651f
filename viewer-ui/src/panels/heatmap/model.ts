export interface HeatmapColor {
  mode: 'scheme' | 'opacity';
  /** A colour scheme of d3-scale-chromatic, such as `Oranges`. */
  scheme: string;
  /** The one colour of mode `opacity`. */
  fill: string;
  scale: 'exponential' | 'linear';
  exponent: number;
  steps: number;
  reverse: boolean;
  min?: number;
  max?: number;
}

export interface HeatmapOptions {
  color: HeatmapColor;
  cellGap: number;
  cellRadius: number;
  cellValues: { unit?: string; decimals?: number };
  filterValues: { le?: number; ge?: number };
  legend: { show: boolean };
  tooltip: { mode: 'none' | 'single' | 'multi' };
  yAxis: { unit?: string; decimals?: number; reverse?: boolean; axisPlacement?: string; axisLabel?: string };
}

export const HEATMAP_OPTIONS: HeatmapOptions = {
  color: { mode: 'scheme', scheme: 'Oranges', fill: 'dark-orange', scale: 'exponential', exponent: 0.5, steps: 64, reverse: false },
  cellGap: 1,
  cellRadius: 0,
  cellValues: {},
  filterValues: { le: 1e-9 },
  legend: { show: true },
  tooltip: { mode: 'single' },
  yAxis: { axisPlacement: 'left' },
};
