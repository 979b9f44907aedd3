# Tangled from the book: edit its chapters, then run `python -m loom tangle`.
"""The graph as a program: its instructions, and Python that runs them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from itertools import cycle
from typing import Any

from micrograd.engine import Value, ieee_exp, ieee_log, ieee_pow, topological_order

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
        """The places that this one reads."""
        return () if self.code[i][0] in LEAVES else self.code[i][1:]

    def constant(self, x: float) -> int:
        """The place of a number that is written into the program."""
        return self.place('constant', repr(x))

    def emit(self, op: str, *operands: int) -> int:
        """The place of op(operands), with no more work than it takes."""
        function, exponent = function_of(op), exponent_of(op)
        a, *others = operands
        if op == 'highest' and others[1:]:
            half = len(operands) // 2
            return self.emit(op, self.emit(op, *operands[:half]),
                             self.emit(op, *operands[half:]))
        if exponent == 1 or op == 'highest' and not others:
            return a
        known = [self.known(i) for i in operands]
        if None not in known:
            return self.constant(function(*known))
        if exponent == 2:
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

    def forward(self) -> Program:
        """The same program, of whose results only the loss is wanted."""
        program = copy(self)
        program.results = self.results[:1]
        return program


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
    'gate': lambda a, b: 0.0 if b <= 0 else a,
    'highest': lambda a, b: a if a > b or a != a else b,
}


def exponent_of(op: str) -> float | None:
    """The exponent of a power such as '**3'; None of any other operation."""
    return float(op[2:]) if op.startswith('**') and op != '**' else None


def entry(table: Mapping[str, Any], op: str, name: str, chapter: str) -> Any:
    """What a table of operations holds for this one.

    Raises:
        LookupError: nothing. It says which table, and where that is told.
    """
    if op not in table:
        raise LookupError(f'`{op}` has no entry in {name} '
                          f'(chapter *{chapter}*): it cannot be compiled')
    return table[op]


def function_of(op: str) -> Callable[..., float]:
    """What an operation does to plain numbers.

    Raises:
        LookupError: it is not in the table.
    """
    exponent = exponent_of(op)
    if exponent is not None:
        return lambda a: ieee_pow(a, exponent)
    found: Callable[..., float] = entry(
        FUNCTIONS, op, 'FUNCTIONS', 'The graph is a program')
    return found


NAMES = {'constant': '{}', 'parameter': 'p{}', 'input': 'x{}',
         'one': '1.0', 'scale': 'scale'}

INFIX = {'+': '{} + {}', '*': '{} * {}', 'dot': '{} * {}',
         '**': 'pow({}, {})',
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
        exponent = exponent_of(op)
        if exponent is not None:
            op, words = 'pow', [*words, repr(exponent)]
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
    """A program as straight-line Python, run once for each sample.

    A batch is a list of samples, each a list of its inputs' numbers, and a
    scale. What is read back is turned over: for each output a list with a
    number for each sample.
    """

    def __init__(self, program: Program, dtype: str) -> None:
        if dtype != 'float64':
            raise ValueError(f'plain Python computes in float64, not {dtype}')
        self.program = program
        self.source = python_source(program)
        space: dict[str, Any] = {'inf': math.inf, 'nan': math.nan,
                                 'pow': ieee_pow, **FUNCTIONS}
        exec(self.source, space)
        self.function = space['run']

    def load(self, batches: list[Batch]) -> None:
        """Take these batches in turn, from the first."""
        self.batches = cycle(batches)

    def start(self, parameters: list[float], *states: list[float]) -> None:
        """Begin with these parameters, and states of the update."""
        self.numbers, self.kept = parameters, [*states]

    def run(self) -> float:
        """The loss of the next batch; nothing moves."""
        (loss, *self.slopes), self.answers = self.function(
            self.numbers, *next(self.batches))
        return float(loss)

    def step(self, learning_rate: float) -> float:
        """The loss of the next batch; then the parameters move downhill."""
        loss = self.run()
        self.move(learning_rate)
        return loss

    def move(self, learning_rate: float) -> None:
        """The parameters go downhill, or where the update says."""
        if self.update is None:
            self.numbers = [p - learning_rate * slope for p, slope
                            in zip(self.numbers, self.slopes, strict=True)]
        else:
            samples = zip(self.numbers, self.slopes, *self.kept, strict=True)
            _, moved = self.update.function((-learning_rate, *self.others),
                                            samples, 1.0)
            self.numbers, *self.kept = map(list, zip(*moved, strict=True))

    def parameters(self) -> list[float]:
        """A number for each parameter."""
        return self.numbers

    def gradients(self) -> Any:
        """A slope for each parameter, of the last run."""
        return self.slopes

    def outputs(self) -> list[list[float]]:
        """For each output a number for each sample of the last run."""
        return [[row[k] for row in self.answers]
                for k in range(len(self.program.outputs))]

    def forward(self) -> Python:
        """A machine for the loss and the outputs alone."""
        return Python(self.program.forward(), 'float64')

    update: Python | None = None

    def follow(self, update: Program) -> None:
        """Move the parameters by this program from now on."""
        self.update = Python(update, 'float64')

    def adjust(self, others: list[float]) -> None:
        """The update's numbers for the next step, but for the rate."""
        self.others = others

    def states(self) -> list[list[float]]:
        """For each state of the update a number for each parameter."""
        return self.kept


__all__ = ['Program', 'Python', 'python_source']
