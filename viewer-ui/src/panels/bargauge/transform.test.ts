import { VizOrientation } from '@grafana/data';
import { BarGaugeDisplayMode } from '@grafana/schema';
import assert from 'node:assert/strict';
import test from 'node:test';
import { orientationFor, spacingFor } from './transform';

test('bars stand in a wide panel and lie in a tall one, unless the author chose', () => {
  assert.equal(orientationFor('auto', 200, 100), VizOrientation.Vertical);
  assert.equal(orientationFor('auto', 100, 200), VizOrientation.Horizontal);
  assert.equal(orientationFor('horizontal', 200, 100), VizOrientation.Horizontal);
});

test('rows of LCD cells stand as close as the cells', () => {
  assert.equal(spacingFor(BarGaugeDisplayMode.Lcd), 2);
  assert.equal(spacingFor(BarGaugeDisplayMode.Gradient), 10);
});
