# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [7238dd302964]
"""The graph as a program: traced once, differentiated, run many times."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle
from threading import get_ident
from typing import Any

from micrograd.engine import (
    Value,
    gate,
    ieee_exp,
    ieee_log,
    ieee_pow,
    number,
    topological_order,
)

Instruction = tuple[Any, ...]

LEAVES = ('constant', 'parameter', 'input', 'one', 'scale')


class Program:
    """Instructions that compute something for one sample, in order.

    An instruction is an operation and the places of its operands in `code`,
    or a leaf: ('parameter', 3), ('input', 0), ('constant', '0.5').

    Args:
        inputs: the values that differ from sample to sample.
        parameters: the values that training moves.
    """

    def __init__(self, inputs: Sequence[Value],
                 parameters: Sequence[Value]) -> None:
        self.code: list[Instruction] = []
        self.varies: list[bool] = []  # from sample to sample
        self.places: dict[Instruction, int] = {}
        self.place_of: dict[Value, int] = {}
        self.results: list[int] = []  # the same for all samples
        self.outputs: list[int] = []  # one number for each sample
        for k, value in enumerate(parameters):
            self.place_of[value] = self.place('parameter', k)
        for k, value in enumerate(inputs):
            self.place_of[value] = self.place('input', k)
        self.one, self.scale = self.place('one'), self.place('scale')

    def place(self, op: str, *operands: Any) -> int:
        """Where this instruction stands; a new one goes to the end."""
        line = op, *operands
        if line not in self.places:
            self.places[line] = len(self.code)
            self.code.append(line)
            self.varies.append(op in ('input', 'one') or (
                op not in (*LEAVES, 'dot')
                and any(self.varies[i] for i in operands)))
        return self.places[line]

    def operands(self, i: int) -> tuple[int, ...]:
        return () if self.code[i][0] in LEAVES else self.code[i][1:]

    def constant(self, x: float) -> int:
        return self.place('constant', repr(x))

    def emit(self, op: str, *operands: int) -> int:
        """The place of op(operands), with no more work than it takes."""
        function, (a, *others) = function_of(op), operands
        if op == 'highest' and others[1:]:
            half = len(operands) // 2
            return self.emit(op, self.emit(op, *operands[:half]),
                             self.emit(op, *operands[half:]))
        if op in ('**1', '**1.0') or op == 'highest' and not others:
            return a
        known = [self.known(i) for i in operands]
        if None not in known:
            return self.constant(function(*known))
        if op in ('**2', '**2.0'):
            return self.place('*', a, a)
        if op not in ('+', '*'):
            varies = any(self.varies[i] for i in operands)
            return self.place(
                op, *(self.varying(operands) if varies else operands))
        b = others[0]
        neutral = 0.0 if op == '+' else 1.0
        if neutral in known:
            return b if known[0] == neutral else a
        if op == '+' and a == b:
            return self.double(a)
        return self.place(op, min(a, b), max(a, b))

    def trace(self, *roots: Value) -> list[int]:
        """The places of the roots; all that they need comes before them."""
        for value in topological_order(Value(0.0, roots))[:-1]:
            if value not in self.place_of:
                operands = [self.place_of[v] for v in value._prev]
                self.place_of[value] = (
                    self.emit(value._op, *operands) if operands
                    else self.constant(value.data))
        return [self.place_of[root] for root in roots]

    def known(self, i: int) -> float | None:
        """The number, if it is a constant."""
        op, *rest = self.code[i]
        return float(rest[0]) if op == 'constant' else None

    def varying(self, places: Iterable[int]) -> list[int]:
        """The places, with one that varies for each that does not."""
        return [i if self.varies[i] else self.emit('*', i, self.one)
                for i in places]

    def double(self, i: int) -> int:
        """i + i. Of a product with a constant, the constant is doubled."""
        op, *operands = self.code[i]
        for k in operands if op == '*' else ():
            x = self.known(k)
            if x is not None and math.isfinite(2 * x):
                return self.emit('*', sum(operands) - k, self.constant(2 * x))
        return self.emit('*', i, self.constant(2.0))

    def uses(self, results: Iterable[int]) -> dict[int, int]:
        """How often each instruction that the results need is used."""
        count = dict(Counter(results))
        for i in reversed(range(len(self.code))):
            for k in self.operands(i) if i in count else ():
                count[k] = count.get(k, 0) + 1
        return count

    def total(self, i: int, mean: bool, uses: dict[int, int],
              apart: bool) -> int:
        """The place of the sum, or the mean, of number i over all samples.

        What is the same for every sample moves out of the sum.

        Args:
            i: the place of the number.
            mean: whether to divide by how many samples there are.
            uses: how often each instruction is used.
            apart: whether to take every sum apart, or only where that
                moves something out.
        """
        varies = self.varies.__getitem__
        found, todo = self.constant(0.0), [(self.constant(1.0), i)]
        while todo:
            factor, j = todo.pop()
            whole = uses[j] > 1 or not varies(j)
            op, *operands = ('',) if whole else self.code[j]
            a, b = sorted(operands if op == '*' else (j, self.one), key=varies)
            if op == '+' and (apart or not all(map(varies, operands))):
                todo += [(factor, k) for k in reversed(operands)]
            elif op == '*' and not varies(a):
                todo.append((self.emit('*', factor, a), b))
            else:
                dot = varies(j)
                term = self.place('dot', max(a, b), min(a, b)) if dot else j
                if dot == mean:  # the scale is 1 / count, or else the count
                    term = self.emit('*', self.scale, term)
                found = self.emit('+', found, self.emit('*', factor, term))
        return found

    def stages(self) -> list[list[int]]:
        """What to do before the samples, for each, as dots, and after."""
        late: set[int] = set()
        stages: list[list[int]] = [[], [], [], []]
        for i in sorted(self.uses([*self.results, *self.outputs])):
            operands = self.operands(i)
            stage = (1 if self.varies[i] else 2 if self.code[i][0] == 'dot'
                     else 0 if late.isdisjoint(operands) else 3)
            if stage > 1:
                late.add(i)
            if operands:
                stages[stage].append(i)
        return stages


FUNCTIONS: dict[str, Callable[..., float]] = {
    '+': lambda a, b: a + b,
    '*': lambda a, b: a * b,
    '**': ieee_pow,
    'ReLU': lambda a: 0.0 if a < 0 else a,
    'exp': ieee_exp,
    'log': ieee_log,
    'tanh': math.tanh,
    'sigmoid': lambda a: Value(a).sigmoid().data,
    'abs': abs,
    'gate': gate,
    'highest': lambda a, b: a if a > b or a != a else b,
}


def function_of(op: str) -> Callable[..., float]:
    """What an operation does to plain numbers.

    Raises:
        LookupError: it is not one of the engine's.
    """
    if op in FUNCTIONS:
        return FUNCTIONS[op]
    if not op.startswith('**'):
        raise LookupError(f'the operation {op!r} is not one of the engine: '
                          'it cannot be compiled')
    return lambda a: ieee_pow(a, float(op[2:]))


NAMES = {'constant': '{}', 'parameter': 'p{}', 'input': 'x{}',
         'one': '1.0', 'scale': 'scale'}

INFIX = {'+': '{} + {}', '*': '{} * {}', 'dot': '{} * {}',
         'ReLU': '0.0 if {0} < 0 else {0}',
         'gate': '0.0 if {1} <= 0 else {0}'}


def python_source(program: Program) -> str:
    """The program as a function in Python, a line for each instruction."""
    code = program.code

    def name(i: int) -> str:
        op, *rest = code[i]
        return NAMES.get(op, f'v{i}').format(*rest)

    def names(places: Iterable[int]) -> str:
        return ''.join(f'{name(i)}, ' for i in places)

    def leaves(kind: str) -> str:
        return names(i for i, line in enumerate(code) if line[0] == kind)

    def line(i: int, becomes: str = '=') -> str:
        op, *operands = code[i]
        words = [name(k) for k in operands]
        if op.startswith('**'):
            op, words = 'pow', [*words, op[2:]][:2]
        formula = INFIX.get(op, f'{op}({", ".join(words)})').format(*words)
        return f'{name(i)} {becomes} {formula}'

    before, each, dots, after = program.stages()
    return '\n'.join([
        'def run(parameters, samples, scale):',
        f'    {leaves("parameter")}= parameters',
        *[f'    {line(i)}' for i in before],
        *[f'    {name(i)} = 0.0' for i in dots],
        '    outputs = []',
        f'    for {leaves("input") or "_ "}in samples:',
        *[f'        {line(i)}' for i in each],
        *[f'        {line(i, "+=")}' for i in dots],
        f'        outputs.append(({names(program.outputs)}))',
        *[f'    {line(i)}' for i in after],
        f'    return ({names(program.results)}), outputs\n'])


Batch = tuple[list[list[float]], float]  # samples, scale


class Python:
    """A program as straight-line Python, run once for each sample."""

    def __init__(self, program: Program, dtype: str) -> None:
        if dtype != 'float64':
            raise ValueError(f'plain Python computes in float64, not {dtype}')
        self.source = python_source(program)
        space: dict[str, Any] = {'inf': math.inf, 'nan': math.nan,
                                 'pow': ieee_pow, **FUNCTIONS}
        exec(self.source, space)
        self.run = space['run']

    def load(self, batches: list[Batch]) -> None:
        self.batches = cycle(batches)

    def start(self, parameters: list[float]) -> None:
        self.numbers = parameters

    def step(self, learning_rate: float) -> float:
        (loss, *self.slopes), self.answers = self.run(
            self.numbers, *next(self.batches))
        self.numbers = [p - learning_rate * slope for p, slope
                        in zip(self.numbers, self.slopes, strict=True)]
        return float(loss)

    def parameters(self) -> list[float]:
        return self.numbers

    def gradients(self) -> Any:
        return self.slopes

    def outputs(self) -> list[list[float]]:
        return [list(column) for column in zip(*self.answers, strict=True)]


class TracingError(TypeError):
    """What was traced for one sample does not hold for every sample."""


READERS = ('__lt__', '__le__', '__gt__', '__ge__', '__round__', 'detach',
           '__format__', 'backward', '_deliver')


@contextmanager
def unread() -> Iterator[None]:
    """For a while, only the engine's operations read what a Value holds."""
    slots: Any = {name: vars(Value)[name] for name in ('data', 'grad')}
    thread = get_ident()

    def watched(slot: Any) -> property:
        def read(value: Value) -> float:
            caller = sys._getframe(1)
            name, module = caller.f_code.co_name, caller.f_globals['__name__']
            if get_ident() == thread and (name in READERS or module not in (
                    'micrograd.engine', 'micrograd.losses')):
                raise TracingError(
                    f'{name} reads the number of a Value while the loss is '
                    'traced. A program takes the same path for every sample '
                    'and every step: say it with operations, as relu or abs')
            number: float = slot.__get__(value)
            return number

        return property(read, slot.__set__)

    try:
        for name, slot in slots.items():
            setattr(Value, name, watched(slot))
        yield
    finally:
        for name, slot in slots.items():
            setattr(Value, name, slot)


def unfold(sample: Any, numbers: list[float]) -> Any:
    """Collect the numbers of a sample; returns its shape, made of places."""
    if isinstance(sample, Iterable) and not isinstance(sample, str):
        return [unfold(part, numbers) for part in sample]
    numbers.append(number(sample))
    return len(numbers) - 1


def fold(shape: Any, values: Sequence[Value]) -> Any:
    """A sample of this shape, with values for numbers."""
    if isinstance(shape, int):
        return values[shape]
    return [fold(part, values) for part in shape]


def recorded(loss: Callable[..., Any], samples: Sequence[Any],
             parameters: Sequence[Value]) -> tuple[Any, Program, list[Value]]:
    """The shape of the samples, and the program that all of them make.

    Raises:
        TracingError: two samples make different programs.
    """
    found = []
    for k in (0, len(samples) // 2, -1):
        numbers: list[float] = []
        shape = unfold(samples[k], numbers)
        inputs = [Value(x) for x in numbers]
        arguments = shape if isinstance(shape, list) else [shape]
        with unread():
            made = loss(*fold(arguments, inputs))
        roots = [made] if isinstance(made, Value) else list(made)
        program = Program(inputs, parameters)
        found.append((program.trace(*roots), program.code))
        if found[-1] != found[0]:
            raise TracingError(
                'two samples make different graphs: a number that is not an '
                'input, or chance, has a part in the loss')
    return shape, program, roots


class Step:
    """A compiled step of training; calling it moves the parameters.

    Attributes:
        program: the instructions.
        machine: what runs them.
        backend: its name.
    """

    def __init__(self, program: Program, machine: Any, backend: str,
                 parameters: list[Value], shape: Any, mean: bool) -> None:
        self.program = program
        self.machine = machine
        self.backend = backend
        self.parameters = parameters
        self.shape = shape
        self.mean = mean

    def load(self, samples: Iterable[Any], batch: int | None = None) -> None:
        """Take these samples from now on.

        Args:
            samples: each of the shape that was traced.
            batch: how many a step takes, in turn; all of them if None.

        Raises:
            ValueError: a sample has another shape, or there are no samples
                to take the mean of.
        """
        rows: list[list[float]] = []
        for sample in samples:
            rows.append([])
            if unfold(sample, rows[-1]) != self.shape:
                raise ValueError(f'sample {len(rows) - 1} has another shape '
                                 'than the one traced: compile it by itself')
        if self.mean and not rows:
            raise ValueError('the mean of no losses: is the data empty?')
        size = batch or len(rows) or 1
        cuts = [rows[i:i + size] for i in range(0, len(rows) or 1, size)]
        self.machine.load([
            (cut, 1 / len(cut) if self.mean else float(len(cut)))
            for cut in cuts])

    def descend(self, learning_rates: Iterable[float]) -> list[float]:
        """One step downhill for each rate; returns the losses before them."""
        self.machine.start([p.data for p in self.parameters])
        losses = [self.machine.step(rate) for rate in learning_rates]
        if losses:
            for p, x, slope in zip(self.parameters, self.machine.parameters(),
                                   self.machine.gradients(), strict=True):
                p.data, p.grad = x, slope
        return losses

    def __call__(self, learning_rate: float) -> float:
        """One step downhill; returns the loss before it."""
        return self.descend([learning_rate])[0]

    def backward(self) -> float:
        """The loss. Its derivatives are added to `grad` of the parameters."""
        self.machine.start([p.data for p in self.parameters])
        loss: float = self.machine.step(0.0)
        for p, slope in zip(self.parameters, self.machine.gradients(),
                            strict=True):
            p.grad += slope
        return loss

    def outputs(self) -> list[list[float]]:
        """What else the loss returned: for each a number for each sample.

        They are those of the last run.
        """
        found: list[list[float]] = self.machine.outputs()
        return found


BACKENDS: dict[str, Callable[[Program, str], Any]] = {'python': Python}


def build(program: Program, backend: str | None,
          dtype: str) -> tuple[Any, str]:
    """What runs the program, and its name.

    Without a name it is the first that can be had.
    """
    faster = [name for name in ('numpy', 'native') if name in BACKENDS]
    for better in faster if backend is None else ():
        with suppress(ImportError, OSError):
            return BACKENDS[better](program, dtype), better
    name = backend or 'python'
    return BACKENDS[name](program, dtype), name


def compile(loss: Value | Callable[..., Any], inputs: Iterable[Any],
            parameters: Iterable[Value], *, penalty: Value | None = None,
            reduction: str = 'mean', backend: str | None = None,
            dtype: str = 'float64') -> Step:
    """A step of training as a program.

    Args:
        loss: a function of one sample that returns its loss, and perhaps
            further outputs; or a Value that was built already.
        inputs: the samples, each a list of the function's arguments; or those
            leaves of the Value that differ from sample to sample.
        parameters: the values to move.
        penalty: a value made from the parameters alone, added once.
        reduction: 'mean' or 'sum' of the losses of the samples.
        backend: what runs it: 'numpy', 'native' or 'python'; if None,
            the first of them that can be had.
        dtype: 'float64' or 'float32'.

    Raises:
        TracingError: one sample's graph is not every sample's.
        LookupError: an operation is not one of the engine's.
        ValueError: nothing to trace, nothing to move, or no such choice.
    """
    moved = list(dict.fromkeys(parameters))
    if (reduction not in ('mean', 'sum') or backend not in (None, *BACKENDS)
            or dtype not in ('float64', 'float32')):
        raise ValueError('no such choice: '
                         f'{reduction=}, {dtype=}, {backend=}')
    samples = list(inputs)
    leaves = samples if isinstance(loss, Value) else []
    if not moved or any(v._prev for v in moved + leaves):
        raise ValueError('give parameters, and as parameters and inputs '
                         'leaves alone: values that no operation made')
    if isinstance(loss, Value):
        program, roots = Program(leaves, moved), [loss]
        samples = [[v.data for v in leaves]]
        shape: Any = list(range(len(leaves)))
    elif samples:
        shape, program, roots = recorded(loss, samples, moved)
    else:
        raise ValueError('no sample to trace the loss with')
    assemble(program, roots, moved, penalty or Value(0.0),
             reduction == 'mean')
    machine, name = build(program, backend, dtype)
    step = Step(program, machine, name, moved, shape, reduction == 'mean')
    step.load(samples)
    return step


def assemble(program: Program, roots: list[Value], moved: list[Value],
             penalty: Value, mean: bool) -> None:
    """Add derivatives and sums: the results are the loss and the slopes."""
    loss, *outputs = roots
    program.outputs = program.varying(program.trace(*outputs))
    each = program.trace(loss, *loss.gradients(moved))
    once = program.trace(penalty, *penalty.gradients(moved))
    if any(program.varies[i] for i in once):
        raise ValueError('a penalty is made from the parameters alone')
    uses = program.uses([*each, *program.outputs])
    program.results = [
        program.emit('+', program.total(i, mean, uses, k > 0), once[k])
        for k, i in enumerate(each)]


def on_numpy(program: Program, dtype: str) -> Any:
    """The program as calls of NumPy; neither is loaded before."""
    from micrograd.layers import NumPy

    return NumPy(program, dtype)


BACKENDS['numpy'] = on_numpy


def in_c(program: Program, dtype: str) -> Any:
    """The program on the machine in C, loaded when it is wanted."""
    from micrograd.native import Native

    return Native(program, dtype)


BACKENDS['native'] = in_c

__all__ = ['BACKENDS', 'Program', 'Step', 'TracingError', 'compile',
           'python_source']
