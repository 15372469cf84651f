import { FieldType } from '@grafana/data';
import assert from 'node:assert/strict';
import test from 'node:test';
import { toFrames } from './frames';
import type { PrometheusQuery, QueryData, SeriesResult } from './promql';

const query: PrometheusQuery = { refId: 'A', expr: 'up' };

function matrix(...result: SeriesResult[]): QueryData {
  return { resultType: 'matrix', result };
}

function vector(...result: SeriesResult[]): QueryData {
  return { resultType: 'vector', result };
}

function frames(data: QueryData, more: Partial<PrometheusQuery> = {}, step = 15, oneOfSeveralTables = false) {
  return toFrames(data, { query: { ...query, ...more }, step, oneOfSeveralTables });
}

test('each series of a range becomes a frame that knows its step', () => {
  const [frame] = frames(matrix({ metric: { __name__: 'up', job: 'a' }, values: [[1, '1'], [16, '0']] }));

  assert.deepEqual(frame?.fields[0]?.values, [1000, 16000]);
  assert.equal(frame?.fields[0]?.config.interval, 15000);
  assert.deepEqual(frame?.fields[1]?.values, [1, 0]);
  assert.deepEqual(frame?.fields[1]?.labels, { __name__: 'up', job: 'a' });
});

test("infinities and NaN are read as Prometheus writes them", () => {
  const [frame] = frames(matrix({ metric: {}, values: [[1, '+Inf'], [2, '-Inf'], [3, 'NaN']] }));

  assert.deepEqual(frame?.fields[1]?.values, [Infinity, -Infinity, NaN]);
});

test('a series is named by its legend format, its labels or the query', () => {
  const series = { metric: { __name__: 'up', job: 'a' }, values: [[1, '1']] } satisfies SeriesResult;
  const bare = { metric: {}, values: [[1, '1']] } satisfies SeriesResult;
  const nameOf = (data: QueryData, legendFormat?: string) => frames(data, { legendFormat })[0]?.fields[1]?.config.displayNameFromDS;

  assert.equal(nameOf(matrix(series), '{{job}}!'), 'a!');
  assert.equal(nameOf(matrix(series)), 'up{job="a"}');
  assert.equal(nameOf(matrix(series), '__auto'), undefined);
  assert.equal(nameOf(matrix(bare), '__auto'), 'up');
  assert.equal(nameOf(matrix(bare)), 'up');
});

test('an instant answer keeps one order, unless the query asks for its own', () => {
  const data = vector({ metric: { status: '500' }, value: [1, '1'] }, { metric: { status: '200' }, value: [1, '2'] });
  const order = (expr: string) => frames(data, { expr }, 0).map((frame) => frame.fields[1]?.labels?.status);

  assert.deepEqual(order('sum(x) by (status)'), ['200', '500']);
  assert.deepEqual(order('sort_desc(sum(x) by (status))'), ['500', '200']);
});

test('a scalar is a series without labels', () => {
  const [frame] = frames({ resultType: 'scalar', result: [1, '42'] }, {}, 0);

  assert.deepEqual(frame?.fields[1]?.values, [42]);
});

test('a table has a column per label and names its value', () => {
  const data = vector({ metric: { b: '1', a: 'x' }, value: [1, '5'] }, { metric: { a: 'y' }, value: [1, '6'] });

  const [table] = frames(data, { format: 'table' }, 0);

  assert.deepEqual(table?.fields.map((field) => field.name), ['Time', 'a', 'b', 'Value']);
  assert.deepEqual(table?.fields.map((field) => field.values), [[1000, 1000], ['x', 'y'], ['1', ''], [5, 6]]);
  assert.equal(frames(data, { format: 'table' }, 0, true)[0]?.fields[3]?.name, 'Value #A');
});

test('bounds of buckets are numbers in a table, so that they sort by size', () => {
  const [table] = frames(vector({ metric: { le: '+Inf' }, value: [1, '5'] }), { format: 'table' }, 0);

  assert.equal(table?.fields[1]?.type, FieldType.number);
  assert.deepEqual(table?.fields[1]?.values, [Infinity]);
});

test('a heatmap has a column per bucket from low to high, counts no longer cumulative', () => {
  const data = matrix(
    { metric: { le: '+Inf' }, values: [[1, '10'], [2, '12']] },
    { metric: { le: '0.5' }, values: [[1, '4'], [2, '9']] },
    { metric: { le: '1' }, values: [[1, '6'], [2, '8']] },
  );

  const [frame] = frames(data, { format: 'heatmap' });

  assert.deepEqual(frame?.fields.map((field) => field.name), ['Time', '0.5', '1', '+Inf']);
  assert.deepEqual(frame?.fields.slice(1).map((field) => field.values), [[4, 9], [2, 0], [4, 4]]);
});

test('an empty answer makes no frames, and a table without columns', () => {
  assert.deepEqual(frames(matrix()), []);
  assert.deepEqual(frames(matrix(), { format: 'heatmap' }), []);
  assert.deepEqual(frames(vector(), { format: 'table' }, 0)[0]?.fields, []);
});
