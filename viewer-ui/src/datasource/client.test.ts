import assert from 'node:assert/strict';
import test, { afterEach } from 'node:test';
import { PrometheusClient } from './client';
import { QueryError } from './queryError';
import { Connection } from './connection';

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

function clientAnsweredWith(answer: () => Promise<Response>) {
  const requests: Request[] = [];
  globalThis.fetch = async (input, init) => {
    requests.push(new Request(new URL(String(input), 'http://page'), init));
    return answer();
  };
  const connection = new Connection(async () => undefined, () => new Promise(() => undefined));
  return { client: new PrometheusClient(connection), requests };
}

function json(body: unknown, status = 200) {
  return async () => Response.json(body, { status });
}

test('queries go as POST, so that a long one fits, and label values as GET', async () => {
  const { client, requests } = clientAnsweredWith(json({ status: 'success', data: [] }));

  await client.ask('query', { query: 'up', time: 1, limit: undefined });
  await client.ask('label/job/values', { 'match[]': 'up' });

  assert.deepEqual(requests.map((request) => [request.method, new URL(request.url).pathname]), [
    ['POST', '/api/prometheus/api/v1/query'],
    ['GET', '/api/prometheus/api/v1/label/job/values'],
  ]);
  assert.equal(await requests[0]!.text(), 'query=up&time=1');
  assert.equal(new URL(requests[1]!.url).searchParams.get('match[]'), 'up');
});

test("Prometheus's own words say why a query failed", async () => {
  const { client } = clientAnsweredWith(json({ status: 'error', error: 'parse error: unexpected )' }, 400));

  await assert.rejects(client.ask('query'), (error: QueryError) => error.message === 'parse error: unexpected )' && !error.unreachable);
});

test('a gateway that reaches nobody, and a page server that is gone, count as unreachable', async () => {
  const gateway = clientAnsweredWith(json({ status: 'error', error: 'Prometheus is down' }, 502));
  const gone = clientAnsweredWith(() => Promise.reject(new TypeError('Failed to fetch')));

  await assert.rejects(gone.client.ask('query'), (error: QueryError) => error.unreachable && /page server/.test(error.message));
  globalThis.fetch = json({ status: 'error', error: 'Prometheus is down' }, 502);
  await assert.rejects(gateway.client.ask('query'), (error: QueryError) => error.unreachable && error.message === 'Prometheus is down');
});

test('an answer that is no JSON is reported with its status', async () => {
  const { client } = clientAnsweredWith(async () => new Response('<html>', { status: 500, statusText: 'Oops' }));

  await assert.rejects(client.ask('query'), /500 Oops/);
});

test('a query that was broken off is no lost connection', async () => {
  const abort = new AbortController();
  const { client } = clientAnsweredWith(() => Promise.reject(new DOMException('aborted', 'AbortError')));
  abort.abort();

  await assert.rejects(client.ask('query', {}, abort.signal), { name: 'AbortError' });
});
