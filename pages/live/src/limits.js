// What the page's Python may use of the reader's machine.

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
 * Let Python know of a small stack. Its own is 10 MB, of which a step of a recursion within C takes some
 * 20 bytes; the browser's stack, which the same step fills too, is long overrun by then, and nothing can
 * run any more. Python notices the end of the stack that it knows of: it raises a RecursionError, and what
 * is to be freed it puts aside with 16 kB of the stack left, and takes up again where 32 kB are left.
 * (To free a chain of objects is such a recursion, too; see ../frees.mjs.)
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

/** Why the interpreter itself has failed, in a sentence. */
export function reason(python, error) {
  const said = String(error?.message ?? error);
  if (/call stack|recursion/i.test(said))
    return 'Python broke down: it went deeper than the browser’s stack allows, as where lists that are nested thousands deep are compared.';
  if (python?._module.HEAPU8.length > MEMORY - 2 ** 24)
    return `Python broke down: it had used up the ${MEMORY / 2 ** 20} MB that a page gives it.`;
  return `Python broke down (${said}).`;
}

/** An outcome whose error says what a page's Python has little of. */
export function explained(outcome) {
  if (outcome.error?.kind === 'MemoryError') {
    outcome.error.text += `\nA page gives Python ${MEMORY / 2 ** 20} MB, and they are used up. Delete what takes so much, or press Restart.`;
  }
  return outcome;
}

/** What is known to be shallow, imports above all, may use all of it. */
export function freeStack(python) {
  const C = python._module;
  python.toPy([]).destroy(); // and with it all that has been put aside
  C._PyUnstable_ThreadState_ResetStackProtection(C._PyThreadState_Get());
}
