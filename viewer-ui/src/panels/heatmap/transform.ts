import { type DataFrame, type Field, FieldType, getFieldDisplayName } from '@grafana/data';

/** Cells of a heatmap: a row per bucket from the bottom up, a column per point in time. */
export interface HeatmapGrid {
  /** Milliseconds; where each column ends. */
  times: number[];
  /** Width of a column in milliseconds. */
  stepMs: number;
  /** Upper bounds of the rows as the data names them. */
  buckets: string[];
  /** Per row, per column; null where there is no value. */
  cells: Array<Array<number | null>>;
  /** Smallest and largest value that is drawn. */
  min: number;
  max: number;
}

interface ValueFilter {
  /** Values up to and including this are not drawn. */
  le?: number;
  /** Values from this on are not drawn. */
  ge?: number;
}

/** Lays out series of buckets as cells; undefined when there are none. */
export function toGrid(frames: DataFrame[], filter: ValueFilter): HeatmapGrid | undefined {
  const rows = frames.flatMap(rowsOf);
  const times = [...new Set(rows.flatMap((row) => row.times))].sort((a, b) => a - b);
  if (!rows.length || !times.length) return undefined;
  const cells = rows.map((row) => {
    const values = new Map(row.times.map((time, index) => [time, row.values[index] ?? null]));
    return times.map((time) => drawn(values.get(time) ?? null, filter));
  });
  const shown = cells.flat().filter((value): value is number => value !== null);
  const [min, max] = shown.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  const hasCells = shown.length > 0;
  return { times, stepMs: stepOf(rows[0]!.interval, times), buckets: rows.map((row) => row.name), cells, min: hasCells ? min : 0, max: hasCells ? max : 0 };
}

/** The row and column under a position, or undefined where no cell is. */
export function cellAt(grid: HeatmapGrid, timeMs: number, row: number): { row: number; column: number } | undefined {
  const column = grid.times.findIndex((time) => timeMs > time - grid.stepMs && timeMs <= time);
  const index = Math.floor(row);
  return column >= 0 && index >= 0 && index < grid.buckets.length ? { row: index, column } : undefined;
}

/** Reads a bucket's bound as a number: undefined for buckets with names. */
export function boundOf(name: string): number | undefined {
  if (/^\+?Inf$/i.test(name)) return Infinity;
  const value = Number(name);
  return name.trim() === '' || Number.isNaN(value) ? undefined : value;
}

/**
 * Labels the lower edge of each row, and the upper edge of the last, from the bottom up. Numeric buckets start at zero;
 * named ones have a label on their upper edge only.
 */
export function edgeNames(buckets: string[], format: (value: number) => string): string[] {
  const bounds = buckets.map(boundOf);
  const isNumeric = bounds.every((bound) => bound !== undefined);
  const names = buckets.map((name, index) => (isNumeric && Number.isFinite(bounds[index]) ? format(bounds[index]!) : name));
  return [isNumeric && (bounds[0] ?? 0) > 0 ? format(0) : '', ...names];
}

interface Row {
  name: string;
  times: number[];
  values: number[];
  interval?: number | null;
}

function rowsOf(frame: DataFrame): Row[] {
  const time = frame.fields.find((field) => field.type === FieldType.time);
  const values = frame.fields.filter((field) => field.type === FieldType.number && !field.config.custom?.hideFrom?.viz);
  if (!time) return [];
  return values.map((field) => ({ name: nameOf(field, frame), times: time.values, values: field.values, interval: time.config.interval }));
}

function nameOf(field: Field, frame: DataFrame): string {
  return field.labels?.le ?? getFieldDisplayName(field, frame);
}

function stepOf(interval: number | null | undefined, times: number[]): number {
  if (interval) return interval;
  const gaps = times.slice(1).map((time, index) => time - times[index]!);
  return gaps.length ? Math.min(...gaps) : 15000;
}

function drawn(value: number | null, { le, ge }: ValueFilter): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  if (le !== undefined && value <= le) return null;
  return ge !== undefined && value >= ge ? null : value;
}
