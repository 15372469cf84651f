import assert from 'node:assert/strict';
import test from 'node:test';
import { alignRange, computeStep, type StepRequest } from './interval';

const hour: StepRequest = { rangeMs: 3600_000, maxDataPoints: 360, intervalMs: 10_000, timeInterval: '15s' };

test('the step is the range over the points a panel can show', () => {
  assert.equal(computeStep(hour).step, 10);
});

test("the dashboard's interval, which honours the scrape interval, is the least step", () => {
  assert.equal(computeStep({ ...hour, intervalMs: 15_000 }).step, 15);
  assert.equal(computeStep({ ...hour, rangeMs: 60_000, intervalMs: 1000, timeInterval: '1s' }).step, 1);
});

test("a query's own least step wins over a finer one and may undercut the dashboard's interval", () => {
  assert.equal(computeStep({ ...hour, minStep: '1m' }).step, 60);
  assert.equal(computeStep({ ...hour, intervalMs: 30_000, minStep: '5s' }).step, 10);
});

test('a factor stretches the step', () => {
  assert.equal(computeStep({ ...hour, intervalFactor: 2 }).step, 20);
});

test('the step never asks for more points than Prometheus gives', () => {
  const year = { ...hour, rangeMs: 365 * 86_400_000, maxDataPoints: 1_000_000, intervalMs: 1000 };

  assert.ok(year.rangeMs / 1000 / computeStep(year).step <= 11_000);
});

test('the rate interval is step plus scrape interval, and at least four scrape intervals', () => {
  assert.equal(computeStep(hour).rateInterval, 60);
  assert.equal(computeStep({ ...hour, timeInterval: '1s' }).rateInterval, 11);
  assert.equal(computeStep({ ...hour, intervalMs: 300_000 }).rateInterval, 315);
});

test("a query's own least step stands for the scrape interval in the rate interval", () => {
  assert.equal(computeStep({ ...hour, minStep: '1m' }).rateInterval, 240);
});

test('a least step of $__rate_interval makes the step the rate interval', () => {
  for (const minStep of ['$__rate_interval', '${__rate_interval}']) {
    const { step, rateInterval } = computeStep({ ...hour, minStep });

    assert.equal(step, rateInterval);
    assert.equal(step, 60);
  }
});

test('a range moves to multiples of the step', () => {
  assert.deepEqual(alignRange(1_007_000, 1_063_000, 15), { start: 1005, end: 1050 });
});
