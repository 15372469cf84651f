import assert from 'node:assert/strict';
import test from 'node:test';
import { dashboardPath, uidFromPath } from './address';

test('the uid stands in the path', () => {
  assert.equal(uidFromPath('/d/application-overview'), 'application-overview');
  assert.equal(uidFromPath('/d/a%20b/slug'), 'a b');
  assert.equal(uidFromPath('/'), undefined);
});

test('another dashboard keeps time, refresh and theme, but not the variables', () => {
  assert.equal(dashboardPath('b c', '?from=now-5m&to=now&refresh=5s&theme=light&var-job=x'), '/d/b%20c?from=now-5m&to=now&refresh=5s&theme=light');
  assert.equal(dashboardPath('b', ''), '/d/b');
});
