// A mend of Python for WebAssembly: a chain of objects of any length can be freed.
//
// To free an object frees what it alone holds, and so on: a recursion, which Python bounds by the
// stack. It looks at the stack of its own that lies in memory. A function that keeps nothing there
// costs nothing there, and `tuple_dealloc`, `list_dealloc` and most of their like keep nothing:
// Python never sees the end, while the engine's stack, which every call fills, overruns. So
// `_Py_Dealloc`, through which each step of that recursion goes, is made to take some of Python's
// stack:
//
//   _Py_Dealloc(object):  stack -= STEP; free(object); stack += STEP
//
// where `free` is what `_Py_Dealloc` was.

const STEP = 256; // bytes: far more than its share of the engine's stack, in any browser
const FUNCTIONS = 3,
  EXPORTS = 7,
  CODE = 10;

const unsigned = (value) =>
  value < 128 ? [value] : [(value % 128) + 128, ...unsigned(Math.floor(value / 128))];
// of numbers from 0
const signed = (value) =>
  value < 64 ? [value] : [(value % 128) + 128, ...signed(Math.floor(value / 128))];

/** Reads a module's bytes in order. */
class Reader {
  constructor(bytes, at = 0) {
    Object.assign(this, { bytes, at });
  }

  number() {
    let value = 0,
      weight = 1,
      byte;
    do {
      byte = this.bytes[this.at++];
      value += (byte & 127) * weight;
      weight *= 128;
    } while (byte & 128);
    return value;
  }

  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

function sections(bytes) {
  const reader = new Reader(bytes, 8),
    found = [];
  while (reader.at < bytes.length)
    found.push({ id: reader.number(), content: reader.take(reader.number()) });
  return found;
}

/** The items of a vector, each as its bytes. */
function items(content, skip) {
  const reader = new Reader(content),
    found = [];
  for (let left = reader.number(); left; left--) {
    const from = reader.at;
    skip(reader);
    found.push(content.subarray(from, reader.at));
  }
  return found;
}

const vector = (found) => Buffer.concat([Buffer.from(unsigned(found.length)), ...found]);

/** By name, the index of what a module exports. */
function exported(content) {
  const reader = new Reader(content),
    found = {};
  for (let left = reader.number(); left; left--) {
    const name = Buffer.from(reader.take(reader.number())).toString();
    reader.take(1); // function, table, memory or global
    found[name] = reader.number();
  }
  return found;
}

function wrapper(stack, free) {
  const move = (operation) => [
    0x23,
    ...unsigned(stack),
    0x41,
    ...signed(STEP),
    operation,
    0x24,
    ...unsigned(stack),
  ];
  const SUBTRACT = 0x6b,
    ADD = 0x6a;
  const body = [0, ...move(SUBTRACT), 0x20, 0, 0x10, ...unsigned(free), ...move(ADD), 0x0b];
  return Buffer.from([...unsigned(body.length), ...body]);
}

/** Python's module, with the mend. */
export function mended(bytes) {
  const all = sections(bytes);
  const section = (id) => all.find((one) => one.id === id);
  const { _Py_Dealloc: dealloc, __stack_pointer: stack } = exported(section(EXPORTS).content);
  const types = items(section(FUNCTIONS).content, (reader) => reader.number());
  const bodies = items(section(CODE).content, (reader) => reader.take(reader.number()));
  const imported = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).filter(
    ({ kind }) => kind === 'function',
  ).length;
  const own = dealloc - imported;
  const free = imported + bodies.push(bodies[own]) - 1;
  types.push(types[own]);
  bodies[own] = wrapper(stack, free);
  section(FUNCTIONS).content = vector(types);
  section(CODE).content = vector(bodies);
  return Buffer.concat([
    bytes.subarray(0, 8),
    ...all.flatMap(({ id, content }) => [Buffer.from([id, ...unsigned(content.length)]), content]),
  ]);
}
