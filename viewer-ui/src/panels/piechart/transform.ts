import { type DisplayValue, type FieldDisplay, formattedValueToString } from '@grafana/data';
import { SortOrder } from '@grafana/schema';
import type { SliceText } from './model';

export interface Slice {
  label: string;
  color: string;
  value: string;
  percent: string;
  /** Radians, clockwise from the top; equal for a slice that is hidden. */
  from: number;
  to: number;
  isHidden: boolean;
}

/** Cuts the pie: one slice per value, its share that of all slices shown. */
export function toSlices(values: FieldDisplay[], order: SortOrder): Slice[] {
  const sorted = sortValues(values.filter((value) => !value.field.custom?.hideFrom?.legend || isShown(value)), order);
  const total = sorted.reduce((sum, value) => sum + (isShown(value) ? sizeOf(value) : 0), 0);
  let angle = 0;
  return sorted.map((value) => {
    const from = angle;
    const share = total > 0 && isShown(value) ? sizeOf(value) / total : 0;
    angle += share * 2 * Math.PI;
    return {
      label: value.display.title ?? '',
      color: value.display.color ?? 'gray',
      value: formattedValueToString(value.display),
      percent: `${(share * 100).toFixed(value.field.decimals ?? 0)}%`,
      from,
      to: angle,
      isHidden: !isShown(value),
    };
  });
}

/** The values beside a slice's name in the legend; a single one has no heading. */
export function legendTexts(slice: Slice, wanted: SliceText[]): DisplayValue[] {
  const hasHeadings = wanted.length > 1;
  return wanted
    .filter((name) => name !== 'name')
    .map((name) => ({ numeric: NaN, text: name === 'percent' ? slice.percent : slice.value, title: hasHeadings ? (name === 'percent' ? 'Percent' : 'Value') : '' }));
}

/** The text on a slice. */
export function sliceText(slice: Slice, wanted: SliceText[]): string[] {
  const texts: Record<SliceText, string> = { name: slice.label, value: slice.value, percent: slice.percent };
  return (['name', 'value', 'percent'] as const).filter((name) => wanted.includes(name)).map((name) => texts[name]);
}

function sortValues(values: FieldDisplay[], order: SortOrder): FieldDisplay[] {
  if (order === SortOrder.None) return values;
  const sign = order === SortOrder.Ascending ? 1 : -1;
  return [...values].sort((a, b) => sign * (sizeOf(a) - sizeOf(b)));
}

function isShown(value: FieldDisplay): boolean {
  return !value.field.custom?.hideFrom?.viz;
}

/** A pie cannot show negative values or NaN. */
function sizeOf(value: FieldDisplay): number {
  return Number.isFinite(value.display.numeric) ? Math.max(0, value.display.numeric) : 0;
}
