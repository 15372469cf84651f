import { createDataFrame, type DataFrame, type Field, FieldType } from '@grafana/data';
import { parseValue, type PrometheusQuery, samplesOf, type SeriesResult } from './promql';

type NewField = Omit<Field, 'config'> & { config: Field['config'] };

/** Turns all series into rows: time, one column per label in alphabetical order, value. */
export function tableFrame(series: SeriesResult[], query: PrometheusQuery, oneOfSeveral: boolean): DataFrame {
  const rows = series.flatMap((item) => samplesOf(item).map(([seconds, text]) => ({ metric: item.metric, seconds, text })));
  const labels = [...new Set(series.flatMap((item) => Object.keys(item.metric)))].sort();
  const fields: NewField[] = [
    { name: 'Time', type: FieldType.time, values: rows.map((row) => row.seconds * 1000), config: {} },
    ...labels.map((label) => labelField(label, rows.map((row) => row.metric[label] ?? ''))),
    { name: oneOfSeveral ? `Value #${query.refId}` : 'Value', type: FieldType.number, values: rows.map((row) => parseValue(row.text)), config: {} },
  ];
  return createDataFrame({ refId: query.refId, meta: { preferredVisualisationType: 'table' }, fields: rows.length ? fields : [] });
}

function labelField(label: string, values: string[]): NewField {
  // Buckets sort numerically.
  if (label === 'le') return { name: label, type: FieldType.number, values: values.map(parseValue), config: {} };
  return { name: label, type: FieldType.string, values, config: { filterable: true } };
}
