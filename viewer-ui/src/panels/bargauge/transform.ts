import { VizOrientation } from '@grafana/data';
import { BarGaugeDisplayMode } from '@grafana/schema';

/** `auto` lays bars along the longer side: upright in a wide panel, lying in a tall one. */
export function orientationFor(orientation: string, width: number, height: number): VizOrientation {
  if (orientation !== VizOrientation.Auto) return orientation as VizOrientation;
  return width > height ? VizOrientation.Vertical : VizOrientation.Horizontal;
}

/** Pixels between bars; the cells of an LCD bar are 2 apart, and rows of them look even at the same distance. */
export function spacingFor(mode: BarGaugeDisplayMode): number {
  return mode === BarGaugeDisplayMode.Lcd ? 2 : 10;
}
