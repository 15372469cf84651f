import {
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  DataSourceApi,
  type DataSourceInstanceSettings,
  type DataSourceJsonData,
  getDefaultTimeRange,
  type MetricFindValue,
  type ScopedVars,
  type TimeRange,
} from '@grafana/data';
import { sceneGraph, type SceneObject } from '@grafana/scenes';
import { Observable } from 'rxjs';
import { PrometheusClient } from './client';
import { toFrames } from './frames';
import { formatForQuery } from './interpolation';
import { alignRange, computeStep, DEFAULT_TIME_INTERVAL, type Step } from './interval';
import type { PrometheusQuery, QueryData } from './promql';
import { findValues, parseVariableQuery } from './variableQuery';

export interface PrometheusOptions extends DataSourceJsonData {
  timeInterval?: string;
}

interface VariableOptions {
  range?: TimeRange;
  scopedVars?: ScopedVars;
}

/** The part of Grafana's Prometheus data source that a read-only dashboard needs. */
export class PrometheusDataSource extends DataSourceApi<PrometheusQuery, PrometheusOptions> {
  private readonly timeInterval: string;

  constructor(
    settings: DataSourceInstanceSettings<PrometheusOptions>,
    private readonly client: PrometheusClient,
  ) {
    super(settings);
    this.timeInterval = settings.jsonData.timeInterval || DEFAULT_TIME_INTERVAL;
    // Scenes uses this as the minimum of $__interval.
    this.interval = this.timeInterval;
  }

  /** Runs the request's queries concurrently; unsubscribing aborts them. */
  override query(request: DataQueryRequest<PrometheusQuery>): Observable<DataQueryResponse> {
    return new Observable((subscriber) => {
      const abort = new AbortController();
      this.runAll(request, abort.signal).then(
        (data) => {
          subscriber.next({ data });
          subscriber.complete();
        },
        (error: unknown) => subscriber.error(error),
      );
      return () => abort.abort();
    });
  }

  /** Returns a query variable's options. */
  override async metricFindQuery(query: string | { query?: string }, options: VariableOptions = {}): Promise<MetricFindValue[]> {
    const text = interpolate(typeof query === 'string' ? query : (query.query ?? ''), options.scopedVars);
    const parsed = parseVariableQuery(text);
    if (!parsed) return [];
    const range = options.range ?? getDefaultTimeRange();
    return findValues(this.client, parsed, { start: range.from.valueOf() / 1000, end: range.to.valueOf() / 1000 });
  }

  override async testDatasource() {
    await this.client.ask('query', { query: '1' });
    return { status: 'success' as const, message: 'Prometheus is responding' };
  }

  private async runAll(request: DataQueryRequest<PrometheusQuery>, signal: AbortSignal): Promise<DataFrame[]> {
    const queries = request.targets.filter((query) => !query.hide && query.expr);
    const severalTables = queries.filter((query) => query.format === 'table').length > 1;
    const frames = await Promise.all(queries.map((query) => this.run(query, request, severalTables, signal)));
    return frames.flat();
  }

  private async run(query: PrometheusQuery, request: DataQueryRequest<PrometheusQuery>, oneOfSeveralTables: boolean, signal: AbortSignal): Promise<DataFrame[]> {
    const step = this.stepFor(query, request);
    const expr = interpolate(query.expr, { ...request.scopedVars, ...builtIns(request, step) });
    const resolved = { ...query, expr, legendFormat: interpolate(query.legendFormat ?? '', request.scopedVars, 'text') };
    if (query.instant && !query.range) {
      const data = await this.client.ask<QueryData>('query', { query: expr, time: request.range.to.valueOf() / 1000 }, signal);
      return toFrames(data, { query: resolved, step: 0, oneOfSeveralTables });
    }
    const range = alignRange(request.range.from.valueOf(), request.range.to.valueOf(), step.step);
    const data = await this.client.ask<QueryData>('query_range', { query: expr, ...range, step: step.step }, signal);
    return toFrames(data, { query: resolved, step: step.step, oneOfSeveralTables });
  }

  private stepFor(query: PrometheusQuery, request: DataQueryRequest<PrometheusQuery>): Step {
    return computeStep({
      rangeMs: request.range.to.valueOf() - request.range.from.valueOf(),
      maxDataPoints: request.maxDataPoints ?? 1000,
      intervalMs: request.intervalMs,
      timeInterval: this.timeInterval,
      minStep: interpolate(query.interval ?? '', request.scopedVars),
      intervalFactor: query.intervalFactor,
    });
  }
}

/** Grafana's built-in variables, for one query. */
function builtIns(request: DataQueryRequest, { step, rateInterval }: Step): ScopedVars {
  const rangeMs = request.range.to.valueOf() - request.range.from.valueOf();
  const rangeSeconds = Math.round(rangeMs / 1000);
  const values = {
    __interval: `${step}s`,
    __interval_ms: step * 1000,
    __rate_interval: `${rateInterval}s`,
    __rate_interval_ms: rateInterval * 1000,
    __range: `${rangeSeconds}s`,
    __range_s: rangeSeconds,
    __range_ms: rangeMs,
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, text: String(value) }]));
}

function interpolate(text: string, scopedVars: ScopedVars = {}, format: typeof formatForQuery | 'text' = formatForQuery): string {
  const origin = scopedVars.__sceneObject?.value?.valueOf() as SceneObject | undefined;
  return origin ? sceneGraph.interpolate(origin, text, scopedVars, format) : text;
}
