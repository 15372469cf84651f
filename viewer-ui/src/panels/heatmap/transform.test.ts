import { createDataFrame, type DataFrame, FieldType } from '@grafana/data';
import assert from 'node:assert/strict';
import test from 'node:test';
import { boundOf, cellAt, edgeNames, toGrid } from './transform';

function buckets(...rows: Array<[string, Array<number | null>]>): DataFrame {
  return createDataFrame({
    fields: [
      { name: 'Time', type: FieldType.time, values: [1000, 2000, 3000], config: { interval: 1000 } },
      ...rows.map(([le, values]) => ({ name: le, type: FieldType.number, values, labels: { le }, config: {} })),
    ],
  });
}

test('each bucket is a row and each point in time a column', () => {
  const grid = toGrid([buckets(['0.1', [1, 2, 3]], ['+Inf', [4, null, 6]])], {});

  assert.deepEqual(grid?.buckets, ['0.1', '+Inf']);
  assert.deepEqual(grid?.times, [1000, 2000, 3000]);
  assert.deepEqual(grid?.cells, [[1, 2, 3], [4, null, 6]]);
  assert.equal(grid?.stepMs, 1000);
});

test('values outside the filter are not drawn and do not stretch the colours', () => {
  const grid = toGrid([buckets(['1', [0, 5, 1000]])], { le: 1e-9, ge: 1000 });

  assert.deepEqual(grid?.cells, [[null, 5, null]]);
  assert.deepEqual([grid?.min, grid?.max], [5, 5]);
});

test('no series make no grid, and empty cells alone make one without colours', () => {
  assert.equal(toGrid([], {}), undefined);
  assert.deepEqual([toGrid([buckets(['1', [0, 0, 0]])], { le: 0 })?.max], [0]);
});

test('a position falls into the column that ends at its time', () => {
  const grid = toGrid([buckets(['0.1', [1, 2, 3]], ['+Inf', [4, 5, 6]])], {})!;

  assert.deepEqual(cellAt(grid, 1500, 1.7), { row: 1, column: 1 });
  assert.deepEqual(cellAt(grid, 2000, 0.2), { row: 0, column: 1 });
  assert.equal(cellAt(grid, 3001, 0.2), undefined);
  assert.equal(cellAt(grid, 1500, 2.1), undefined);
  assert.equal(cellAt(grid, 1500, -0.1), undefined);
});

test('the edges of numeric buckets are formatted and start at zero', () => {
  assert.deepEqual(edgeNames(['0.005', '1', '+Inf'], (value) => `${value} s`), ['0 s', '0.005 s', '1 s', '+Inf']);
});

test('named buckets keep their names', () => {
  assert.deepEqual(edgeNames(['cold', 'hot'], String), ['', 'cold', 'hot']);
});

test('a bound is read as Prometheus writes it', () => {
  assert.equal(boundOf('+Inf'), Infinity);
  assert.equal(boundOf('2.5'), 2.5);
  assert.equal(boundOf('fast'), undefined);
  assert.equal(boundOf(''), undefined);
});
