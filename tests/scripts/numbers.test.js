// Numbers as the book prints them, and whether two are the same.
import assert from 'node:assert/strict';
import test from 'node:test';
import { agree, said, short, signed, verify } from '../../pages/explore/src/numbers.js';

test('four decimals at most, and powers of ten beyond', () => {
  const written = { 0.5: 0.5, 0.3333: 1 / 3, 2: 2, '1.2e-05': 0.000012, '1e+06': 1e6, nan: NaN };
  for (const [text, x] of Object.entries(written)) assert.equal(short(x), text);
  assert.equal(short(-0), '0');
  assert.equal(short(-Infinity), '-inf');
});

test('sentences have a minus sign, and changes have one in any case', () => {
  assert.equal(said(-2.5), '−2.5');
  assert.equal(signed(2.5), '+2.5');
  assert.equal(signed(-2.5), '−2.5');
});

test('numbers agree to one part in a billion, wherever they are held', () => {
  assert.ok(agree(1e6, 1e6 + 1e-4));
  assert.ok(!agree(1, 1 + 1e-8));
  assert.ok(agree(NaN, NaN));
  assert.ok(!agree(NaN, 0));
  assert.ok(agree({ a: [1, 'x', null] }, { a: [1 + 1e-12, 'x', null] }));
  assert.ok(!agree({ a: 1 }, { a: 1, b: 2 }));
  assert.ok(!agree({ a: 1 }, { b: 1 }));
  assert.ok(!agree([1], null));
});

test('what came out otherwise than recorded is an error that says what', () => {
  assert.throws(() => verify([1], [2], 'the numbers'), /^Error: the numbers came out otherwise/);
  verify([1], [1], 'the numbers');
});
