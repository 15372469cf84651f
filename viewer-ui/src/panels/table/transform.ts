import { cacheFieldDisplayNames, type DataFrame, type Field, FieldType } from '@grafana/data';

/** Chooses the frame to show and lines its columns up: numbers to the right, header included. */
export function toTable(frames: DataFrame[], index: number): DataFrame | undefined {
  // The library's table looks columns up by display name and expects the names to be there.
  cacheFieldDisplayNames(frames);
  const frame = frames[index] ?? frames[0];
  return frame?.fields.length ? { ...frame, fields: frame.fields.map(alignNumbers) } : undefined;
}

function alignNumbers(field: Field): Field {
  const align = field.config.custom?.align ?? 'auto';
  if (field.type !== FieldType.number || align !== 'auto') return field;
  return { ...field, config: { ...field.config, custom: { ...field.config.custom, align: 'right' } } };
}
