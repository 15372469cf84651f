import { type Threshold, ThresholdsMode, type ThresholdsConfig } from '@grafana/data';
import type { Point } from '../parts/arc';

/** How far the dial reaches to either side of the top, in radians: 18 degrees below the horizontal. */
export const HALF_TURN = 0.6 * Math.PI;

export interface Scale {
  min: number;
  max: number;
}

/** A stretch of the dial between two thresholds, as angles. */
export interface Band {
  from: number;
  to: number;
  color: string;
  /** Where the band begins on the scale. */
  value: number;
}

export interface Dial {
  center: Point;
  radius: number;
}

/** The angle of a value on the dial; what lies outside the scale stays at its end. */
export function angleOf(value: number, { min, max }: Scale): number {
  const share = max > min ? (value - min) / (max - min) : 0;
  return HALF_TURN * (2 * Math.min(1, Math.max(0, share)) - 1);
}

/** Lays the thresholds on the dial; those outside the scale are left out. */
export function toBands(thresholds: ThresholdsConfig | undefined, scale: Scale): Band[] {
  const steps = (thresholds?.steps ?? []).map((step) => ({ ...step, value: valueOf(step, thresholds, scale) }));
  const bands = steps.map((step, index) => ({
    from: angleOf(step.value, scale),
    to: angleOf(steps[index + 1]?.value ?? scale.max, scale),
    color: step.color,
    value: step.value,
  }));
  return bands.filter((band) => band.to > band.from);
}

/** The largest dial that fits, in the middle of what is left beside the title. */
export function fitDial(width: number, height: number): Dial {
  const heightPerRadius = 1 - Math.cos(HALF_TURN);
  const radius = Math.max(8, Math.min(width / 2, height / heightPerRadius) - 6);
  return { radius, center: { x: width / 2, y: radius + (height - radius * heightPerRadius) / 2 } };
}

function valueOf(step: Threshold, thresholds: ThresholdsConfig | undefined, { min, max }: Scale): number {
  if (!Number.isFinite(step.value ?? -Infinity)) return min;
  return thresholds?.mode === ThresholdsMode.Percentage ? min + (step.value / 100) * (max - min) : step.value;
}
