import { renderLegendFormat } from '@grafana/data';
import type { PrometheusQuery } from './promql';

/** Writes a series as PromQL would: `name{label="value"}`, or an empty string without name and labels. */
export function seriesText(metric: Record<string, string>): string {
  const { __name__: name = '', ...labels } = metric;
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length ? `${name}{${pairs.join(', ')}}` : name;
}

/**
 * Names a series for its legend.
 *
 * @returns the name, or undefined if Grafana's library should find the shortest distinct one (`legendFormat` `__auto`).
 */
export function legendName(query: PrometheusQuery, metric: Record<string, string>): string | undefined {
  const format = query.legendFormat;
  if (format === '__auto') return Object.keys(metric).length ? undefined : query.expr;
  if (format) return renderLegendFormat(format, metric);
  return seriesText(metric) || query.expr;
}
