// The mend of Python for WebAssembly: each step of a chain that is freed takes from Python's stack.
import assert from 'node:assert/strict';
import test from 'node:test';
import { mended } from '../../pages/live/frees.mjs';

const TOP = 1000;
const STEP = 256;

const name = (text) => [text.length, ...Buffer.from(text)];
const section = (id, ...content) => [id, content.flat().length, ...content.flat()];

/** A module that does what Python's does: `_Py_Dealloc` has an object freed, elsewhere. */
const python = Buffer.from(
  [
    [...Buffer.from('\0asm'), 1, 0, 0, 0],
    section(1, [1, 0x60, 1, 0x7f, 0]), // a type: from one integer to nothing
    section(2, [1, ...name('c'), ...name('free'), 0, 0]),
    section(3, [2, 0, 0]),
    section(6, [1, 0x7f, 1, 0x41, 0xe8, 7, 0x0b]), // an integer that changes, now TOP
    section(
      7,
      [3, ...name('_Py_Dealloc'), 0, 1, ...name('caller'), 0, 2],
      [...name('__stack_pointer'), 3, 0],
    ),
    section(10, [2, 6, 0, 0x20, 0, 0x10, 0, 0x0b], [6, 0, 0x20, 0, 0x10, 1, 0x0b]),
  ].flat(),
);

/** Free a chain by one of a module's exports: the objects, and the stack that each finds. */
function freed(bytes, entry, length) {
  const seen = [];
  const free = (object) => {
    seen.push([object, exports.__stack_pointer.value]);
    if (object) exports._Py_Dealloc(object - 1);
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { c: { free } });
  exports[entry](length);
  return { seen, after: exports.__stack_pointer.value };
}

test('as it comes, a chain that is freed takes nothing from the stack', () => {
  const { seen } = freed(python, '_Py_Dealloc', 2);
  assert.deepEqual(
    seen,
    [2, 1, 0].map((object) => [object, TOP]),
  );
});

for (const entry of ['_Py_Dealloc', 'caller']) {
  test(`mended, each of its steps does, and gives it back: by way of ${entry}`, () => {
    const { seen, after } = freed(mended(python), entry, 2);
    assert.deepEqual(
      seen,
      [2, 1, 0].map((object, k) => [object, TOP - STEP * (k + 1)]),
    );
    assert.equal(after, TOP);
  });
}
