import assert from 'node:assert/strict';
import test from 'node:test';
import { QueryError } from './queryError';
import { Connection } from './connection';

const unreachable = new QueryError('gone', true);

/** A connection whose pauses are over at once; `answers` says for each probe whether somebody answered. */
function connect(answers: boolean[]) {
  const pauses: number[] = [];
  const probe = async () => {
    if (!answers.shift()) throw unreachable;
  };
  const connection = new Connection(probe, async (ms) => void pauses.push(ms));
  const restored = new Promise<void>((done) => connection.onRestored(done));
  return { connection, pauses, restored };
}

test('after a failure it asks until somebody answers, with longer and longer pauses, then tells', async () => {
  const { connection, pauses, restored } = connect([false, false, false, true]);

  connection.note(unreachable);
  await restored;

  assert.deepEqual(pauses, [1000, 2000, 4000, 5000]);
});

test('several failures start one asking', async () => {
  const { connection, pauses, restored } = connect([true]);

  connection.note(unreachable);
  connection.note(unreachable);
  await restored;

  assert.equal(pauses.length, 1);
});

test('a refused query is no lost connection', () => {
  const { connection, pauses } = connect([]);

  connection.note(new QueryError('parse error'));

  assert.deepEqual(pauses, []);
});

test('an answer to any question ends it, and a listener that left is not told', () => {
  const connection = new Connection(async () => undefined, () => new Promise(() => undefined));
  const told: string[] = [];
  connection.onRestored(() => told.push('stays'));
  connection.onRestored(() => told.push('left'))();

  connection.note(unreachable);
  connection.noteAnswer();
  connection.noteAnswer();

  assert.deepEqual(told, ['stays']);
});
