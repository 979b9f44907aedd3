// What a reader has done is kept, survives what is not ours, and can be carried away in a file.
import assert from 'node:assert/strict';
import test, { beforeEach } from 'node:test';
import { doneOnPages, ours, packed, unpacked, work } from '../../pages/exercises/src/work.js';
import { keep, kept } from '../../pages/look/src/shelf.js';
import { storage } from './storage.js';

beforeEach(() => {
  globalThis.localStorage = storage();
  work.onchange = () => {};
});

test('what is kept is there again, until nothing is kept', () => {
  assert.equal(keep('a', { b: [1] }), true);
  assert.deepEqual(kept('a'), { b: [1] });
  assert.equal(keep('a', undefined), true);
  assert.equal(kept('a'), undefined);
  assert.deepEqual(Object.keys(localStorage), []);
});

test('what is no JSON, or null, is as if nothing were kept', () => {
  localStorage.setItem('a', 'not JSON');
  localStorage.setItem('b', 'null');
  assert.deepEqual([kept('a'), kept('b')], [undefined, undefined]);
});

test('a full storage says so, and keeps what it had', () => {
  globalThis.localStorage = storage(10);
  assert.equal(keep('a', 1), true);
  assert.equal(keep('a', 'far more than it has room for'), false);
  assert.equal(kept('a'), 1);
});

test('a closed storage keeps nothing and breaks nothing', () => {
  Object.defineProperty(globalThis, 'localStorage', {
    configurable: true,
    get() {
      throw new Error('SecurityError');
    },
  });
  try {
    assert.equal(kept('a'), undefined);
    assert.equal(keep('a', 1), false);
    assert.deepEqual(work.of('one'), {});
    assert.equal(work.change('one', { done: true }), false);
  } finally {
    Object.defineProperty(globalThis, 'localStorage', { value: undefined, writable: true });
  }
});

test('a change adds to what is known of an item, and is told', () => {
  let told = 0;
  work.onchange = () => {
    told += 1;
  };
  work.change('one', { page: 'p', draft: 'x = 1' });
  work.change('one', { done: true });
  work.change('two', { page: 'p' });
  assert.deepEqual(work.read(), {
    one: { page: 'p', draft: 'x = 1', done: true },
    two: { page: 'p' },
  });
  assert.equal(told, 3);
});

test('a change that cannot be kept is not told as one', () => {
  globalThis.localStorage = storage(2);
  work.onchange = () => assert.fail('nothing has changed');
  assert.equal(work.change('one', { done: true }), false);
});

test('only what is done counts, page by page', () => {
  const all = {
    a: { page: 'p', done: true },
    b: { page: 'p', done: true },
    c: { page: 'p', done: false },
    d: { page: 'q', draft: 'x' },
    e: { page: 'r', done: true },
  };
  assert.deepEqual(doneOnPages(all), { p: 2, r: 1 });
});

test('a file holds what is the book’s, and gives it back', () => {
  const mine = { exercises: '{"a":{"done":true}}', 'live:page': '{"1f":"x = 1"}' };
  const others = { mode: '"dark"', exercisesAndMore: '{}', 'not-live:page': '{}' };
  const text = packed({ ...others, ...mine });
  assert.deepEqual(Object.fromEntries(unpacked(text)), mine);
});

test('a file brings in nothing that is not the book’s, nor what the pages could not read', () => {
  const kept = { mode: '{}', exercises: '{}', 'live:python:1': '1' };
  const text = JSON.stringify({ book: 'micrograd', format: 1, kept });
  assert.deepEqual(unpacked(text), [['exercises', '{}']]);
});

for (const [what, text] of [
  ['no JSON', 'PK'],
  ['another book’s', '{"book": "other", "format": 1, "kept": {}}'],
  ['of a format to come', '{"book": "micrograd", "format": 2, "kept": {}}'],
  ['spoilt', '{"book": "micrograd", "format": 1, "kept": {"exercises": "{"}}'],
  ['without what it should keep', '{"book": "micrograd", "format": 1}'],
]) {
  test(`a file that is ${what} is refused`, () => assert.throws(() => unpacked(text)));
}

test('of what the storage holds, the book knows its own', () => {
  for (const key of ['mode', 'exercises', 'live:page', 'deliver:live:'])
    localStorage.setItem(key, '{}');
  assert.deepEqual(ours(), ['exercises', 'live:page']);
});
