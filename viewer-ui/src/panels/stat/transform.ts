import type { FieldDisplay, FieldSparkline, TimeRange } from '@grafana/data';
import { BigValueTextMode } from '@grafana/schema';

/** The sparkline over the whole range of the dashboard, so that a series that began late starts in the middle. */
export function sparklineOver(value: FieldDisplay, range: TimeRange): FieldSparkline | undefined {
  return value.sparkline && { ...value.sparkline, timeRange: range };
}

/** Whether names stand beside the values: with several values they do, unless the panel says otherwise. */
export function textModeFor(mode: BigValueTextMode, count: number): BigValueTextMode {
  return mode === BigValueTextMode.Auto && count > 1 ? BigValueTextMode.ValueAndName : mode;
}
