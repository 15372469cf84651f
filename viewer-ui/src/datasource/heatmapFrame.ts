import { createDataFrame, type DataFrame, DataFrameType, FieldType } from '@grafana/data';
import { parseValue } from './promql';

interface Bucket {
  bound: string;
  counts: Map<number, number>;
}

/**
 * Turns the cumulative buckets of a histogram (one series per `le`) into counts per bucket, in one frame with a column per
 * bucket from the lowest bound to the highest.
 */
export function heatmapFrame(frames: DataFrame[], refId: string): DataFrame {
  const buckets = frames.map(toBucket).sort((a, b) => parseValue(a.bound) - parseValue(b.bound));
  const times = [...new Set(buckets.flatMap((bucket) => [...bucket.counts.keys()]))].sort((a, b) => a - b);
  return createDataFrame({
    refId,
    meta: { type: DataFrameType.HeatmapRows },
    fields: [
      { name: 'Time', type: FieldType.time, values: times, config: frames[0]?.fields[0]?.config ?? {} },
      ...buckets.map((bucket, index) => ({
        name: bucket.bound,
        type: FieldType.number,
        values: times.map((time) => countAt(bucket, buckets[index - 1], time)),
        labels: { le: bucket.bound },
        config: {},
      })),
    ],
  });
}

function toBucket(frame: DataFrame): Bucket {
  const [time, value] = frame.fields;
  const counts = new Map<number, number>();
  time?.values.forEach((at: number, index: number) => counts.set(at, value?.values[index]));
  return { bound: value?.labels?.le ?? '+Inf', counts };
}

function countAt(bucket: Bucket, below: Bucket | undefined, time: number): number | null {
  const count = bucket.counts.get(time);
  if (count === undefined) return null;
  // Rates of adjacent buckets are rounded separately, so clamp at zero.
  return Math.max(0, count - (below?.counts.get(time) ?? 0));
}
