# Tangled from the book: edit its chapters, then run `python -m loom tangle`.
"""Tracing: what a loss does to values, written down without any number."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from threading import Lock
from typing import Any

from micrograd.engine import Value, number
from micrograd.program import Program


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
        made = Value(1.0).__pow__(exponent)
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


__all__ = ['TracingError']
