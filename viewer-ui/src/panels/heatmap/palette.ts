import type { GrafanaTheme2 } from '@grafana/data';
import * as schemes from 'd3-scale-chromatic';
import type { HeatmapColor } from './model';

type Interpolate = (share: number) => string;

// These run from dark to light by themselves or are symmetric; all others run from light to dark, which on a dark
// background would make the emptiest cell the brightest.
const SAME_ON_DARK = new Set([
  ...['BrBG', 'PRGn', 'PiYG', 'PuOr', 'RdBu', 'RdGy', 'RdYlBu', 'RdYlGn', 'Spectral'],
  ...['Turbo', 'Viridis', 'Magma', 'Inferno', 'Plasma', 'Cividis', 'Warm', 'Cool', 'CubehelixDefault', 'Rainbow', 'Sinebow'],
]);

/** The colours of the cells from the lowest value to the highest. */
export function toPalette(color: HeatmapColor, theme: GrafanaTheme2): string[] {
  const steps = Math.max(2, Math.min(128, color.steps));
  const shares = Array.from({ length: steps }, (_, index) => index / (steps - 1));
  const palette = color.mode === 'opacity' ? shares.map(opacity(color, theme)) : shares.map(schemeOf(color.scheme));
  const isFlipped = color.mode === 'scheme' && theme.isDark && !SAME_ON_DARK.has(color.scheme);
  return isFlipped !== color.reverse ? palette.reverse() : palette;
}

/** The index of a value in a palette. */
export function paletteIndex(value: number, min: number, max: number, size: number): number {
  if (max <= min) return size - 1;
  return Math.max(0, Math.min(size - 1, Math.floor(((value - min) / (max - min)) * size)));
}

function schemeOf(name: string): Interpolate {
  const found = (schemes as unknown as Record<string, Interpolate | undefined>)[`interpolate${name}`];
  return found ?? schemes.interpolateOranges;
}

function opacity(color: HeatmapColor, theme: GrafanaTheme2): Interpolate {
  const fill = theme.visualization.getColorByName(color.fill);
  const strength: (share: number) => number = color.scale === 'exponential' ? (share) => share ** color.exponent : (share) => share;
  return (share) => `color-mix(in srgb, ${fill} ${Math.round(strength(share) * 100)}%, transparent)`;
}
