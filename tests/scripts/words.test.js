// What exercises say of an answer, and how a question reads a prediction.
import assert from 'node:assert/strict';
import test from 'node:test';
import { areNumbers, complaint, nearest, pieces, plain } from '../../pages/exercises/src/words.js';

test('what stands between backticks is every second piece', () => {
  assert.deepEqual(pieces('`a` and `b`.'), ['', 'a', ' and ', 'b', '.']);
  assert.deepEqual(pieces('an odd ` stays'), ['an odd ` stays']);
});

const NAME = "NameError: name 'area' is not defined";
const COMPLAINTS = [
  ['a check that says why', { result: 'failed', message: 'not 3' }, 'not 3'],
  ['a check that does not', { result: 'failed', message: '' }, 'A check says no.'],
  [
    'code that stops in a line',
    { result: 'raised', message: 'KeyError: 1', row: 2 },
    'Your code stopped in line 2. KeyError: 1',
  ],
  [
    'code that is no Python',
    { result: 'raised', message: 'SyntaxError: invalid syntax', row: 1 },
    'Python cannot read your answer in line 1: SyntaxError: invalid syntax',
  ],
  [
    'a line that is not known',
    { result: 'raised', message: 'KeyError: 1', row: 0 },
    'Your code stopped. KeyError: 1',
  ],
  [
    'a name that the answer lacks',
    { result: 'broken', message: NAME, part: '<check 1>' },
    'The checks look for `area`, and there is none: is it called something else?',
  ],
  [
    'checks that the answer makes stumble',
    { result: 'broken', message: 'TypeError: no', part: '<check 2>' },
    'The checks could not use your answer. TypeError: no',
  ],
  [
    'what was given, which does not run',
    { result: 'broken', message: 'TypeError: no', part: '<given>' },
    'This exercise is broken, not your answer: TypeError: no',
  ],
  ['a reader who has enough', { result: 'stopped', message: 'stopped' }, 'Stopped.'],
  ['a loop without an end', { result: 'endless', message: 'not done' }, 'not done'],
  ['an interpreter that is gone', { result: 'died', message: 'gone' }, 'gone'],
];
for (const [what, outcome, said] of COMPLAINTS) {
  test(`${what} is told so`, () => assert.equal(complaint(outcome, 'b = 2'), said));
}

test('a name that the answer does hold is not said to be missing', () => {
  const outcome = { result: 'broken', message: NAME, part: '<check 1>' };
  assert.match(complaint(outcome, 'def area(): ...'), /could not use your answer/);
});

test('a number is asked for where all answers are numbers, and there are answers', () => {
  assert.equal(areNumbers(['1', '-2.50', '3e-4']), true);
  assert.equal(areNumbers(['1', 'it depends']), false);
  assert.equal(areNumbers([]), false);
});

test('the minus of print is a minus', () => assert.equal(plain(' −1.5 '), '-1.5'));

test('a prediction is as exact as the answer is written, and no more', () => {
  const answers = ['3', '0.25', '-1.5'];
  assert.equal(nearest(answers, 3), 0);
  assert.equal(nearest(answers, 3.1), -1);
  assert.equal(nearest(answers, 0.2549), 1);
  assert.equal(nearest(answers, 0.256), -1);
  assert.equal(nearest(answers, -1.54), 2);
});
