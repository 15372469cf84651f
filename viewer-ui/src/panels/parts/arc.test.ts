import assert from 'node:assert/strict';
import test from 'node:test';
import { arcPath, pointAt } from './arc';

const center = { x: 10, y: 10 };

test('angles run clockwise from the top', () => {
  const right = pointAt(center, 5, Math.PI / 2);

  assert.ok(Math.abs(right.x - 15) < 1e-9);
  assert.ok(Math.abs(right.y - 10) < 1e-9);
});

test('a segment wider than half a turn takes the long way round', () => {
  assert.match(arcPath({ center, inner: 0, outer: 5, from: 0, to: 4 }), /A5,5 0 1 1/);
  assert.match(arcPath({ center, inner: 0, outer: 5, from: 0, to: 1 }), /A5,5 0 0 1/);
});

test('a full turn still has two different ends, or SVG would draw nothing', () => {
  const path = arcPath({ center, inner: 0, outer: 500, from: 0, to: 2 * Math.PI });
  const [, start, end] = /^M([\d.-]+,[\d.-]+)A\d+,\d+ 0 1 1 ([\d.-]+,[\d.-]+)/.exec(path) ?? [];

  assert.ok(start && end);
  assert.notEqual(start, end);
});

test('a ring has an inner arc that runs back, a disc goes through its centre', () => {
  assert.match(arcPath({ center, inner: 2, outer: 5, from: 0, to: 1 }), /A2,2 0 0 0/);
  assert.match(arcPath({ center, inner: 0, outer: 5, from: 0, to: 1 }), /L10,10Z$/);
});
