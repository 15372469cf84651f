import { type DataFrame, type Field, FieldType, type TimeRange } from '@grafana/data';

/**
 * Keeps what can be drawn over time: frames with a time and at least one number, their infinities and NaNs made gaps.
 *
 * @returns the frames, or an empty list when nothing is left.
 */
export function toGraphable(frames: DataFrame[]): DataFrame[] {
  return frames.filter(isGraphable).map((frame) => ({ ...frame, fields: frame.fields.map(withoutNonFinite) }));
}

/** Whether any point lies inside the range; Grafana says so instead of drawing empty axes. */
export function hasPointsIn(frames: DataFrame[], range: TimeRange): boolean {
  const from = range.from.valueOf();
  const to = range.to.valueOf();
  return frames.some((frame) => {
    const time = frame.fields.find((field) => field.type === FieldType.time);
    return time?.values.some((at: number) => at >= from && at <= to) ?? false;
  });
}

function isGraphable(frame: DataFrame): boolean {
  return frame.length > 0 && frame.fields.some((field) => field.type === FieldType.time) && frame.fields.some((field) => field.type === FieldType.number);
}

function withoutNonFinite(field: Field): Field {
  if (field.type !== FieldType.number || field.values.every((value) => value === null || Number.isFinite(value))) return field;
  return { ...field, values: field.values.map((value) => (Number.isFinite(value) ? value : null)) };
}
