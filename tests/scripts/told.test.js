// What is said of cells, and what they are kept by.
import assert from 'node:assert/strict';
import test from 'node:test';
import { isDump, rewritten, slotOf, took } from '../../pages/live/src/told.js';

test('a run that took no time took a millisecond; from a second on, seconds are said', () => {
  assert.equal(took(0), '1 ms');
  assert.equal(took(12.4), '12 ms');
  assert.equal(took(999.4), '999 ms');
  assert.equal(took(1000), '1.0 s');
  assert.equal(took(65_432), '65.4 s');
});

test('a cell that stands on a page twice is kept under two names', () => {
  assert.equal(slotOf('ab', []), 'ab');
  assert.equal(slotOf('ab', ['cd', 'ab']), 'ab.1');
  assert.equal(slotOf('ab', ['ab', 'ab', 'abc']), 'ab.2');
});

test('with the last text taken away nothing is left to be kept', () => {
  assert.deepEqual(rewritten({}, 'a', 'x'), { a: 'x' });
  assert.deepEqual(rewritten({ a: 'x', b: 'y' }, 'a', 'z'), { a: 'z', b: 'y' });
  assert.deepEqual(rewritten({ a: 'x', b: 'y' }, 'a', null), { b: 'y' });
  assert.equal(rewritten({ a: 'x' }, 'a', null), undefined);
  assert.equal(rewritten({}, 'a', null), undefined);
});

test('what is kept is not changed under the hands of others', () => {
  const all = Object.freeze({ a: 'x' });
  rewritten(all, 'a', 'y');
  rewritten(all, 'a', null);
  assert.deepEqual(all, { a: 'x' });
});

test('Python’s last words are told from a program’s', () => {
  assert.equal(isDump('object address  : 0x1234'), true);
  assert.equal(isDump('Fatal error\nStack (most recent call first):\n  …'), true);
  assert.equal(isDump('Traceback (most recent call last):'), false);
});
