import { createDataFrame, dateTime, FieldType, type TimeRange } from '@grafana/data';
import assert from 'node:assert/strict';
import test from 'node:test';
import { hasPointsIn, toGraphable } from './transform';

function series(values: unknown[], times = values.map((_, index) => index * 1000)) {
  return createDataFrame({
    fields: [
      { name: 'Time', type: FieldType.time, values: times, config: {} },
      { name: 'Value', type: FieldType.number, values, config: {} },
    ],
  });
}

test('infinities and NaN become gaps, all else stays', () => {
  const [frame] = toGraphable([series([1, NaN, Infinity, null, 2])]);

  assert.deepEqual(frame?.fields[1]?.values, [1, null, null, null, 2]);
});

test('a frame without time, without numbers or without rows is left out', () => {
  const text = createDataFrame({ fields: [{ name: 'a', type: FieldType.string, values: ['x'], config: {} }] });

  assert.deepEqual(toGraphable([text, series([])]), []);
});

test('points outside the time range do not count', () => {
  const range = { from: dateTime(1000), to: dateTime(2000) } as TimeRange;

  assert.equal(hasPointsIn([series([1, 2], [1500, 9000])], range), true);
  assert.equal(hasPointsIn([series([1, 2], [0, 9000])], range), false);
});
