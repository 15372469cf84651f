import { createDataFrame, FieldType } from '@grafana/data';
import assert from 'node:assert/strict';
import test from 'node:test';
import { toTable } from './transform';

const frame = createDataFrame({
  fields: [
    { name: 'name', type: FieldType.string, values: ['x'], config: { custom: { align: 'auto' } } },
    { name: 'count', type: FieldType.number, values: [1], config: {} },
    { name: 'chosen', type: FieldType.number, values: [1], config: { custom: { align: 'center' } } },
  ],
});

test('numbers stand to the right unless the author chose', () => {
  assert.deepEqual(toTable([frame], 0)?.fields.map((field) => field.config.custom?.align), ['auto', 'right', 'center']);
});

test('a frame that is not there falls back to the first, and no columns are no table', () => {
  assert.equal(toTable([frame], 7)?.fields.length, 3);
  assert.equal(toTable([createDataFrame({ fields: [] })], 0), undefined);
  assert.equal(toTable([], 0), undefined);
});
