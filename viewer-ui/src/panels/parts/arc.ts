export interface Point {
  x: number;
  y: number;
}

interface Arc {
  center: Point;
  inner: number;
  outer: number;
  /** Radians, clockwise from the top. */
  from: number;
  to: number;
}

/** The point at an angle (radians, clockwise from the top) and distance from the centre. */
export function pointAt(center: Point, radius: number, angle: number): Point {
  return { x: center.x + radius * Math.sin(angle), y: center.y - radius * Math.cos(angle) };
}

/** Writes a ring segment as an SVG path. A full turn is drawn a hair short, because SVG draws nothing for a closed arc. */
export function arcPath({ center, inner, outer, from, to }: Arc): string {
  const end = Math.min(to, from + 2 * Math.PI - 1e-4);
  const large = end - from > Math.PI ? 1 : 0;
  const line = (point: Point) => `${round(point.x)},${round(point.y)}`;
  const outside = `M${line(pointAt(center, outer, from))}A${outer},${outer} 0 ${large} 1 ${line(pointAt(center, outer, end))}`;
  const inside = inner > 0 ? `L${line(pointAt(center, inner, end))}A${inner},${inner} 0 ${large} 0 ${line(pointAt(center, inner, from))}` : `L${line(center)}`;
  return `${outside}${inside}Z`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
