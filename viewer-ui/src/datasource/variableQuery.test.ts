import assert from 'node:assert/strict';
import test from 'node:test';
import type { PrometheusClient } from './client';
import { findValues, parseVariableQuery } from './variableQuery';

test('the questions of query variables are read', () => {
  assert.deepEqual(parseVariableQuery('label_values(job)'), { kind: 'labelValues', label: 'job', match: undefined });
  assert.deepEqual(parseVariableQuery('label_values(up, job)'), { kind: 'labelValues', label: 'job', match: 'up' });
  assert.deepEqual(parseVariableQuery(' label_values( up{a="1",b=~"x,y"} , instance ) '), { kind: 'labelValues', label: 'instance', match: 'up{a="1",b=~"x,y"}' });
  assert.deepEqual(parseVariableQuery('label_names()'), { kind: 'labelNames', match: undefined });
  assert.deepEqual(parseVariableQuery('metrics(http_.*)'), { kind: 'metrics', pattern: 'http_.*' });
  assert.deepEqual(parseVariableQuery('query_result(sum(up) by (job))'), { kind: 'queryResult', expr: 'sum(up) by (job)' });
  assert.deepEqual(parseVariableQuery('up{job="a"}'), { kind: 'series', match: 'up{job="a"}' });
  assert.equal(parseVariableQuery('  '), undefined);
});

test('label values are asked for with selector and time', async () => {
  const asked: unknown[] = [];
  const client = { ask: async (...question: unknown[]) => (asked.push(question), ['a', 'b']) } as unknown as PrometheusClient;

  const values = await findValues(client, parseVariableQuery('label_values(up, job)')!, { start: 1, end: 2 });

  assert.deepEqual(values, [{ text: 'a' }, { text: 'b' }]);
  assert.deepEqual(asked, [['label/job/values', { start: 1, end: 2, 'match[]': 'up' }]]);
});

test('results of a query are written as Grafana writes them, for a regex to pick from', async () => {
  const answer = { resultType: 'vector', result: [{ metric: { __name__: 'up', job: 'a' }, value: [2, '1'] }] };
  const client = { ask: async () => answer } as unknown as PrometheusClient;

  assert.deepEqual(await findValues(client, { kind: 'queryResult', expr: 'up' }, { start: 1, end: 2 }), [{ text: 'up{job="a"} 1 2000' }]);
});
