import assert from 'node:assert/strict';
import test from 'node:test';
import { escapePattern, formatForQuery } from './interpolation';

/** What PromQL's parser makes of text between double quotes. */
function unquote(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

test('one value of a plain variable is text, its quotes and backslashes escaped', () => {
  assert.equal(formatForQuery('shop'), 'shop');
  assert.equal(formatForQuery('a"b\\c'), 'a\\"b\\\\c');
  assert.equal(formatForQuery('a.b'), 'a.b');
});

test('a variable of several values becomes a pattern', () => {
  assert.equal(formatForQuery(['a', 'b'], { multi: true }), '(a|b)');
  assert.equal(formatForQuery(['a'], { multi: true }), 'a');
  assert.equal(formatForQuery('127.0.0.1:9090', { includeAll: true }), '127\\\\.0\\\\.0\\\\.1:9090');
});

test('a pattern made of a value matches that value and no other', () => {
  for (const value of ['/products/<int:id>', '127.0.0.1:8000', 'a+b', '(x|y)', 'back\\slash', 'q"uote', '^$*?[]{}', "it's"]) {
    const pattern = new RegExp(`^(?:${unquote(escapePattern(value))})$`);

    assert.match(value, pattern);
    assert.doesNotMatch(`${value}x`, pattern);
    assert.doesNotMatch(value.replace(/[.+]/, 'x') === value ? `x${value}` : value.replace(/[.+]/, 'x'), pattern);
  }
});

test('no value can close the quotes around it', () => {
  for (const value of ['"} or up{x="', '\\"', '\\']) {
    for (const written of [formatForQuery(value), formatForQuery([value, 'b'])]) {
      assert.doesNotMatch(written.replace(/\\./g, ''), /["\\]/);
    }
  }
});
