import { createTheme } from '@grafana/data';
import assert from 'node:assert/strict';
import test from 'node:test';
import { HEATMAP_OPTIONS } from './model';
import { paletteIndex, toPalette } from './palette';

const color = HEATMAP_OPTIONS.color;
const dark = createTheme({ colors: { mode: 'dark' } });
const light = createTheme({ colors: { mode: 'light' } });

test('a scheme from light to dark is turned round on a dark background', () => {
  assert.deepEqual(toPalette(color, dark), toPalette(color, light).reverse());
  assert.deepEqual(toPalette({ ...color, scheme: 'Turbo' }, dark), toPalette({ ...color, scheme: 'Turbo' }, light));
});

test('the author can turn it round again', () => {
  assert.deepEqual(toPalette({ ...color, reverse: true }, dark), toPalette(color, light));
});

test('an unknown scheme is drawn in the default one', () => {
  assert.deepEqual(toPalette({ ...color, scheme: 'NoSuchThing' }, light), toPalette(color, light));
});

test('values spread over the whole palette and stay inside it', () => {
  assert.equal(paletteIndex(0, 0, 10, 64), 0);
  assert.equal(paletteIndex(10, 0, 10, 64), 63);
  assert.equal(paletteIndex(99, 0, 10, 64), 63);
  assert.equal(paletteIndex(-1, 0, 10, 64), 0);
  assert.equal(paletteIndex(5, 5, 5, 64), 63);
});
