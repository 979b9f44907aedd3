# Tangled from the book: edit its chapters, then run `python -m loom tangle`.
"""The native back end: a machine for layers, written in C."""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Any

from micrograd.layers import Group, Layers, even_steps, spelt
from micrograd.program import Batch, Program, entry

FORMULAS = {
    '*': 'x * y',
    '+*': 'z[l] + x * y',
    'gate': 'y <= 0 ? 0 : x',
    'highest': 'x > y || x != x ? x : y',
    '**': 'pow(x, y)',
    '**-1': '1 / x',
    '**0.5': 'x == -INFINITY ? INFINITY : sqrt(x) + 0',
    'ReLU': 'x < 0 ? 0 : x',
    'exp': 'exp(x)',
    'log': 'log(x)',
    'tanh': 'tanh(x)',
    'sigmoid': '(x < 0 ? exp(x) : 1) / (1 + exp(-fabs(x)))',
    'abs': 'fabs(x)',
}

OPCODES = {op: code for code, op in enumerate(
    ['matmul', 'dots', 'sums', *FORMULAS])}

REGISTERS = r'''
#include <string.h>
#include <tgmath.h>
#if defined __AVX512F__
enum { W = 64 / sizeof(REAL) };  /* a register holds W numbers */
#elif defined __AVX__
enum { W = 32 / sizeof(REAL) };
#else
enum { W = 16 / sizeof(REAL) };
#endif
typedef REAL V __attribute__((vector_size(W * sizeof(REAL))));
#define TILE static inline __attribute__((always_inline)) void
#define EACH for (int r = 0; r < R; r++) for (int c = 0; c < C; c++)
'''

PRODUCT = r'''
/* R rows of C vectors: k times a number of the row times C vectors. */
TILE product(int R, int C, int k, const REAL *u, int down, int right,
             const V *x, const int *b, long n, V *out) {
  V s[4][4] = {0};
  for (int t = 0; t < k; t++)
    EACH s[r][c] += u[r * down + t * right] * x[b[t] * n + c];
  EACH out[r * n + c] = s[r][c];
}
'''

SUMS = r'''
typedef REAL H __attribute__((vector_size(W * sizeof(REAL) / 2)));
static REAL sum(V v) {  /* half onto half, until one is left */
  H h[2];
  REAL s[W / 2];
  memcpy(h, &v, sizeof v);
  h[0] += h[1];
  memcpy(s, h, sizeof s);
  for (int half = W / 4; half; half /= 2)
    for (int l = 0; l < half; l++) s[l] += s[l + half];
  return s[0];
}

/* R rows times C rows, each a sum over the lanes of a block. */
TILE lane_sums(int R, int C, int k, const V *x, const int *a, const int *b,
               long n, int lanes, REAL *out) {
  V s[4][4] = {0};
  const V *p[4], *q[4];
  for (int r = 0; r < R; r++) p[r] = x + a[r] * n;
  for (int c = 0; c < C; c++) q[c] = x + b[c] * n;
  for (int l = 0; l < lanes; l++) EACH s[r][c] += p[r][l] * q[c][l];
  EACH out[r * k + c] += sum(s[r][c]);
}
'''

TILES = r'''
/* Tiles of 4 rows or 1 and 1 to 4 columns: all their sums in registers. */
#define TILED(rows, columns, tile) \
  for (int c = 0, wide, high; c < (columns); c += wide) { \
    const int left = (columns) - c, pieces = (left + 3) / 4; \
    wide = (left + pieces - 1) / pieces; \
    for (int r = 0; r < (rows); r += high) \
      switch (5 * (high = (rows) - r < 4 ? 1 : 4) + wide) { \
        tile(1, 1) tile(1, 2) tile(1, 3) tile(1, 4) \
        tile(4, 1) tile(4, 2) tile(4, 3) tile(4, 4) \
      } \
  }
'''

ELEMENTWISE = r'''
enum { MATMUL, DOTS, SUMS };

/* z = e(x, y) for n numbers; where a step is 0, one number serves all. */
static void elementwise(int op, long n, REAL *z, const REAL *a, long step_a,
                        const REAL *b, long step_b) {
#define LOOP(e, A, B) for (long l = 0; l < n; l++) { \
    const REAL x = A, y = B; (void)y; z[l] = e; }
#define CASE(op, e) case op: \
    if (step_a && step_b) LOOP(e, a[l], b[l]) \
    else if (step_b) LOOP(e, *a, b[l]) \
    else LOOP(e, a[l * step_a], *b) break;
  switch (op) {
''' + ''.join(f'    CASE({OPCODES[op]}, {formula})\n'
              for op, formula in FORMULAS.items()) + '''  }
}
'''

STATE = r'''
typedef struct { const REAL *data; long samples; double scale; } Batch;
typedef struct {
  const int *code, *ends, *outputs;
  REAL *U, *X, *out;
  const Batch *batches;
  long count, next, lanes, inputs, kept, scale, rate, loss;
} Machine;
'''

RUN_PART = r'''
/* One part of the code; samples: how many the present block has. */
static void run(const Machine *m, int part, long samples) {
  const int *i = m->code + m->ends[part], *end = m->code + m->ends[part + 1];
  const long n = m->lanes / W, used = (samples + W - 1) / W;
  REAL *U = m->U;
  V *X = (V *)m->X;
  while (i < end) {
    const int op = *i++, rows = *i++, k = *i++, *q = i;
    if (op == MATMUL) {  /* out, first weight, steps down and right, rows */
#define PRODUCT(R, C) case 5 * R + C: \
  product(R, C, k, U + q[1] + r * q[2], q[2], q[3], X + c, q + 4, n, \
          X + (q[0] + r) * n + c); break;
      TILED(rows, used, PRODUCT)
      i += 4 + k;
    } else if (op == DOTS) {  /* out, rows, columns */
      const int *a = q + 1, *b = a + rows;
      for (int j = 0; j < rows + k; j++)  /* padding adds nothing */
        for (long l = samples; l < used * W; l++)
          m->X[a[j] * m->lanes + l] = 0;
#define LANE_SUMS(R, C) case 5 * R + C: \
  lane_sums(R, C, k, X, a + r, b + c, n, used, U + q[0] + r * k + c); break;
      TILED(rows, k, LANE_SUMS)
      i += 1 + rows + k;
    } else if (op == SUMS) {  /* out, pairs */
      i++;
      for (int j = 0; j < rows; j++) {
        REAL s[4] = {0};
        for (int t = 0; t < k / 4; t++)
          for (int p = 0; p < 4; p++, i += 2) s[p] += U[i[0]] * U[i[1]];
        for (int t = 0; t < k % 4; t++, i += 2) s[t] += U[i[0]] * U[i[1]];
        U[q[0] + j] = s[0] + s[1] + (s[2] + s[3]);
      }
    } else  /* out, a, b: a row or a number of U (1: repeated; 2: a run) */
      for (; i < q + 3 * rows; i += 3) {
#define AT(j) ((j) & 3 ? U + ((j) >> 2) : m->X + ((j) >> 2) * m->lanes)
#define STEP(j) (((j) & 3) != 1)
        long size = i[0] & 3 ? k : (k - 1) * m->lanes + samples;
        elementwise(op, size, AT(i[0]), AT(i[1]), STEP(i[1]),
                    AT(i[2]), STEP(i[2]));
      }
  }
}
'''

STEP = r'''
double step(Machine *m, double rate) {
  const Batch batch = m->batches[m->next++ % m->count];
  const REAL *data = batch.data;
  REAL *out = m->out;
  m->U[m->scale] = batch.scale;
  m->U[m->rate] = -rate;
  run(m, 0, 0);
  for (long left = batch.samples; left > 0; left -= m->lanes) {
    memcpy(m->X, data, sizeof(REAL) * m->inputs * m->lanes);
    data += m->inputs * m->lanes;
    run(m, 1, left < m->lanes ? left : m->lanes);
    for (long j = 0; j < m->kept; j++, out += m->lanes)
      memcpy(out, m->X + m->outputs[j] * m->lanes, sizeof(REAL) * m->lanes);
  }
  run(m, 2, 0);
  const double loss = m->U[m->loss];
  run(m, 3, 0);
  return loss;
}
'''

MACHINE = (REGISTERS + PRODUCT + SUMS + TILES + ELEMENTWISE + STATE + RUN_PART
           + STEP)


def compiler(bundled: bool = True) -> list[str]:
    """The command that calls a C compiler.

    Args:
        bundled: whether the one in the package `ziglang` will do, too.

    Raises:
        OSError: there is none, or CC cannot be read.
    """
    named = os.environ.get('CC', '')
    try:
        commands = [shlex.split(named), ['cc'], ['gcc'], ['clang']]
    except ValueError as error:
        raise OSError(f'CC is {named!r}: {error}') from None
    for words in commands:
        if words and shutil.which(words[0]):
            return words
    if bundled and find_spec('ziglang'):
        return [sys.executable, '-m', 'ziglang', 'cc']
    raise OSError('there is no C compiler: install gcc or clang, '
                  "or `pip install ziglang` and name backend='native'")


def call(command: list[str]) -> str:
    """What the command prints.

    Raises:
        ChildProcessError: it fails.
    """
    done = subprocess.run(command, capture_output=True, text=True,
                          errors='replace')
    if done.returncode:
        raise ChildProcessError(f'{shlex.join(command)} fails:\n{done.stderr}')
    return done.stdout


@lru_cache
def machine(dtype: str) -> Any:
    """The step of the machine, compiled for this processor once and for all.

    Raises:
        OSError: there is no compiler, or it fails.
    """
    real = 'double' if dtype == 'float64' else 'float'
    command = [*compiler(), '-O3', '-march=native', f'-DREAL={real}']
    target = call([*command, '-dM', '-E', '-x', 'c', os.devnull])
    name = sha256((MACHINE + target).encode()).hexdigest()[:16] + '.so'
    cache = os.environ.get('XDG_CACHE_HOME') or '~/.cache'
    try:
        folder = Path(cache).expanduser() / 'micrograd'
        found = library(command, folder / name)
    except ChildProcessError:
        raise
    except (OSError, RuntimeError):  # no place to keep it, or no home
        with TemporaryDirectory(ignore_cleanup_errors=True) as elsewhere:
            found = library(command, Path(elsewhere, name))
    found.step.restype = ctypes.c_double
    found.step.argtypes = [ctypes.c_void_p, ctypes.c_double]
    return found.step


def library(command: list[str], path: Path) -> ctypes.CDLL:
    """The library of this path, compiled if it is not there yet.

    Raises:
        OSError: it cannot be made or loaded, or is another one.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent) as folder:
            source, made = Path(folder, 'machine.c'), Path(folder, path.name)
            source.write_text(MACHINE)
            with patience(f'micrograd compiles its loop in C into {path}: '
                          'the first time takes some seconds'):
                call([*command, '-shared', '-fPIC', str(source),
                      '-o', str(made), '-lm'])
            made.replace(path)  # whole or not at all
    found = ctypes.CDLL(str(path))
    if not hasattr(found, 'step'):
        raise OSError(f'{path} is a library, but not this one')
    return found


@contextmanager
def patience(message: str) -> Iterator[None]:
    """Tell a terminal what takes so long, if it takes over a second."""
    timer = Timer(1.0, lambda: print(message, file=sys.stderr))
    if sys.stderr and sys.stderr.isatty():
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


# What a vector instruction in C works on: an operand is a row X[k], a number
# U[k] for all, or a run U[k], U[k + 1], ...; it is written as 4 * k + kind.
ROW, SAME, RUN = 0, 1, 2


class Code:
    """Layers as numbers that the machine in C reads.

    U gets room behind the layers' own for what only the machine needs.
    """

    def __init__(self, layers: Layers) -> None:
        count, slopes = layers.parameters, layers.gradients
        self.U = [*layers.uniform, 0.0, 1.0, 0.0]
        zero, self.one, self.rate = range(len(layers.uniform), len(self.U))
        self.numbers: list[int] = []
        self.ends = [0]
        clear: list[Group] = [
            ('*', out, n * k, 1, [zero] * (n * k), [zero] * (n * k))
            for op, out, n, k, _, _ in layers.each if op == 'dots']
        self.part(clear + layers.before, RUN)
        self.part(layers.each, ROW)
        self.part(layers.after, RUN)
        self.slopes = slopes[0] if slopes else 0
        if slopes and (slopes[0] < count or not is_run(slopes, 1)):
            self.slopes = self.copy(slopes)
            self.ends[-1] = len(self.numbers)
        descent: Group = ('+*', 0, count, 1, [self.rate] * count,
                          [self.slopes + j for j in range(count)])
        self.part([descent] if slopes else [], RUN)

    def part(self, groups: list[Group], kind: int) -> None:
        """Write down what is done at one time, on rows or on runs of U."""
        for group in groups:
            self.group(kind, *group)
        self.ends.append(len(self.numbers))

    def group(self, kind: int, op: str, out: int, n: int, k: int,
              a: list[int], b: list[int]) -> None:
        """Write one group down."""
        if op == 'dots':
            self.put(op, n, k, out, *a, *b)
        elif op == 'matmul':
            self.put(op, n, k, out, *self.matrix(a, n, k), *b)
        elif op == 'sums':
            factor = RUN if kind == RUN else SAME
            terms = [([4 * i + factor for i in a[t::k]],
                      [4 * i + kind for i in b[t::k]]) for t in range(k)]
            if kind == RUN and (n <= k or None in map(line, chain(*terms))):
                self.put(op, n, k, out, *chain(*zip(a, b, strict=True)))
            else:
                for t, (u, x) in enumerate(terms):
                    self.each('+*' if t else '*', 4 * out + kind, u, x)
        else:
            op, exponents = spelt(op)
            left = [4 * i + kind for i in a]
            right = [4 * i + kind for i in b] or left
            if exponents:
                right = [4 * len(self.U) + SAME] * n
                self.U += exponents
            self.each(op, 4 * out + kind, left, right)

    def put(self, op: str, *numbers: int) -> None:
        """Write one instruction down.

        Raises:
            LookupError: the machine has no such operation.
        """
        self.numbers += (entry(OPCODES, op, 'FORMULAS', 'One loop in C'),
                         *numbers)

    def each(self, op: str, out: int, a: list[int], b: list[int]) -> None:
        """All at once if the operands lie side by side, else one by one."""
        n, first, second = len(a), line(a), line(b)
        if first is None or second is None:
            to = range(out, out + 4 * n, 4)
            self.put(op, n, 1, *chain(*zip(to, a, b, strict=True)))
        else:
            self.put(op, 1, n, out, first, second)

    def matrix(self, a: list[int], n: int, k: int) -> tuple[int, int, int]:
        """Where a matrix begins in U, and its steps down and to the right."""
        even = even_steps(a, n, k)
        return (a[0], *even) if even else (self.copy(a), k, 1)

    def copy(self, slots: list[int]) -> int:
        """Put the numbers of these slots side by side; where they begin."""
        out, n = len(self.U), len(slots)
        self.U += [0.0] * n
        self.group(RUN, 'sums', out, n, 1, slots, [self.one] * n)
        return out

    def follow(self, update: Layers, count: int) -> None:
        """Descend by these layers, whose samples are the parameters."""
        del self.numbers[self.ends[3]:], self.ends[4:]
        self.settings = len(self.U)  # its numbers, of which one is there:
        self.U += update.uniform[1:]
        slots = [self.rate, *range(self.settings, len(self.U))]
        self.states, self.kept = len(self.U), update.inputs - 2
        runs = [[*range(start, start + count)] for start in (
            0, self.slopes, *range(self.states, self.states
                                   + count * (update.rows - 3), count))]
        self.U += [0.0] * (count * (len(runs) - 2))
        runs.insert(2 + self.kept, [self.one] * count)  # where `one` has its row
        moved = [runs[row] for row in update.outputs]
        homes = [runs[0], *runs[2:2 + self.kept]]
        self.part([
            *[(op, slots[out], n, k, [slots[i] for i in a],
               [slots[i] for i in b])
              for op, out, n, k, a, b in update.before],
            *[group for each in update.each
              for group in on_runs(*each, slots, runs)],
            *[('sums', home[0], count, 1, [self.one] * count, run)
              for home, run in zip(homes, moved, strict=True)]], RUN)


def is_run(places: list[int], step: int) -> bool:
    """Whether each place is so many steps behind the one before it."""
    return places == [*range(places[0], places[0] + step * len(places), step)]


def line(operands: list[int]) -> int | None:
    """The one operand that stands for all of these, if there is one."""
    first, kind = operands[0], operands[0] % 4
    if kind != SAME and is_run(operands, 4):
        return first
    if kind != ROW and operands.count(first) == len(operands):
        return first - kind + SAME
    return None


class BatchOf(ctypes.Structure):
    """A batch, as the machine in C sees it."""

    _fields_ = [('data', ctypes.c_void_p), ('samples', ctypes.c_long),
                ('scale', ctypes.c_double)]


class MachineOf(ctypes.Structure):
    """What the machine in C works on."""

    _fields_ = [*((name, ctypes.c_void_p) for name in (
        'code', 'ends', 'outputs', 'U', 'X', 'out', 'batches')),
                *((name, ctypes.c_long) for name in (
        'count', 'next', 'lanes', 'inputs', 'kept', 'scale', 'rate', 'loss'))]


class Native:
    """A program on the machine in C, for blocks of up to 128 samples.

    What is handed over and read back is as in `Python`: a batch is turned
    over, and cut into blocks, when it is loaded, and an output is put
    together when it is read.
    """

    def __init__(self, program: Program, dtype: str) -> None:
        self.real: Any = (ctypes.c_double if dtype == 'float64'
                          else ctypes.c_float)
        self.function = machine(dtype)
        layers = Layers(program)
        self.take(layers, Code(layers))

    def take(self, layers: Layers, code: Code) -> None:
        """Do these layers, as this code says, with the next batches."""
        self.layers, self.code = layers, code
        self.U = self.array(self.code.U)
        self.fixed = [(ctypes.c_int * len(some))(*some) for some in (
            self.code.numbers, self.code.ends, self.layers.outputs)]

    def array(self, numbers: list[float]) -> Any:
        """The numbers, beginning where a register's worth of them may."""
        size = len(numbers) * ctypes.sizeof(self.real)
        room = (ctypes.c_char * (size + 64))()
        start = -ctypes.addressof(room) % 64
        array = (self.real * len(numbers)).from_buffer(room, start)
        array[:] = numbers
        return array

    def load(self, batches: list[Batch]) -> None:
        """Take these batches in turn, from the first."""
        layers, unit = self.layers, 64 // ctypes.sizeof(self.real)
        most = max(min(128, 2 ** 18 // layers.rows) // unit, 1) * unit
        largest = max(1, *(len(samples) for samples, _ in batches))
        blocks = -(-largest // most)
        self.lanes = lanes = -(-largest // (blocks * unit)) * unit
        self.data = [self.array([*self.rows(samples)])
                     for samples, _ in batches]
        self.batches = (BatchOf * len(batches))(*[
            BatchOf(ctypes.addressof(data), len(samples), scale)
            for data, (samples, scale)
            in zip(self.data, batches, strict=True)])
        self.X = self.array([0.0] * (layers.rows * lanes))
        self.out = self.array([0.0] * (len(layers.outputs) * lanes * blocks))
        self.machine = MachineOf(*map(ctypes.addressof, (
            *self.fixed, self.U, self.X, self.out, self.batches)),
            len(batches), 0, lanes, layers.inputs + 1, len(layers.outputs),
            layers.parameters, self.code.rate, layers.loss)
        self.address = ctypes.addressof(self.machine)

    def rows(self, samples: list[list[float]]) -> Iterator[float]:
        """Block by block: a row for each input and one of ones, filled up."""
        for i in range(0, len(samples), self.lanes):
            block = samples[i:i + self.lanes]
            for row in zip(*([*x, 1.0] for x in block), strict=True):
                yield from row
                yield from [0.0] * (self.lanes - len(row))

    def start(self, parameters: list[float], *states: list[float]) -> None:
        """Begin with these parameters, and states of the update."""
        count = len(parameters)
        self.U[:count] = parameters
        for k, state in enumerate(states):
            first = self.code.states + k * count
            self.U[first:first + count] = state

    def run(self) -> Any:
        """The loss of the next batch; nothing moves."""
        return self.function(self.address, 0.0)

    def step(self, learning_rate: float) -> Any:
        """The loss of the next batch; then the parameters move downhill."""
        return self.function(self.address, learning_rate)

    def parameters(self) -> Any:
        """A number for each parameter."""
        return self.U[:self.layers.parameters]

    def gradients(self) -> Any:
        """A slope for each parameter, of the last run."""
        first = self.code.slopes
        return self.U[first:first + self.layers.parameters]

    def outputs(self) -> list[list[float]]:
        """For each output a number for each sample of the last run."""
        last = self.batches[(self.machine.next - 1) % len(self.batches)]
        rows = [self.out[i:i + self.lanes]
                for i in range(0, len(self.out), self.lanes)]
        kept = self.machine.kept
        return [[*chain(*rows[j::kept])][:last.samples] for j in range(kept)]

    def forward(self) -> Native:
        """A machine for the loss and the outputs alone."""
        machine, layers = copy(self), self.layers.forward()
        machine.take(layers, Code(layers))
        return machine

    def follow(self, update: Program) -> None:
        """Move the parameters by this program, from the next load on."""
        code = Code(self.layers)
        code.follow(Layers(update), self.layers.parameters)
        self.take(self.layers, code)

    def adjust(self, others: list[float]) -> None:
        """The update's numbers for the next step, but for the rate."""
        first = self.code.settings
        self.U[first:first + len(others)] = others

    def states(self) -> Any:
        """For each state of the update a number for each parameter."""
        first, count = self.code.states, self.layers.parameters
        return [self.U[i:i + count] for i
                in range(first, first + self.code.kept * count, count)]


def on_runs(op: str, out: int, n: int, k: int, a: list[int], b: list[int],
            slots: list[int], runs: list[list[int]]) -> Iterator[Group]:
    """A group on rows as groups on runs of U, one for each of its members."""
    if op == 'matmul':
        op, b = 'sums', b * n
    for j in range(n):
        terms = slice(j * k, (j + 1) * k)
        target, others = runs[out + j], [runs[row] for row in b[terms]]
        right = [*chain(*zip(*others, strict=True))]
        left = ([slots[i] for i in a[terms]] * len(target) if op == 'sums'
                else runs[a[j]])
        yield op, target[0], len(target), k, left, right


__all__ = ['Code', 'Native', 'compiler']
