/** The query of a panel target or variable, as in the dashboard's JSON. */
export interface PrometheusQuery {
  refId: string;
  expr: string;
  /** One value at the end of the time range instead of a series over it. */
  instant?: boolean;
  range?: boolean;
  format?: 'time_series' | 'table' | 'heatmap';
  legendFormat?: string;
  /** The smallest step, such as `15s`; it may hold variables. */
  interval?: string;
  intervalFactor?: number;
  hide?: boolean;
  datasource?: { type?: string; uid?: string } | null;
}

/** Unix seconds and a number written out, as Prometheus's HTTP API sends a sample. */
export type Sample = [number, string];

export interface SeriesResult {
  metric: Record<string, string>;
  value?: Sample;
  values?: Sample[];
}

export interface SeriesData {
  resultType: 'matrix' | 'vector';
  result: SeriesResult[];
}

export interface SingleData {
  resultType: 'scalar' | 'string';
  result: Sample;
}

export type QueryData = SeriesData | SingleData;

/** Distinguishes series from a single number or string. */
export function isSeriesData(data: QueryData): data is SeriesData {
  return data.resultType === 'matrix' || data.resultType === 'vector';
}

/** The samples of one series, whichever kind of query it comes from. */
export function samplesOf(series: SeriesResult): Sample[] {
  return series.values ?? (series.value ? [series.value] : []);
}

/** Reads a sample's value: Prometheus writes infinities as `+Inf` and `-Inf`. */
export function parseValue(text: string): number {
  if (text === '+Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  return Number(text);
}
