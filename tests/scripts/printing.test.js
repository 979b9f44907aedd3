// What a run prints arrives in order and whole, and there is an end to it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { EVERY, printing } from '../../pages/live/src/printing.js';

/** A run's output whose clock stands still until it is set. */
function output() {
  const posted = [];
  const clock = { now: 0 };
  const post = (type, more) => posted.push([type, more]);
  return { posted, clock, ...printing(post, () => clock.now) };
}
const printed = ({ posted }, name = 'stdout') =>
  posted
    .filter(([type, more]) => type === 'stream' && more.name === name)
    .map(([, { text }]) => text)
    .join('');

test('little is sent at once, and all of it', () => {
  const run = output();
  for (const text of ['a', 'b', 'c']) run.print('stdout', text);
  assert.deepEqual(run.posted, []);
  run.flush();
  run.flush();
  assert.deepEqual(run.posted, [['stream', { name: 'stdout', text: 'abc' }]]);
});

test('what has waited long enough is sent', () => {
  const run = output();
  run.print('stdout', 'a');
  run.clock.now = EVERY + 1;
  run.print('stdout', 'b');
  assert.equal(printed(run), 'ab');
});

test('much is sent before it has waited', () => {
  const run = output();
  run.print('stdout', 'x'.repeat(9000));
  assert.equal(printed(run).length, 9000);
});

test('two streams and pictures keep their order', () => {
  const run = output();
  run.print('stdout', 'out');
  run.print('stderr', 'err');
  run.display('image/png', 'AA');
  run.print('stdout', 'more');
  run.flush();
  assert.deepEqual(run.posted, [
    ['stream', { name: 'stdout', text: 'out' }],
    ['stream', { name: 'stderr', text: 'err' }],
    ['display', { kind: 'image/png', text: 'AA' }],
    ['stream', { name: 'stdout', text: 'more' }],
  ]);
});

test('a hundred thousand characters are shown; that there were more is said once', () => {
  const run = output();
  for (let i = 0; i < 12; i++) run.print('stdout', 'x'.repeat(10_000));
  run.flush();
  const [xs, rest] = printed(run).split('\n… ');
  assert.equal(xs, 'x'.repeat(100_000));
  assert.equal(rest, 'more was printed than this page shows (100,000 characters)\n');
});

test('the next run has all of its room', () => {
  const run = output();
  run.print('stdout', 'x'.repeat(200_000));
  run.begin();
  run.print('stderr', 'y');
  run.flush();
  assert.equal(printed(run, 'stderr'), 'y');
});

test('two hundred outputs are shown; that there were more is said once', () => {
  const run = output();
  for (let i = 0; i < 203; i++) run.display('text/plain', String(i));
  run.flush();
  assert.equal(run.posted.filter(([type]) => type === 'display').length, 200);
  assert.equal(printed(run), '… more was shown than this page has room for (200 outputs)\n');
});

test('an output that is too large says so in its place', () => {
  const run = output();
  run.display('image/svg+xml', 'x'.repeat(2_000_001));
  assert.deepEqual(run.posted, [
    ['display', { kind: 'text/plain', text: '… too large to be shown on this page' }],
  ]);
});

test('to clear drops what has not been sent; to clear later sends it first', () => {
  const run = output();
  run.print('stdout', 'gone');
  run.clear(false);
  run.print('stdout', 'seen');
  run.clear(true);
  assert.deepEqual(run.posted, [
    ['clear', { wait: false }],
    ['stream', { name: 'stdout', text: 'seen' }],
    ['clear', { wait: true }],
  ]);
});

test('what has been cleared leaves room for as many outputs, but not for ever', () => {
  const run = output();
  for (let i = 0; i < 200; i++) run.display('text/plain', 'a');
  run.clear(false);
  run.display('text/plain', 'b');
  assert.deepEqual(run.posted.at(-1), ['display', { kind: 'text/plain', text: 'b' }]);
  for (let i = 0; i < 3000; i++) run.clear(false);
  assert.equal(run.posted.filter(([type]) => type === 'clear').length, 2000);
});
