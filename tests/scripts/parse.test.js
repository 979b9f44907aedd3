// Expressions: read as Python reads them, and written again.
import assert from 'node:assert/strict';
import test from 'node:test';
import { parse, pointed, Trouble, unparse } from '../../pages/explore/src/parse.js';

for (const text of [
  'a + b * c',
  '(a + b) * c',
  '-a ** 2',
  '(-a) ** 2',
  'a - (b - c)',
  'a ** b ** c',
]) {
  test(`${text} is written as it was read`, () => assert.equal(unparse(parse(text)), text));
}

test('brackets that change nothing are left out', () => {
  assert.equal(unparse(parse('((a) + (b * c))')), 'a + b * c');
});

test('a slip is an error that says where it is', () => {
  assert.throws(
    () => parse('a + * b'),
    (error) => error instanceof Trouble && error.at === 4,
  );
});

test('a caret stands below the slip', () => {
  assert.equal(pointed('a b', new Trouble('no sign', 2)), 'a b\n  ^\nno sign');
});
