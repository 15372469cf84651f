import { createDataFrame, FieldType } from '@grafana/data';
import { SortOrder, TooltipDisplayMode } from '@grafana/schema';
import assert from 'node:assert/strict';
import test from 'node:test';
import { tooltipItems } from './Tooltip';

const frame = createDataFrame({
  fields: [
    { name: 'Time', type: FieldType.time, values: [1, 2], config: {} },
    { name: 'a', type: FieldType.number, values: [5, 1], config: {} },
    { name: 'b', type: FieldType.number, values: [7, null], config: {} },
    { name: 'c', type: FieldType.number, values: [6, 3], config: { custom: { hideFrom: { viz: true } } } },
  ],
});
const labels = (indices: number[], options: { mode: TooltipDisplayMode; sort: SortOrder }, series: number | null = null) =>
  tooltipItems(frame, indices, series, options).map((item) => item.label);

test('all series at that time are listed, in the order asked for', () => {
  assert.deepEqual(labels([0, 0, 0, 0], { mode: TooltipDisplayMode.Multi, sort: SortOrder.None }), ['a', 'b']);
  assert.deepEqual(labels([0, 0, 0, 0], { mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending }), ['b', 'a']);
});

test('a series without a value there, or hidden, is not', () => {
  assert.deepEqual(labels([1, 1, 1, 1], { mode: TooltipDisplayMode.Multi, sort: SortOrder.None }), ['a']);
});

test('single mode lists the nearest series alone', () => {
  assert.deepEqual(labels([0, 0, 0, 0], { mode: TooltipDisplayMode.Single, sort: SortOrder.None }, 2), ['b']);
});
