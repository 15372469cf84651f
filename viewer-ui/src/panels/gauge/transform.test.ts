import { ThresholdsMode } from '@grafana/data';
import assert from 'node:assert/strict';
import test from 'node:test';
import { angleOf, fitDial, HALF_TURN, toBands } from './transform';

const scale = { min: 0, max: 100 };

test('the middle of the scale is at the top and its ends at the ends of the dial', () => {
  assert.equal(angleOf(50, scale), 0);
  assert.equal(angleOf(0, scale), -HALF_TURN);
  assert.equal(angleOf(100, scale), HALF_TURN);
});

test('values outside the scale stay at its ends', () => {
  assert.equal(angleOf(-5, scale), -HALF_TURN);
  assert.equal(angleOf(1e9, scale), HALF_TURN);
  assert.equal(angleOf(5, { min: 5, max: 5 }), -HALF_TURN);
});

test('thresholds become bands that cover the dial without a gap', () => {
  const steps = [
    { value: -Infinity, color: 'green' },
    { value: 50, color: 'yellow' },
    { value: 80, color: 'red' },
  ];

  const bands = toBands({ mode: ThresholdsMode.Absolute, steps }, scale);

  assert.deepEqual(bands.map((band) => band.color), ['green', 'yellow', 'red']);
  assert.equal(bands[0]!.from, -HALF_TURN);
  assert.equal(bands[0]!.to, bands[1]!.from);
  assert.equal(bands[2]!.to, HALF_TURN);
});

test('percentage thresholds follow the scale', () => {
  const steps = [
    { value: -Infinity, color: 'green' },
    { value: 50, color: 'red' },
  ];

  const bands = toBands({ mode: ThresholdsMode.Percentage, steps }, { min: 0, max: 0.1 });

  assert.equal(bands[1]!.value, 0.05);
  assert.equal(bands[1]!.from, 0);
});

test('a threshold beyond the scale has no band', () => {
  const steps = [
    { value: -Infinity, color: 'green' },
    { value: 200, color: 'red' },
  ];

  assert.deepEqual(toBands({ mode: ThresholdsMode.Absolute, steps }, scale).map((band) => band.color), ['green']);
});

test('the dial stays inside its box', () => {
  for (const [width, height] of [
    [200, 100],
    [100, 400],
    [900, 90],
  ] as const) {
    const { center, radius } = fitDial(width, height);

    assert.ok(center.x - radius >= 0 && center.x + radius <= width);
    assert.ok(center.y - radius >= 0);
    assert.ok(center.y - radius * Math.cos(HALF_TURN) <= height);
  }
});
