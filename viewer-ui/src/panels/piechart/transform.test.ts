import type { FieldDisplay } from '@grafana/data';
import { SortOrder } from '@grafana/schema';
import assert from 'node:assert/strict';
import test from 'node:test';
import { legendTexts, sliceText, toSlices } from './transform';

function value(title: string, numeric: number, hidden = false): FieldDisplay {
  return {
    name: title,
    field: { custom: { hideFrom: { viz: hidden, legend: false, tooltip: false } } },
    display: { title, numeric, text: String(numeric), color: 'green' },
    hasLinks: false,
  } as FieldDisplay;
}

test('slices share the whole turn by size, the largest first', () => {
  const slices = toSlices([value('404', 1), value('200', 3)], SortOrder.Descending);

  assert.deepEqual(slices.map((slice) => [slice.label, slice.percent]), [['200', '75%'], ['404', '25%']]);
  assert.equal(slices[0]!.from, 0);
  assert.equal(slices[0]!.to, slices[1]!.from);
  assert.ok(Math.abs(slices[1]!.to - 2 * Math.PI) < 1e-9);
});

test('a hidden slice takes no share but stays in the legend', () => {
  const slices = toSlices([value('200', 3), value('404', 1, true)], SortOrder.None);

  assert.deepEqual(slices.map((slice) => [slice.percent, slice.isHidden]), [['100%', false], ['0%', true]]);
});

test('nothing, negatives and NaN draw an empty pie instead of failing', () => {
  const slices = toSlices([value('a', 0), value('b', -4), value('c', NaN)], SortOrder.None);

  assert.deepEqual(slices.map((slice) => slice.to), [0, 0, 0]);
});

test('a single text in the legend has no heading, several have', () => {
  const [slice] = toSlices([value('200', 3)], SortOrder.None);

  assert.deepEqual(legendTexts(slice!, ['percent']).map((text) => [text.title, text.text]), [['', '100%']]);
  assert.deepEqual(legendTexts(slice!, ['value', 'percent']).map((text) => text.title), ['Value', 'Percent']);
});

test('the text on a slice keeps one order, whatever order was asked for', () => {
  const [slice] = toSlices([value('200', 3)], SortOrder.None);

  assert.deepEqual(sliceText(slice!, ['percent', 'name']), ['200', '100%']);
});
