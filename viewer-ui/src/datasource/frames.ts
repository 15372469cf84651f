import { createDataFrame, DataFrameType, type DataFrame, FieldType } from '@grafana/data';
import { heatmapFrame } from './heatmapFrame';
import { legendName } from './legend';
import { isSeriesData, parseValue, type PrometheusQuery, type QueryData, samplesOf, type SeriesResult } from './promql';
import { tableFrame } from './tableFrame';

interface FrameContext {
  query: PrometheusQuery;
  /** Seconds between points; 0 for an instant query. */
  step: number;
  /** Whether other queries of the panel return tables too, which decides the value column's name. */
  oneOfSeveralTables: boolean;
}

/** Turns a Prometheus result into the data frames that Grafana's libraries draw. */
export function toFrames(data: QueryData, context: FrameContext): DataFrame[] {
  const { query } = context;
  const series = inOrder(seriesOf(data), query.expr);
  if (query.format === 'table') return [tableFrame(series, query, context.oneOfSeveralTables)];
  const frames = series.map((item) => seriesFrame(item, context));
  if (query.format === 'heatmap' && frames.length) return [heatmapFrame(frames, query.refId)];
  return frames;
}

function seriesOf(data: QueryData): SeriesResult[] {
  return isSeriesData(data) ? data.result : [{ metric: {}, value: data.result }];
}

const ORDERED = /\b(sort|sort_desc|sort_by_label|sort_by_label_desc|topk|bottomk)\b/;

/**
 * Sorts series by their labels. Prometheus does so for ranges but not for instants, where colours would change with
 * each refresh. An order that the query requests is kept.
 */
function inOrder(series: SeriesResult[], expr: string): SeriesResult[] {
  if (ORDERED.test(expr)) return series;
  return [...series].sort((a, b) => compareLabels(a.metric, b.metric));
}

function compareLabels(a: Record<string, string>, b: Record<string, string>): number {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  for (const name of names) {
    const [left = '', right = ''] = [a[name], b[name]];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

function seriesFrame(series: SeriesResult, { query, step }: FrameContext): DataFrame {
  const samples = samplesOf(series);
  const name = legendName(query, series.metric);
  return createDataFrame({
    refId: query.refId,
    name,
    meta: { type: step ? DataFrameType.TimeSeriesMulti : DataFrameType.NumericMulti },
    fields: [
      // With an interval set, the chart leaves a gap where Prometheus has no point.
      { name: 'Time', type: FieldType.time, values: samples.map(([seconds]) => seconds * 1000), config: step ? { interval: step * 1000 } : {} },
      {
        name: 'Value',
        type: FieldType.number,
        values: samples.map(([, text]) => parseValue(text)),
        labels: series.metric,
        config: name ? { displayNameFromDS: name } : {},
      },
    ],
  });
}
