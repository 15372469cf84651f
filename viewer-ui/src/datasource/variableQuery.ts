import type { MetricFindValue } from '@grafana/data';
import type { PrometheusClient } from './client';
import { seriesText } from './legend';
import { isSeriesData, type QueryData } from './promql';

/** A query variable's query, in the syntax of Grafana's Prometheus data source. */
type VariableQuery =
  | { kind: 'labelNames'; match?: string }
  | { kind: 'labelValues'; label: string; match?: string }
  | { kind: 'metrics'; pattern: string }
  | { kind: 'queryResult'; expr: string }
  | { kind: 'series'; match: string };

/** Seconds since 1970. */
interface Span {
  start: number;
  end: number;
}

/** Parses `label_values(up, job)` and the like; anything else selects series. */
export function parseVariableQuery(text: string): VariableQuery | undefined {
  const [, name, inner = ''] = /^\s*(label_names|label_values|metrics|query_result)\(([\s\S]*)\)\s*$/.exec(text) ?? [];
  const argument = inner.trim();
  switch (name) {
    case 'label_names':
      return { kind: 'labelNames', match: argument || undefined };
    case 'label_values':
      return parseLabelValues(argument);
    case 'metrics':
      return { kind: 'metrics', pattern: argument };
    case 'query_result':
      return { kind: 'queryResult', expr: argument };
    default:
      return text.trim() ? { kind: 'series', match: text.trim() } : undefined;
  }
}

function parseLabelValues(argument: string): VariableQuery {
  // The label follows the last comma; commas inside the selector's braces precede it.
  const comma = argument.lastIndexOf(',');
  const label = argument.slice(comma + 1).trim();
  return { kind: 'labelValues', label, match: comma < 0 ? undefined : argument.slice(0, comma).trim() || undefined };
}

/** Queries Prometheus for the variable's options. */
export async function findValues(client: PrometheusClient, query: VariableQuery, span: Span): Promise<MetricFindValue[]> {
  switch (query.kind) {
    case 'labelNames':
      return options(await client.ask<string[]>('labels', { ...span, 'match[]': query.match }));
    case 'labelValues':
      return options(await client.ask<string[]>(`label/${encodeURIComponent(query.label)}/values`, { ...span, 'match[]': query.match }));
    case 'metrics':
      return findMetrics(client, query.pattern, span);
    case 'queryResult':
      return findResults(client, query.expr, span);
    case 'series':
      return options((await client.ask<Record<string, string>[]>('series', { ...span, 'match[]': query.match })).map(seriesText));
  }
}

function options(values: string[]): MetricFindValue[] {
  return values.map((text) => ({ text }));
}

async function findMetrics(client: PrometheusClient, pattern: string, span: Span): Promise<MetricFindValue[]> {
  const names = await client.ask<string[]>('label/__name__/values', { ...span });
  const wanted = new RegExp(pattern);
  return options(names.filter((name) => wanted.test(name)));
}

async function findResults(client: PrometheusClient, expr: string, span: Span): Promise<MetricFindValue[]> {
  const data = await client.ask<QueryData>('query', { query: expr, time: span.end });
  if (!isSeriesData(data)) return options([data.result[1]]);
  return options(data.result.map(({ metric, value }) => `${seriesText(metric)} ${value?.[1]} ${(value?.[0] ?? 0) * 1000}`));
}
