import { rangeUtil } from '@grafana/data';

/** Grafana's default scrape interval for a data source without one. */
export const DEFAULT_TIME_INTERVAL = '15s';

// Prometheus rejects range queries with more points per series.
const MOST_POINTS = 11000;

export interface StepRequest {
  /** Length of the time range in milliseconds. */
  rangeMs: number;
  /** Points that fit the panel's width. */
  maxDataPoints: number;
  /** The interval computed from range, width and minimum interval, in milliseconds. */
  intervalMs: number;
  /** The data source's scrape interval, such as `15s`. */
  timeInterval: string;
  /** The query's minimum step, interpolated; empty if unset. */
  minStep?: string;
  intervalFactor?: number;
}

export interface Step {
  /** Seconds between the points of a range query. */
  step: number;
  /** What `$__rate_interval` stands for, in seconds. */
  rateInterval: number;
}

const RATE_INTERVAL = /^\$(__rate_interval|\{__rate_interval\})$/;

/**
 * Computes step and `$__rate_interval` as Grafana's documentation of its Prometheus data source states them: the step is
 * the range over the panel's points, never below the query's or the data source's interval; the rate interval is the
 * larger of step + scrape interval and four scrape intervals.
 */
export function computeStep(request: StepRequest): Step {
  const asksRateInterval = RATE_INTERVAL.test(request.minStep ?? '');
  const minStep = asksRateInterval ? undefined : request.minStep;
  const lowest = minStep ? rangeUtil.intervalToMs(minStep) : request.intervalMs;
  const calculated = Math.max(rangeUtil.roundInterval(request.rangeMs / Math.max(1, request.maxDataPoints)), lowest, 1000);
  const allowed = rangeUtil.roundInterval(request.rangeMs / MOST_POINTS);
  const scrapeMs = rangeUtil.intervalToMs(minStep || request.timeInterval);
  const rateMs = Math.max(calculated + scrapeMs, 4 * scrapeMs);
  const stepMs = asksRateInterval ? rateMs : Math.max(calculated, allowed) * (request.intervalFactor || 1);
  return { step: stepMs / 1000, rateInterval: Math.round(rateMs / 1000) };
}

/** Aligns a range to multiples of the step, so that refreshes request the same points and lines do not jitter. */
export function alignRange(fromMs: number, toMs: number, step: number): { start: number; end: number } {
  return { start: Math.floor(fromMs / 1000 / step) * step, end: Math.floor(toMs / 1000 / step) * step };
}
