import { dateTime, type FieldDisplay, type TimeRange } from '@grafana/data';
import { BigValueTextMode } from '@grafana/schema';
import assert from 'node:assert/strict';
import test from 'node:test';
import { sparklineOver, textModeFor } from './transform';

test('several values carry their names, one does not, and a chosen mode stays', () => {
  assert.equal(textModeFor(BigValueTextMode.Auto, 2), BigValueTextMode.ValueAndName);
  assert.equal(textModeFor(BigValueTextMode.Auto, 1), BigValueTextMode.Auto);
  assert.equal(textModeFor(BigValueTextMode.Value, 2), BigValueTextMode.Value);
});

test("a sparkline spans the dashboard's range", () => {
  const range = { from: dateTime(0), to: dateTime(1) } as TimeRange;

  assert.equal(sparklineOver({ sparkline: { y: {} } } as FieldDisplay, range)?.timeRange, range);
  assert.equal(sparklineOver({} as FieldDisplay, range), undefined);
});
