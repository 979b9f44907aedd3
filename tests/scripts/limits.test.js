// What the page's Python may use of a reader's machine, and what is said where it wants more.
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  explained,
  freeStack,
  limitMemory,
  limitStack,
  message,
  reason,
} from '../../pages/live/src/limits.js';

const MB = 2 ** 20;
const pythonWith = (bytes) => ({ _module: { HEAPU8: { length: bytes } } });

test('a memory grows to 512 MB and no further', () => {
  limitMemory();
  const memory = new WebAssembly.Memory({ initial: 1 });
  assert.equal(memory.grow((512 * MB) / 65536 - 1), 1);
  assert.equal(memory.buffer.byteLength, 512 * MB);
  assert.throws(() => memory.grow(1), RangeError);
});

test('a broken interpreter is said to have gone too deep, to be full, or else what it says', () => {
  const empty = pythonWith(20 * MB);
  const full = pythonWith(500 * MB);
  const deep = new RangeError('Maximum call stack size exceeded');
  assert.match(reason(empty, deep), /deeper than the browser’s stack/);
  assert.match(reason(empty, new Error('too much recursion')), /deeper than the browser’s stack/);
  assert.match(reason(full, deep), /deeper than the browser’s stack/);
  assert.match(reason(full, new Error('abort')), /used up the 512 MB/);
  assert.equal(reason(empty, new Error('abort')), 'Python broke down (abort).');
});

test('it may break before it is there, and throw what is no error', () => {
  assert.equal(reason(undefined, 7), 'Python broke down (7).');
  assert.equal(message(undefined), 'undefined');
  assert.equal(message(new Error('no')), 'no');
});

test('an error of memory says what to do; others stay as they are', () => {
  const outcome = (kind) => ({ ok: false, ms: 1, error: { kind, text: `${kind}:`, line: 1 } });
  assert.match(
    explained(outcome('MemoryError')).error.text,
    /^MemoryError:\n.*512 MB.*Restart\.$/s,
  );
  assert.deepEqual(explained(outcome('KeyError')), outcome('KeyError'));
  assert.deepEqual(explained({ ok: true, ms: 1 }), { ok: true, ms: 1 });
});

test('Python is told of a stack that ends a little below where it stands', () => {
  const told = [];
  const _module = {
    _emscripten_stack_get_current: () => 900_000,
    _emscripten_stack_get_base: () => 1_000_000,
    _PyThreadState_Get: () => 'thread',
    _PyUnstable_ThreadState_SetStackProtection: (...what) => told.push(['set', ...what]),
    _PyUnstable_ThreadState_ResetStackProtection: (...what) => told.push(['reset', ...what]),
  };
  limitStack({ _module });
  const [[, thread, start, size]] = told;
  assert.equal(thread, 'thread');
  assert.equal(start + size, 1_000_000, 'it begins where the stack does');
  assert.ok(start < 900_000 && 900_000 - start < 51_000, 'and ends within the browser’s');

  const freed = [];
  const toPy = () => ({ destroy: () => freed.push(told.length) });
  freeStack({ _module, toPy });
  assert.deepEqual(freed, [1], 'what was put aside goes while the stack is still guarded');
  assert.deepEqual(told.at(-1), ['reset', 'thread']);
});
