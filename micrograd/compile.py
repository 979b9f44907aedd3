# Tangled from the book: edit its chapters, then run `python -m loom tangle`.
"""The graph as a program: traced once, differentiated, run many times."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from functools import cache, cached_property
from itertools import cycle
from reprlib import repr as shortened
from threading import Lock
from typing import Any, NamedTuple

from micrograd.engine import (
    Value,
    ieee_exp,
    ieee_log,
    ieee_pow,
    number,
    topological_order,
)
from micrograd.optim import SGD, Adam, Optimiser

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


class TracingError(TypeError):
    """What was traced for one sample does not hold for every sample."""


def refusal(verb: str) -> Callable[..., Any]:
    """What answers instead of a number: an error that names who asked."""

    def refuse(symbol: Value, *number: float) -> None:
        frame = sys._getframe(1)
        while frame.f_globals is globals() and frame.f_back:
            frame = frame.f_back
        code, name = frame.f_code, frame.f_code.co_name
        engines = getattr(vars(Value).get(name), '__code__', None) is code
        raise TracingError(
            f'{name} {verb} the number of a Value while the loss is traced. '
            + (f'Ask the value itself: v.{name}(), not Value.{name}(v)'
               if engines and name in vars(Symbol) else
               'A program takes the same path for every sample and every '
               'step: say it with operations, as relu or abs, or as highest '
               'or softmax of micrograd.losses'))

    return refuse


class Symbol(Value):
    """A value without a number: it knows how it was made, and no more."""

    __slots__ = ()

    data: Any = property(refusal('reads'), refusal('sets'))
    grad: Any = property(refusal('reads'), refusal('sets'))

    def __init__(self, op: str = '', operands: Iterable[Value] = ()) -> None:
        self._op, self._prev = op, tuple(operands)

    def __repr__(self) -> str:
        return 'Value(data=?, grad=?)'

    def __index__(self) -> int:
        raise TracingError(
            'a Value cannot be an index, and has no number while the loss is '
            'traced: let a sample hold a one-hot list, 1 at the place that '
            'counts and 0 elsewhere, and take a sum of products')

    def __add__(self, other: Any) -> Any:
        return symbol('+', self, other)

    def __radd__(self, other: Any) -> Any:  # other + self
        return symbol('+', other, self)

    def __mul__(self, other: Any) -> Any:
        return symbol('*', self, other)

    def __rmul__(self, other: Any) -> Any:  # other * self
        return symbol('*', other, self)

    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, Value):
            return symbol('**', self, exponent)
        try:
            made = Value(1.0).__pow__(exponent)
        except TypeError:
            return NotImplemented
        return symbol(made._op, self) if isinstance(made, Value) else made

    def __rpow__(self, base: Any) -> Any:  # base ** self
        return symbol('**', base, self)

    def __abs__(self) -> Any:
        return symbol('abs', self)

    def relu(self) -> Any:
        return symbol('ReLU', self)

    def exp(self) -> Any:
        return symbol('exp', self)

    def log(self) -> Any:
        return symbol('log', self)

    def tanh(self) -> Any:
        return symbol('tanh', self)

    def sigmoid(self) -> Any:
        return symbol('sigmoid', self)

    def _node(self, op: str, operands: Sequence[Value],
              function: Callable[[list[float]], float]) -> Value:
        return Symbol(op, operands)


def symbol(op: str, *operands: Any) -> Any:
    """op(operands), a number among them being a constant."""
    try:
        return Symbol(op, [v if isinstance(v, Value) else Value(v)
                           for v in operands])
    except TypeError:  # not a number: the other side may know what to do
        return NotImplemented


TRACING: ContextVar[bool] = ContextVar('TRACING', default=False)
ONE_AT_A_TIME = Lock()


def veiled(name: str) -> property:
    """What an attribute of a veiled parameter is to whoever asks."""

    def kind() -> type[Value]:
        return Symbol if TRACING.get() else Value

    def read(parameter: Value) -> Any:
        return vars(kind())[name].__get__(parameter)

    def write(parameter: Value, x: Any) -> None:
        vars(kind())[name].__set__(parameter, x)

    return property(read, write)


# The class of a parameter while its loss is traced: a symbol to the thread
# that traces, itself to all others.
Veiled: type[Symbol] = type('Veiled', (Symbol,), {'__slots__': ()} | {
    name: veiled(name) for name, held in vars(Symbol).items()
    if name in vars(Value) and hasattr(held, '__get__')
    and name != '__init__'})


@cache
def veil(kind: Any) -> Any:
    """The class that values of this class have behind a veil."""
    if issubclass(Veiled, kind):
        return Veiled
    return type(kind.__name__, (kind, Veiled), {'__slots__': ()})


@contextmanager
def traced(parameters: Sequence[Value]) -> Iterator[None]:
    """For a while, the parameters are symbols to this thread.

    Raises:
        TracingError: this thread is tracing already.
    """
    if TRACING.get():
        raise TracingError('a loss that is traced compiles another one: '
                           'compile that before')
    with ONE_AT_A_TIME:
        kinds: list[Any] = [type(p) for p in parameters]
        token = TRACING.set(True)
        try:
            for p, kind in zip(parameters, kinds, strict=True):
                p.__class__ = veil(kind)
            yield
        finally:
            for p, kind in zip(parameters, kinds, strict=True):
                p.__class__ = kind
            TRACING.reset(token)


def unfold(sample: Any, numbers: list[float]) -> Any:
    """Collect the numbers of a sample; returns its shape, made of places."""
    if isinstance(sample, (Mapping, Set)):
        raise TypeError('numbers come in a list, in their order: not in a '
                        f'{type(sample).__name__}')
    if isinstance(sample, Iterable) and not isinstance(sample, str):
        return [unfold(part, numbers) for part in sample]
    numbers.append(number(sample))
    return len(numbers) - 1


def unfolded(k: int, sample: Any) -> tuple[Any, list[float]]:
    """The shape and the numbers of sample k.

    Raises:
        TypeError: something in it is no number; says which sample, and where.
    """
    numbers: list[float] = []
    try:
        return unfold(sample, numbers), numbers
    except TypeError as error:
        raise TypeError(f'sample {k}, behind {len(numbers)} numbers: '
                        f'{error}') from None


def fold(shape: Any, values: Sequence[Value]) -> Any:
    """A sample of this shape, with values for numbers."""
    if isinstance(shape, int):
        return values[shape]
    return [fold(part, values) for part in shape]


def roots_of(made: Any) -> list[Value]:
    """The loss, and further outputs, out of what a function returned.

    Raises:
        TypeError: one of them is no Value, or there are none.
    """
    several = isinstance(made, Iterable) and not isinstance(made, str)
    roots = list(made) if several else [made]
    if not roots or not all(isinstance(root, Value) for root in roots):
        raise TypeError('the loss must return a Value, or a list of Values: '
                        f'itself and further outputs; not {made!r}')
    return roots


def recorded(loss: Callable[..., Any], samples: Sequence[Any],
             parameters: Sequence[Value]) -> tuple[Any, Program, list[Value]]:
    """The shape of the samples, and the program that all of them make.

    Raises:
        TracingError: two samples make different programs.
        TypeError: a sample holds what is no number, or the loss is no
            function, or returns what is no Value.
        ValueError: there are no samples.
    """
    if not samples:
        raise ValueError('no sample to trace the loss with')
    if not callable(loss):
        raise TypeError('a loss is a function of one sample, or a Value: not '
                        f'{loss!r}')
    found = []
    for k in (0, len(samples) // 2, len(samples) - 1):
        shape, numbers = unfolded(k, samples[k])
        inputs = [Symbol() for _ in numbers]
        arguments = shape if isinstance(shape, list) else [shape]
        with traced(parameters):
            roots = roots_of(loss(*fold(arguments, inputs)))
        program = Program(inputs, parameters)
        found.append((program.trace(*roots), program.code))
        if found[-1] != found[0]:
            raise TracingError(
                f'two samples make different graphs, number 0 and number {k}: '
                'they have different shapes, or a number that is not an '
                'input, or chance, has a part in the loss')
    return shape, program, roots


class Step:
    """A compiled step of training; calling it moves the parameters.

    Attributes:
        program: the instructions.
        machine: what runs them.
        backend: its name.
        dtype: what it computes in.
        why: why no faster one runs them, if none was asked for by name.
    """

    def __init__(self, program: Program, machine: Any, backend: str,
                 parameters: list[Value], shape: Any, mean: bool,
                 dtype: str = 'float64', why: str = '') -> None:
        self.program = program
        self.machine = machine
        self.backend = backend
        self.dtype = dtype
        self.why = why
        self.parameters = parameters
        self.shape = shape
        self.mean = mean
        self.has_run = False  # since samples were loaded

    def load(self, samples: Iterable[Any], batch: int | None = None) -> None:
        """Take these samples from now on, beginning with the first.

        Args:
            samples: each of the shape that was traced.
            batch: how many a step takes, in turn; all of them if None.

        Raises:
            ValueError: a sample has another shape, there are no samples to
                take the mean of, or a batch is not a number from 1 on.
        """
        if batch is not None and (
                type(batch) is bool or not hasattr(batch, '__index__')
                or batch < 1):
            raise ValueError('a batch is 1, 2, 3, … samples, or None for '
                             f'all of them: not {batch!r}')
        rows = self.rows(samples)
        size = batch or len(rows) or 1
        self.machine.load([self.batch(rows[i:i + size])
                           for i in range(0, len(rows) or 1, size)])
        self.loaded = len(rows), size
        self.has_run = False

    def rows(self, samples: Iterable[Any]) -> list[list[float]]:
        """The numbers of each sample, without its shape."""
        rows: list[list[float]] = []
        for k, sample in enumerate(samples):
            shape, numbers = unfolded(k, sample)
            if shape != self.shape:
                raise ValueError(
                    f'sample {k} has another shape than the one traced: '
                    f'{shortened(sample)}. Compile it by itself')
            rows.append(numbers)
        return rows

    def batch(self, rows: list[list[float]]) -> Batch:
        """These samples with what their losses' sum is multiplied by."""
        if self.mean and not rows:
            raise ValueError('the mean of no losses: is the data empty?')
        return rows, 1 / len(rows) if self.mean else float(len(rows))

    def descend(self, learning_rates: Iterable[float] | int) -> list[float]:
        """One step for each rate; returns the losses before them.

        With an optimiser each is a step of it. What it remembers is read from
        it first and written to it at the end.

        Args:
            learning_rates: a rate for each step, as a schedule gives them; or
                how many steps to take at the optimiser's own rate.
        """
        rates = (self.own_rates(learning_rates)
                 if isinstance(learning_rates, int) else learning_rates)
        if self.optimiser is not None:
            return self.optimise(rates)
        self.start()
        losses = [self.machine.step(rate) for rate in rates]
        if losses:
            self.finish()
        return losses

    def start(self) -> None:
        """Give the machine the parameters as they are now."""
        self.machine.start([p.data for p in self.parameters])

    def finish(self) -> None:
        """Take parameters and derivatives from the machine."""
        self.has_run = True
        for p, x, slope in zip(self.parameters, self.machine.parameters(),
                               self.machine.gradients(), strict=True):
            p.data, p.grad = x, slope

    def __call__(self, learning_rate: float | None = None) -> float:
        """One step; returns the loss before it.

        Args:
            learning_rate: how far; if None, as far as the optimiser says.
        """
        return self.descend(1 if learning_rate is None else [learning_rate])[0]

    def backward(self) -> float:
        """The loss. Its derivatives are added to `grad` of the parameters."""
        self.start()
        loss: float = self.machine.run()
        self.has_run = True
        for p, slope in zip(self.parameters, self.machine.gradients(),
                            strict=True):
            p.grad += slope
        return loss

    def outputs(self) -> list[list[float]]:
        """What else the loss returned: for each a number for each sample.

        They are those of the last run.

        Raises:
            RuntimeError: these samples have not been run yet.
        """
        if not self.has_run:
            raise RuntimeError('there are no outputs before a run of the '
                               'samples: step, or call backward, first')
        found: list[list[float]] = self.machine.outputs()
        return found

    def __repr__(self) -> str:
        count, batch = self.loaded
        optimiser = getattr(self, 'optimiser', None)
        return ''.join([
            f'Step on {self.backend}: {len(self.parameters)} parameters, '
            f'{self.dtype}, {count} samples',
            f', {batch} a step' if batch < count else '',
            f', {optimiser!r}' if optimiser is not None else '',
            f' (not on {self.why})' if self.why else ''])

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError('a Step cannot be copied or pickled: it is code for '
                        'this process. Copy or save the model, and compile '
                        'its loss again')

    @cached_property
    def looking(self) -> Any:
        """A second machine, for the way forward alone."""
        return self.machine.forward()

    def evaluate(self,
                 samples: Iterable[Any]) -> tuple[float, list[list[float]]]:
        """Run forward on any samples, with the parameters as they are.

        Nothing is touched: no parameter, no `grad`, and neither the samples
        that were loaded nor the place in them.

        Args:
            samples: any number of them, each of the shape that was traced.

        Returns:
            the loss that a step on all of them at once would return,
            so their mean or sum and the penalty; and what else the loss
            returns, for each output a list with a number for each sample.

        Raises:
            ValueError: a sample has another shape, or there are no samples
                to take the mean of.
        """
        self.looking.load([self.batch(self.rows(samples))])
        self.looking.start([p.data for p in self.parameters])
        return self.looking.run(), self.looking.outputs()

    optimiser: Any = None

    def _follow(self, optimiser: Optimiser) -> None:
        """Move as this optimiser does; `compile` asks for it before it loads.

        Raises:
            TypeError: it is not one that can be compiled.
            ValueError: it moves other parameters.
        """
        update = update_of(optimiser)
        if self.parameters != optimiser.parameters:
            raise ValueError('the optimiser moves other parameters, or in '
                             'another order: give it and compile one list')
        self.optimiser, self.update = optimiser, update
        self.machine.follow(update_program(update, optimiser))

    def own_rates(self, steps: int) -> list[float]:
        """The optimiser's learning rate, for so many steps."""
        if self.optimiser is None:
            raise TypeError('how far? Give a learning rate for each step, '
                            'or compile with an optimiser, which has one')
        if steps < 0:
            raise ValueError(f'there are no {steps} steps to take')
        return [self.optimiser.learning_rate] * steps

    def optimise(self, rates: Iterable[float]) -> list[float]:
        """Steps of the optimiser; its books are kept as it does itself."""
        optimiser, update, machine = self.optimiser, self.update, self.machine
        books = [getattr(optimiser, name) for name in update.states]
        machine.start([p.data for p in self.parameters], *books)
        losses = []
        for ahead, rate in enumerate(rates, 1):
            own_rate, *others = update.numbers(optimiser, rate, ahead)
            machine.adjust(others)
            losses.append(machine.step(own_rate))
        if losses:
            self.finish()
            for book, now in zip(books, machine.states(), strict=True):
                book[:] = now
            if hasattr(optimiser, 'steps'):
                optimiser.steps += len(losses)
        return losses


BACKENDS: dict[str, Callable[[Program, str], Any]] = {'python': Python}
UNASKED: dict[str, Callable[[Program, str], Any]] = {}  # instead, unasked


def build(program: Program, backend: str | None,
          dtype: str) -> tuple[Any, str, str]:
    """What runs the program, its name, and why it is none that is faster."""
    if backend is not None:
        return BACKENDS[backend](program, dtype), backend, ''
    missing: list[str] = []
    for name in reversed(BACKENDS):  # the later ones are faster
        if name != 'python' or dtype == 'float64':
            try:
                made = UNASKED.get(name, BACKENDS[name])(program, dtype)
                return made, name, '; '.join(missing)
            except (ImportError, OSError) as error:
                command, *said = str(error).split('\n')
                missing.append(f'{name}: {"".join(said[:1]) or command}')
    raise ValueError(f'plain Python computes in float64, not {dtype}, and '
                     f'nothing else is here ({"; ".join(missing)}): '
                     '`pip install numpy`, or install a C compiler')


def leaves_of(what: str, some: Iterable[Value]) -> list[Value]:
    """The parameters, or the inputs, as a list.

    Raises:
        TypeError: they are something else than values.
        ValueError: an operation made one of them.
    """
    leaves = list(some) if isinstance(some, Iterable) else [some]
    for v in leaves:
        if not isinstance(v, Value):
            raise TypeError(f'{what} are a list of Values, such as '
                            f'model.parameters(): not {type(v).__name__}')
    if any(v._prev for v in leaves):
        raise ValueError(f'{what} are leaves alone: values that no operation '
                         'made')
    return leaves


def compile(loss: Value | Callable[..., Any], inputs: Iterable[Any],
            parameters: Iterable[Value], *, penalty: Value | None = None,
            reduction: str = 'mean', backend: str | None = None,
            dtype: str = 'float64',
            optimiser: Optimiser | None = None) -> Step:
    """A step of training as a program.

    The loss is called with values that have no number, so it cannot decide
    by one, nor use one as an index: instead of the number of a class let a
    sample hold a list with 1 at its place and 0 elsewhere. What depends
    neither on inputs nor on parameters is a constant of the program, a
    Value that is not among the parameters too: it is frozen as it is now.

    Args:
        loss: a function of one sample that returns its loss, and perhaps
            further outputs; or a Value that was built already.
        inputs: the samples, each a list of the function's arguments; or those
            leaves of the Value that differ from sample to sample.
        parameters: the values to move.
        penalty: a value made from the parameters alone, added once.
        reduction: 'mean' or 'sum' of the losses of the samples.
        backend: what runs it: 'native', 'numpy' or 'python'; if None,
            the first of them that can be had, and `why` of the step says
            what was wrong with those before it.
        dtype: 'float64' or 'float32'.
        optimiser: what moves the parameters, which are its own too.
            Without one they move by the rate times the slope.

    Raises:
        TracingError: one sample's graph is not every sample's.
        LookupError: a table of operations lacks one of the loss.
        TypeError: a loss, a parameter or a penalty is no Value, or a sample
            holds something else than numbers.
        ValueError: nothing to trace, nothing to move, or no such choice.
        ImportError, OSError: the back end of this name cannot be had.
    """
    moved = list(dict.fromkeys(leaves_of('parameters', parameters)))
    if (reduction not in ('mean', 'sum') or backend not in (None, *BACKENDS)
            or dtype not in ('float64', 'float32')):
        raise ValueError('no such choice: '
                         f'{reduction=}, {dtype=}, {backend=}')
    if not moved:
        raise ValueError('nothing to move: give parameters')
    if penalty is not None and not isinstance(penalty, Value):
        raise TypeError('a penalty is a Value made from the parameters, such '
                        'as 1e-4 * sum(p * p for p in parameters): not '
                        f'{penalty!r}')
    if isinstance(loss, Value):
        leaves = leaves_of('inputs', inputs)
        if not {*leaves}.isdisjoint(moved):
            raise ValueError('a value is an input or a parameter, not both')
        program, roots = Program(leaves, moved), [loss]
        samples: list[Any] = [[v.data for v in leaves]]
        shape: Any = list(range(len(leaves)))
    else:
        samples = list(inputs)
        shape, program, roots = recorded(loss, samples, moved)
    assemble(program, roots, moved, penalty or Value(0.0),
             reduction == 'mean')
    machine, name, why = build(program, backend, dtype)
    step = Step(program, machine, name, moved, shape, reduction == 'mean',
                dtype, why)
    if optimiser is not None:
        step._follow(optimiser)
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


def in_c_unasked(program: Program, dtype: str) -> Any:
    """The same, with a compiler that the system has, or not at all."""
    from micrograd.native import compiler

    compiler(bundled=False)
    return BACKENDS['native'](program, dtype)


BACKENDS['native'] = in_c
UNASKED['native'] = in_c_unasked


def sgd_rule(downhill: Value, momentum: Value, p: Value, slope: Value,
             velocity: Value) -> tuple[Value, ...]:
    """What `SGD.step` does to one parameter; downhill is minus the rate."""
    velocity = momentum * velocity + slope
    return p + downhill * velocity, velocity


def adam_rule(downhill: Value, epsilon: Value, beta1: Value, rest1: Value,
              beta2: Value, rest2: Value, p: Value, slope: Value,
              mean: Value, square: Value) -> tuple[Value, ...]:
    """What `Adam.step` does to one parameter; downhill is minus the rate."""
    mean = beta1 * mean + rest1 * slope
    square = beta2 * square + rest2 * slope * slope
    return p + downhill * (mean / (square ** 0.5 + epsilon)), mean, square


class Update(NamedTuple):
    """What an optimiser does to one parameter, to be traced.

    The rule is a function of `numbers`, a parameter, its slope and its states,
    and returns the new parameter and states.
    """

    rule: Callable[..., tuple[Value, ...]]
    numbers: Callable[[Any, float, int], tuple[float, ...]]  # the rate first
    states: tuple[str, ...]  # the optimiser's lists: a number a parameter


def sgd_numbers(optimiser: SGD, rate: float, ahead: int) -> tuple[float, ...]:
    """The numbers of `sgd_rule`, some steps ahead."""
    return rate, optimiser.momentum


def adam_numbers(optimiser: Adam, rate: float,
                 ahead: int) -> tuple[float, ...]:
    """The numbers of `adam_rule`, some steps ahead."""
    (beta1, beta2), count = optimiser.betas, optimiser.steps + ahead
    fix = math.sqrt(1 - beta2 ** count)
    return (rate * fix / (1 - beta1 ** count), optimiser.epsilon * fix,
            beta1, 1 - beta1, beta2, 1 - beta2)


UPDATES: dict[Any, Update] = {
    SGD.step: Update(sgd_rule, sgd_numbers, ('velocities',)),
    Adam.step: Update(adam_rule, adam_numbers, ('means', 'squares')),
}


def update_of(optimiser: Optimiser) -> Update:
    """The update that does what this optimiser's `step` does.

    Raises:
        TypeError: there is none, as the class has a `step` of its own.
    """
    step = getattr(getattr(optimiser, 'step', None), '__func__', None)
    if step not in UPDATES:
        raise TypeError(
            f'{type(optimiser).__name__} cannot be compiled: it does not move '
            'parameters as SGD or Adam do. Call step.backward() and '
            'optimiser.step() in turn')
    return UPDATES[step]


def update_program(update: Update, optimiser: Optimiser) -> Program:
    """The program of an update, for one parameter as its sample."""
    numbers = [Value(1.0) for _ in update.numbers(optimiser, 0.0, 1)]
    sample = [Value(1.0) for _ in ('parameter', 'slope', *update.states)]
    program = Program(sample, numbers)
    moved = program.trace(*update.rule(*numbers, *sample))
    program.results = [program.constant(0.0)]  # it has no loss
    program.outputs = program.varying(moved)
    return program


__all__ = ['BACKENDS', 'Program', 'Step', 'TracingError', 'compile',
           'python_source']
