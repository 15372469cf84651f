import type { DataTransformerConfig, FieldConfigSource } from '@grafana/data';
import type { PrometheusQuery } from '../datasource/promql';

/** The part of Grafana's dashboard JSON (schema version 39 and similar) that the page reads. */
export interface DashboardJson {
  uid?: string;
  title?: string;
  timezone?: string;
  weekStart?: string;
  time?: { from: string; to: string };
  refresh?: string | false;
  timepicker?: { hidden?: boolean; refresh_intervals?: string[] };
  graphTooltip?: number;
  panels?: PanelJson[];
  templating?: { list?: VariableJson[] };
}

export interface GridPosition {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface PanelJson {
  id?: number;
  type: string;
  title?: string;
  description?: string;
  transparent?: boolean;
  gridPos?: GridPosition;
  datasource?: DataSourceJson;
  targets?: PrometheusQuery[];
  transformations?: DataTransformerConfig[];
  options?: object;
  fieldConfig?: FieldConfigSource;
  maxDataPoints?: number | null;
  interval?: string | null;
  pluginVersion?: string;
  /** Of rows only. */
  collapsed?: boolean;
  /** Of collapsed rows only. */
  panels?: PanelJson[];
}

export type DataSourceJson = { type?: string; uid?: string } | null;

type Value = string | string[];

export interface VariableJson {
  name: string;
  type: string;
  label?: string | null;
  description?: string | null;
  hide?: number;
  skipUrlSync?: boolean;
  query?: string | { query?: string };
  definition?: string;
  datasource?: DataSourceJson;
  regex?: string;
  sort?: number;
  refresh?: number;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string | null;
  current?: { text?: Value; value?: Value };
  auto?: boolean;
  auto_min?: string;
  auto_count?: number;
}
