/**
 * Which points a chart's tooltip follows. Upstream declares these as a const enum, which is gone once compiled, so the
 * numbers stand here.
 */
export const HoverMode = {
  nearestSeries: 0,
  allSeries: 1,
  cell: 2,
} as const;
