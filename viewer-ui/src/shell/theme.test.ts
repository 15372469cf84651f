import assert from 'node:assert/strict';
import test from 'node:test';
import { chooseThemeMode } from './theme';

test('the address comes first, then the last choice, then dark', () => {
  assert.equal(chooseThemeMode('?theme=light', 'dark'), 'light');
  assert.equal(chooseThemeMode('?theme=dark', 'light'), 'dark');
  assert.equal(chooseThemeMode('', 'light'), 'light');
  assert.equal(chooseThemeMode('', null), 'dark');
});

test('what is no theme is dark', () => {
  assert.equal(chooseThemeMode('?theme=pink', null), 'dark');
});
