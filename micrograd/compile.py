# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [c5caf58dcea0]
"""The graph as a program: traced once, differentiated, run many times."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
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
            self.varies.append(op in ('input', 'one', 'spread') or (
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
        known = [self.known(i) for i in operands]
        if None not in known:
            return self.constant(function(*known))
        if op == 'highest' and others[1:]:
            half = len(operands) // 2
            return self.emit(op, self.emit(op, *operands[:half]),
                             self.emit(op, *operands[half:]))
        if op == 'highest' and not others:
            return a
        if op in ('**1', '**1.0'):
            return a
        if op in ('**2', '**2.0'):
            return self.place('*', a, a)
        if op not in ('+', '*'):
            return self.place(op, *operands)
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

    def double(self, i: int) -> int:
        """i + i. Of a product with a constant, the constant is doubled."""
        op, *operands = self.code[i]
        factor = 2.0
        for k in operands if op == '*' else ():
            x = self.known(k)
            if x is not None:
                i, factor = sum(operands) - k, 2 * x
        return self.emit('*', i, self.constant(factor))

    def uses(self, results: Iterable[int]) -> dict[int, int]:
        """How often each instruction that the results need is used."""
        count: dict[int, int] = {}
        todo = list(results)
        while todo:
            i = todo.pop()
            if i not in count:
                todo += self.operands(i)
            count[i] = count.get(i, 0) + 1
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
            op, *operands = self.code[j] if uses[j] == 1 else ('', )
            a, b = sorted(operands if op == '*' else (j, self.one), key=varies)
            if not varies(j):
                term = j if mean else self.emit('*', self.scale, j)
            elif op == '+' and (apart or not all(map(varies, operands))):
                todo += [(factor, k) for k in reversed(operands)]
                continue
            elif not varies(a):
                todo.append((self.emit('*', factor, a), b))
                continue
            else:
                term = self.place('dot', max(a, b), min(a, b))
                term = self.emit('*', self.scale, term) if mean else term
            found = self.emit('+', found, self.emit('*', factor, term))
        return found

    def stages(self) -> list[list[int]]:
        """What to do before the samples, for each of them, and after."""
        late: set[int] = set()
        stages: list[list[int]] = [[], [], []]
        for i in sorted(self.uses([*self.results, *self.outputs])):
            operands = self.operands(i)
            if self.code[i][0] == 'dot' or not late.isdisjoint(operands):
                late.add(i)
            if operands:
                stages[1 if self.varies[i] else 2 * (i in late)].append(i)
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

    before, each, after = program.stages()
    dots = [i for i in after if code[i][0] == 'dot']
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
        *[f'    {line(i)}' for i in after if code[i][0] != 'dot'],
        f'    return ({names(program.results)}), outputs\n'])


Batch = tuple[list[list[float]], int, float]  # columns, samples, scale


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
        self.batches = cycle([
            (list(zip(*columns, strict=True)) if columns else [()] * count,
             scale) for columns, count, scale in batches])

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


READERS = ('__lt__', '__le__', '__gt__', '__ge__', '__float__', 'detach',
           'backward', '_deliver')


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


def record(loss: Callable[..., Any],
           sample: Any) -> tuple[Any, list[Value], list[Value]]:
    """The shape of a sample, its values, and what the loss makes of them."""
    numbers: list[float] = []
    shape = unfold(sample, numbers)
    inputs = [Value(x) for x in numbers]
    with unread():
        made = loss(*fold(shape if isinstance(shape, list) else [0], inputs))
    roots = [made] if isinstance(made, Value) else list(made)
    return shape, inputs, roots


def recorded(loss: Callable[..., Any], samples: Sequence[Any],
             parameters: Sequence[Value]) -> tuple[Any, Program, list[Value]]:
    """The shape of the samples, and the program that all of them make.

    Raises:
        TracingError: two samples make different programs.
    """
    found = []
    for k in (0, len(samples) // 2, -1):
        shape, inputs, roots = record(loss, samples[k])
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
            ([list(column) for column in zip(*cut, strict=True)], len(cut),
             1 / len(cut) if self.mean else float(len(cut))) for cut in cuts])

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


BACKENDS: dict[str, Callable[[Program, str], Any]] = {}
BACKENDS['python'] = Python


def build(program: Program, backend: str | None,
          dtype: str) -> tuple[Any, str]:
    """What runs the program, and its name.

    Without a name it is the first that can be had.
    """
    *better, last = [backend] if backend else [
        name for name in ('numpy', 'native', 'python') if name in BACKENDS]
    for name in better:
        try:
            return BACKENDS[name](program, dtype), name
        except (ImportError, OSError):
            continue
    return BACKENDS[last](program, dtype), last


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
    chosen = (reduction in ('mean', 'sum') and dtype in ('float64', 'float32')
              and backend in (None, *BACKENDS))
    if not chosen:
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
    program.outputs = program.trace(*outputs)
    each = program.trace(loss, *loss.gradients(moved))
    once = program.trace(penalty, *penalty.gradients(moved))
    if any(program.varies[i] for i in once):
        raise ValueError('a penalty is made from the parameters alone')
    uses = program.uses([*each, *program.outputs])
    program.results = [
        program.emit('+', program.total(i, mean, uses, k > 0), once[k])
        for k, i in enumerate(each)]


Node = tuple[int, str, list[int], list[int]]  # place, operation, operands


def sums_of_products(program: Program) -> list[Node]:
    """What is live, with each chain of additions as one sum of products.

    A sum's first operands are factors, its second ones what they multiply.
    """
    code, varies = program.code, program.varies
    unit = program.constant(1.0), program.one
    uses = program.uses([*program.results, *program.outputs])
    nodes: list[Node] = []
    inside: set[int] = set()
    for i in sorted(uses, reverse=True):
        if i in inside or not program.operands(i):
            continue
        a, b, todo = [], [], [i]
        while todo:
            k = todo.pop()
            op = code[k][0]
            first, *rest = sorted(program.operands(k) or (k,),
                                  key=varies.__getitem__)
            mine = k == i or uses[k] == 1 and varies[k] == varies[i]
            if mine and op == '+':
                todo += [*rest, first]
            elif mine and op == '*' and not varies[first]:
                a.append(first)
                b += rest
            elif k == i:  # no sum at all
                op, *operands = code[i]
                nodes.append((i, op, operands[:1], operands[1:]))
                break
            else:
                a.append(unit[0] if varies[k] else k)
                b.append(k if varies[k] else unit[varies[i]])
                continue
            inside.add(k)
        else:
            nodes.append((i, 'sums', a, b))
    return nodes[::-1]


Group = tuple[str, int, int, int, list[int], list[int]]


class Layers:
    """A program whose like instructions stand together.

    U holds numbers, X rows of one number for each sample. A group (op, out, n,
    k, a, b) fills n slots of U or rows of X, from out on; a and b tell how.

    matmul: X[out + j] = the sum over t < k of U[a[j * k + t]] * X[b[t]].
    sums: the same with b[j * k + t]; where samples play no part, U for X.
    dots: U[out + j * k + t] = X[a[j]] * X[b[t]], summed over the samples.
    Any other: X[out + j] = op(X[a[j]], X[b[j]]), or without b; or U for X.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.spreads: dict[int, int] = {}
        nodes = [self.with_rows(node) for node in sums_of_products(program)]
        outputs = self.as_rows(program.outputs)
        nodes += [(row, 'sums', [i], [program.one])
                  for i, row in self.spreads.items()]
        self.place_leaves()
        self.find_levels(nodes)
        dots = [node for node in nodes if node[1] == 'dot']
        before, each, after = map(set, program.stages())
        each.update(self.spreads.values())
        after.difference_update(place for place, *_ in dots)
        self.before = self.groups([n for n in nodes if n[0] in before])
        self.each = self.groups([n for n in nodes if n[0] in each])
        self.each += self.outer(dots)
        self.after = self.groups([n for n in nodes if n[0] in after])
        self.loss, *self.gradients = [self.slot[i] for i in program.results]
        self.outputs = [self.slot[i] for i in outputs]

    def as_rows(self, places: Iterable[int]) -> list[int]:
        """The places, with a row of equal numbers for each that is uniform."""
        program, found = self.program, []
        for i in places:
            if program.known(i) == 1.0:
                i = program.one
            elif not program.varies[i]:
                i = self.spreads.setdefault(i, program.place('spread', i))
            found.append(i)
        return found

    def with_rows(self, node: Node) -> Node:
        """A node that computes a row, by a function, reads rows."""
        i, op, a, b = node
        if op == 'sums' or not self.program.varies[i]:
            return node
        return i, op, self.as_rows(a), self.as_rows(b)

    def find_levels(self, nodes: list[Node]) -> None:
        """A level for each node, above the levels of what it reads."""
        self.level = dict.fromkeys(self.spreads.values(), 0)
        for i, op, a, b in nodes:
            self.level[i] = 0 if op == 'dot' or i in self.level else 1 + max(
                self.level.get(k, 0) for k in a + b)

    def place_leaves(self) -> None:
        """Parameters, scale and constants stand first in U, inputs in X."""
        def places(*kinds: str) -> list[int]:
            return [i for kind in kinds
                    for i, line in enumerate(self.program.code)
                    if line[0] == kind]

        slots = places('parameter', 'scale', 'constant')
        rows = places('input', 'one')
        self.parameters, self.inputs = len(places('parameter')), len(rows) - 1
        self.rows = len(rows)
        self.slot = {i: k for kind in (slots, rows)
                     for k, i in enumerate(kind)}
        self.uniform = [self.program.known(i) or 0.0 for i in slots]

    def groups(self, nodes: list[Node]) -> list[Group]:
        """Nodes of one level that do the same, together."""
        alike: dict[tuple[Any, ...], list[Node]] = {}
        for node in nodes:
            i, op, a, b = node
            level = self.level[i]
            key: tuple[Any, ...]
            if op == 'sums' and self.program.varies[i]:
                key = level, 'matmul', *sorted(b)
            else:
                key = level, op, len(a)
            alike.setdefault(key, []).append(node)
        for key in [key for key in alike if key[1] == 'matmul']:
            level, _, *sources = key
            if len(alike[key]) == 1 and len(sources) < 8:
                few = alike.setdefault((level, 'sums', len(sources)), [])
                few += alike.pop(key)
        return [self.group(key[1], alike[key])
                for key in sorted(alike, key=lambda key: key[0])]

    def group(self, op: str, nodes: list[Node]) -> Group:
        """One group; its members stand in the order of what they read."""
        if op == 'matmul':
            nodes = self.columns_alike(nodes)
        slots = [([self.slot[k] for k in a], [self.slot[k] for k in b], i)
                 for i, _, a, b in nodes]
        slots.sort()
        out = self.claim([i for *_, i in slots])
        a = [k for a, _, _ in slots for k in a]
        b = [k for _, b, _ in slots[:1 if op == 'matmul' else None] for k in b]
        return op, out, len(slots), len(slots[0][0]), a, b

    def columns_alike(self, nodes: list[Node]) -> list[Node]:
        """Sums of the same rows, with their terms in the same order."""
        by_row = [sorted(zip(b, a, strict=True)) for _, _, a, b in nodes]
        first = by_row[0]
        order = sorted(range(len(first)), key=lambda t: self.slot[first[t][1]])
        return [(i, op, [terms[t][1] for t in order],
                 [terms[t][0] for t in order])
                for (i, op, _, _), terms
                in zip(nodes, by_row, strict=True)]

    def claim(self, places: list[int]) -> int:
        """The first of as many new slots, or rows, as there are places."""
        varies = self.program.varies[places[0]]
        out = self.rows if varies else len(self.uniform)
        self.slot.update((i, out + j) for j, i in enumerate(places))
        if varies:
            self.rows += len(places)
        else:
            self.uniform += [0.0] * len(places)
        return out

    def outer(self, dots: list[Node]) -> list[Group]:
        """Products of some rows with the same other rows: a matrix."""
        place = {(*a, *b): i for i, _, a, b in dots}
        partners: dict[int, list[int]] = {}
        for row, column in place:
            partners.setdefault(row, []).append(column)
        blocks: dict[frozenset[int], list[int]] = {}
        for row, columns in partners.items():
            blocks.setdefault(frozenset(columns), []).append(row)
        groups: list[Group] = []
        for rows in blocks.values():
            columns = partners[rows[0]]
            out = self.claim([place[r, c] for r in rows for c in columns])
            groups.append(('dots', out, len(rows), len(columns),
                           [self.slot[r] for r in rows],
                           [self.slot[c] for c in columns]))
        return groups


class NumPy:
    """A program as a few calls of NumPy, on rows with a number a sample."""

    def __init__(self, program: Program, dtype: str) -> None:
        import numpy

        self.np, self.dtype, self.layers = numpy, dtype, Layers(program)
        self.U = numpy.array(self.layers.uniform, dtype)
        self.count = -1

    def load(self, batches: list[Batch]) -> None:
        self.batches = cycle([
            (self.np.array(columns, self.dtype).reshape(
                len(columns), count), scale)
            for columns, count, scale in batches])

    def start(self, parameters: list[float]) -> None:
        self.U[:self.layers.parameters] = parameters

    def step(self, learning_rate: float) -> float:
        data, scale = next(self.batches)
        if data.shape[1] != self.count:
            self.prepare(data.shape[1])
        self.X[:len(data)] = data
        self.U[self.layers.parameters] = scale
        with self.np.errstate(all='ignore'):
            for call in self.calls:
                call()
            self.slopes = self.U[self.layers.gradients]
            self.U[:self.layers.parameters] -= learning_rate * self.slopes
        return float(self.U[self.layers.loss])

    def parameters(self) -> Any:
        return self.U[:self.layers.parameters].tolist()

    def gradients(self) -> Any:
        return self.slopes.tolist()

    def outputs(self) -> Any:
        return self.X[self.layers.outputs].tolist()

    def prepare(self, count: int) -> None:
        """Make the calls for this many samples, each with its arrays."""
        layers, self.count = self.layers, count
        self.X = self.np.ones((layers.rows, count), self.dtype)
        self.calls: list[Callable[[], Any]] = []
        for array, groups in ((self.U, layers.before), (self.X, layers.each),
                              (self.U, layers.after)):
            for group in groups:
                self.calls.append(self.call(array, *group))

    def call(self, array: Any, op: str, out: int, n: int, k: int,
             a: list[int], b: list[int]) -> Callable[[], Any]:
        """What computes a group, in U or in X."""
        np, U, to, read = self.np, self.U, array[out:out + n], self.read
        if op == 'matmul':
            return partial(np.matmul, read(U, a, n, k), read(array, b, k),
                           out=to)
        if op == 'dots':
            return partial(np.matmul, read(array, a, n), read(array, b, k).T,
                           out=U[out:out + n * k].reshape(n, k))
        if op == 'sums':
            return partial(np.einsum, 'jt,jt...->j...', read(U, a, n, k),
                           read(array, b, n, k), out=to)
        operands = [read(array, index, n) for index in (a, b) if index]
        if op.startswith('**') and op != '**':
            operands.append(np.full(to.shape, float(op[2:])))
            op = '**'
        functions = {
            '*': np.multiply, '**': np.power, 'highest': np.maximum,
            'ReLU': partial(np.maximum, 0.0), 'exp': np.exp, 'log': np.log,
            'tanh': np.tanh, 'abs': np.abs, 'gate': self.gate,
            'sigmoid': self.sigmoid}
        return partial(functions[op], *operands, out=to)

    def read(self, array: Any, index: list[int], *shape: int) -> Any:
        """The rows or numbers at the index: a view if it goes in even steps.

        Otherwise a copy, which a call of its own renews at each run.
        """
        np, start = self.np, index[0]
        n, k = (*shape, 1)[:2]
        down = index[k] - start if n > 1 else 0
        along = index[1] - start if k > 1 else 0
        if index == [start + j * down + t * along
                     for j in range(n) for t in range(k)]:
            size, *others = array.strides
            return np.lib.stride_tricks.as_strided(
                array[start:], (*shape, *array.shape[1:]),
                (*(down * size, along * size)[:len(shape)], *others))
        copy = np.empty((*shape, *array.shape[1:]), self.dtype)
        places = np.array(index).reshape(shape)
        self.calls.append(partial(array.take, places, 0, copy, 'clip'))
        return copy

    def gate(self, g: Any, x: Any, out: Any) -> None:
        self.np.copyto(out, g)
        self.np.copyto(out, 0.0, where=x <= 0)

    def sigmoid(self, x: Any, out: Any) -> None:
        small = self.np.exp(-self.np.abs(x))
        self.np.divide(self.np.where(x < 0, small, 1.0), 1.0 + small, out)


BACKENDS['numpy'] = NumPy


def native(program: Program, dtype: str) -> Any:
    """The program for a loop in C; its module is loaded when it is wanted."""
    return import_module('micrograd.native').Native(program, dtype)


BACKENDS['native'] = native
