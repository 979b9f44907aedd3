// What the page's Python may use of the reader's machine.

/**
 * Pyodide, and of what is its own the interpreter's module in C.
 * @typedef {import('pyodide').PyodideInterface & {_module: any, _api: any}} Python
 */

const MEMORY = 2 ** 29; // bytes; a phone ends a page that takes much more
const STACK = 50_500; // bytes; see below. Chromium breaks beyond 51,000, node beyond 60,000.

/** A program that hoards memory gets a MemoryError, long before the reader's machine is full. */
export function limitMemory() {
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (this.buffer.byteLength + pages * 65536 > MEMORY)
      throw new RangeError('enough memory for one page');
    return grow.call(this, pages);
  };
}

/**
 * Let Python know of a small stack. Its own is 10 MB, of which a step of a recursion within C
 * takes some 20 bytes; the browser's stack, which the same step fills too, is long overrun by
 * then, and nothing can run any more. Python notices the end of the stack that it knows of: it
 * raises a RecursionError, and what is to be freed it puts aside with 16 kB of the stack left,
 * and takes up again where 32 kB are left. (To free a chain of objects is such a recursion, too;
 * see ../frees.mjs.)
 * @param {Python} python
 */
export function limitStack(python) {
  const C = python._module;
  const here = C._emscripten_stack_get_current();
  C._PyUnstable_ThreadState_SetStackProtection(
    C._PyThreadState_Get(),
    here - STACK,
    C._emscripten_stack_get_base() - here + STACK,
  );
}

const MEGABYTES = MEMORY / 2 ** 20;

/**
 * Why the interpreter itself has failed, in a sentence.
 * @param {Pick<Python, '_module'> | undefined} python
 * @param {unknown} error
 */
export function reason(python, error) {
  const said = message(error);
  if (/call stack|recursion/i.test(said)) {
    const where = 'as where lists that are nested thousands deep are compared';
    return `Python broke down: it went deeper than the browser’s stack allows, ${where}.`;
  }
  if (python?._module.HEAPU8.length > MEMORY - 2 ** 24)
    return `Python broke down: it had used up the ${MEGABYTES} MB that a page gives it.`;
  return `Python broke down (${said}).`;
}

/** @param {any} error  which need not be an Error: C throws numbers */
export const message = (error) => String(error?.message ?? error);

/**
 * An outcome whose error says what a page's Python has little of.
 * @param {import('./kernel.js').Outcome} outcome
 */
export function explained(outcome) {
  if (outcome.error?.kind === 'MemoryError') {
    const full = `A page gives Python ${MEGABYTES} MB, and they are used up.`;
    outcome.error.text += `\n${full} Delete what takes so much, or press Restart.`;
  }
  return outcome;
}

/**
 * What is known to be shallow, imports above all, may use all of it.
 * @param {Python} python
 */
export function freeStack(python) {
  const C = python._module;
  python.toPy([]).destroy(); // and with it all that has been put aside
  C._PyUnstable_ThreadState_ResetStackProtection(C._PyThreadState_Get());
}
