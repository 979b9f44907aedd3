# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [620d58764a30]
"""Automatic differentiation: numbers that remember how they were made."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from copy import deepcopy
from functools import lru_cache
from numbers import Real
from typing import Any, NoReturn, TypeVar


class Value:
    """A number that remembers how it was made."""

    __slots__ = ('data', 'grad', '_prev', '_op', '_notes')

    def __init__(self, data: float, _children: Iterable[Value] = (),
                 _op: str = '', label: str = '') -> None:
        self.data = data if type(data) is float else number(data)
        self.grad = 0.0
        self._prev = tuple(_children)
        self._op = _op
        if label:
            self.label = label

    @property
    def label(self) -> str:
        """What drawings call the value: nothing, if it was given no name."""
        return str(notes(self).get('label', ''))

    @label.setter
    def label(self, label: str) -> None:
        self._notes = {**notes(self), 'label': label}

    def __repr__(self) -> str:
        return f'Value(data={self.data}, grad={self.grad})'

    def __add__(self, other: Value | float) -> Value:
        try:
            other = other if isinstance(other, Value) else Value(other)
        except TypeError:
            return NotImplemented
        return Value(self.data + other.data, (self, other), '+')

    def __mul__(self, other: Value | float) -> Value:
        try:
            other = other if isinstance(other, Value) else Value(other)
        except TypeError:
            return NotImplemented
        return Value(self.data * other.data, (self, other), '*')

    @property
    def _backward(self) -> Callable[[], None]:
        """How the value hands on its parcels: by the table, or its own way."""
        way: Callable[[], None] = notes(self).get('_backward', self._deliver)
        return way

    @_backward.setter
    def _backward(self, way: Callable[[], None]) -> None:
        self._notes = {**notes(self), '_backward': way}
        if type(self) is Value:
            self.__class__ = Handmade

    def backward(self) -> None:
        """Give every value that self was made from its gradient.

        That is the derivative of self with respect to it, and goes into `grad`.
        Computed values start afresh at each call. Leaves, the values that no
        operation made, add to what they hold: set their `grad` to 0.0 to start
        them afresh too.
        """
        order = topological_order(self)
        for value in order:
            if value._prev:
                value.grad = 0.0
        self.grad += 1.0
        for value in reversed(order):
            if type(value) is not Value:  # it may have a way of its own
                value._backward()
                continue
            match value._prev:
                case a, b:
                    to_a, to_b = RULES[value._op](
                        value.grad, value.data, a.data, b.data)
                    a.grad += to_a
                    b.grad += to_b
                case a,:
                    to_a, = RULES[value._op](value.grad, value.data, a.data)
                    a.grad += to_a
                case _:
                    value._deliver()

    def _deliver(self) -> None:
        """Hand each operand its parcel, on top of what it has."""
        if self._prev:
            numbers = [operand.data for operand in self._prev]
            parcels = RULES[self._op](self.grad, self.data, *numbers)
            for operand, parcel in zip(self._prev, parcels, strict=True):
                operand.grad += parcel

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        for value in topological_order(self):
            if id(value) not in memo:
                twin = memo[id(value)] = object.__new__(type(value))
                for name, held in attributes(value).items():
                    setattr(twin, name, deepcopy(held, memo))
        copied: Value = memo[id(self)]
        return copied

    def __reduce_ex__(self, protocol: Any) -> Any:
        alone = not self._prev or self in COVERED.get()
        first = None if alone else OperandsFirst(self)
        return object.__new__, (type(self),), (first, attributes(self))

    def __setstate__(self, state: tuple[Any, dict[str, Any]]) -> None:
        for name, held in state[1].items():
            setattr(self, name, held)

    def __neg__(self) -> Value:
        return self * -1

    def __sub__(self, other: Value | float) -> Value:
        try:
            other = other if isinstance(other, Value) else number(other)
        except TypeError:
            return NotImplemented
        return self + -other

    def __radd__(self, other: float) -> Value:  # other + self
        return self.__add__(other)

    def __rsub__(self, other: float) -> Value:  # other - self
        return (-self).__add__(other)

    def __rmul__(self, other: float) -> Value:  # other * self
        return self.__mul__(other)

    def __pow__(self, exponent: Value | float) -> Value:
        if isinstance(exponent, Value):
            y = ieee_pow(self.data, exponent.data)
            return Value(y, (self, exponent), '**')
        try:
            n = number(exponent)
        except TypeError:
            return NotImplemented
        return Value(ieee_pow(self.data, n), (self,),
                     f'**{exponent if type(exponent) is int else n}')

    def __rpow__(self, base: float) -> Value:  # base ** self
        try:
            return Value(base) ** self
        except TypeError:
            return NotImplemented

    def __truediv__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return self * other ** -1
        try:
            return self * ieee_pow(number(other), -1)
        except TypeError:
            return NotImplemented

    def __rtruediv__(self, other: float) -> Value:  # other / self
        return (self ** -1).__mul__(other)

    def __lt__(self, other: Value | float) -> bool:
        return self.data < plain(other) if known(other) else NotImplemented

    def __le__(self, other: Value | float) -> bool:
        return self.data <= plain(other) if known(other) else NotImplemented

    def __gt__(self, other: Value | float) -> bool:
        return self.data > plain(other) if known(other) else NotImplemented

    def __ge__(self, other: Value | float) -> bool:
        return self.data >= plain(other) if known(other) else NotImplemented

    def __format__(self, form: str) -> str:
        return format(self.data, form) if form else repr(self)

    def __round__(self, digits: int | None = None) -> float:
        return round(self.data, digits)

    def __float__(self) -> NoReturn:
        raise TypeError('a float forgets what it was made from: v.data is '
                        'the number, and v.exp() or the like is a Value')

    def detach(self) -> Value:
        """The same number, with no memory of how it was made."""
        return Value(self.data)

    def relu(self) -> Value:
        """self where it is positive, else 0: the rectified linear unit."""
        return Value(0.0 if self.data < 0 else self.data, (self,), 'ReLU')

    def exp(self) -> Value:
        """e to the power of self."""
        return Value(ieee_exp(self.data), (self,), 'exp')

    def log(self) -> Value:
        """The natural logarithm: minus infinity at 0, NaN below."""
        return Value(ieee_log(self.data), (self,), 'log')

    def tanh(self) -> Value:
        """The hyperbolic tangent, between -1 and 1."""
        return Value(math.tanh(self.data), (self,), 'tanh')

    def sigmoid(self) -> Value:
        """1 / (1 + exp(-self)), between 0 and 1: the logistic function."""
        small = ieee_exp(-abs(self.data))
        above = 1.0 if self.data >= 0 else small
        return Value(above / (1 + small), (self,), 'sigmoid')

    def __abs__(self) -> Value:
        return Value(abs(self.data), (self,), 'abs')

    def abs(self) -> Value:
        """The distance from 0; `abs(v)` is the same."""
        return abs(self)

    def gradients(self, wrt: Iterable[Value]) -> list[Value]:
        """The derivatives of self with respect to some values, as new nodes.

        They remember how they were made, and can be differentiated again.
        Nobody's `grad` is read or written.

        Args:
            wrt: the values to differentiate with respect to.

        Returns:
            One for each of them; 0 where self was not made from it.

        Raises:
            TypeError: one of them is no Value; or an operation on the way
                has a `_backward` of its own, which adds floats.
        """
        wrt = list(wrt)
        for v in wrt:
            if not isinstance(v, Value):
                raise TypeError('derivatives are taken with respect to '
                                f'Values, not {type(v).__name__}: {v!r}')
        made = made_from(wrt, self)
        moving = {*wrt, *made}
        arrived = {self: Value(1.0)}
        for value in reversed(made):
            if value in arrived:
                rule = rule_of(value)
                parcels = rule(arrived[value], value, *value._prev)
                for operand, parcel in zip(value._prev, parcels, strict=True):
                    if operand in moving and isinstance(parcel, Value):
                        if operand in arrived:
                            parcel = arrived[operand] + parcel
                        arrived[operand] = parcel
        return [arrived[v] if v in arrived else Value(0.0) for v in wrt]

    def _node(self, op: str, operands: Sequence[Value],
              function: Callable[[list[float]], float]) -> Value:
        return Value(function([v.data for v in operands]), operands, op)


Scalar = TypeVar('Scalar', float, Value)


def mul_rule(g: Scalar, y: Scalar,
             a: Scalar, b: Scalar) -> tuple[Scalar, Scalar]:
    """y = a * b moves b times as much as a, and a times as much as b."""
    return g * b, g * a


def add_rule(g: Scalar, y: Scalar,
             a: Scalar, b: Scalar) -> tuple[Scalar, Scalar]:
    """y = a + b moves as much as either operand does."""
    return g, g


Rule = Callable[..., tuple[Any, ...]]


class Rules(dict[str, Rule]):
    """For each operation its rule: what arrived in, parcels out."""

    def __missing__(self, op: str) -> Rule:
        if op.startswith('**'):
            return constant_pow_rule(float(op[2:]))
        raise LookupError(f'no rule for the operation {op!r}: '
                          f'give one, RULES[{op!r}] = ..., '
                          "or assign the node's own _backward")


RULES = Rules()
RULES['+'] = add_rule
RULES['*'] = mul_rule


def topological_order(root: Value) -> list[Value]:
    """All that root was made from, and root itself: operands before results."""
    order: list[Value] = []
    begun: list[Value] = []
    seen: set[Value] = set()
    todo: list[Value | None] = [root]
    while todo:
        value = todo.pop()
        if value is None:  # a mark: the operands of the last begun are done
            order.append(begun.pop())
        elif value not in seen:
            seen.add(value)
            begun.append(value)
            todo.append(None)
            for operand in reversed(value._prev):
                if operand not in seen:
                    todo.append(operand)
    return order


def notes(value: Value) -> dict[str, Any]:
    """What few values have, by name."""
    return getattr(value, '_notes', {})


class Handmade(Value):
    """A value with a `_backward` of its own."""

    __slots__ = ()


def attributes(value: Value) -> dict[str, Any]:
    """All that a value holds, by name.

    Raises:
        TypeError: it has a `_backward` of its own, made for this value.
    """
    state: Any = object.__getstate__(value)
    held = {**state[1], **(state[0] or {})}
    if '_backward' in held or '_backward' in notes(value):
        raise TypeError(f'{value} cannot be copied or pickled: '
                        'its own _backward speaks of the original values')
    return held


# What the pickling under way in this thread will bring, operands first.
COVERED: ContextVar[frozenset[Value]] = ContextVar(
    'COVERED', default=frozenset())


class OperandsFirst:
    """All that root was made from, to be pickled operands first."""

    def __init__(self, root: Value) -> None:
        self.root = root

    def __reduce__(self) -> Any:
        return list, (), None, self.walk()

    def walk(self) -> Iterator[Value | None]:
        order = topological_order(self.root)
        outer = COVERED.get()
        COVERED.set(frozenset(order))
        try:
            yield from order[:-1]
            yield None  # the walk stays on while the last value is written
        finally:
            COVERED.set(outer)


def number(x: Any) -> float:
    """x as a float.

    Args:
        x: a float, an int, a bool, a scalar of NumPy, a fraction.

    Raises:
        TypeError: x is something else, such as a string, an array or a Value.
    """
    if isinstance(x, Real):
        return float(x)
    kind = type(x).__name__
    if kind in ('bool', 'bool_'):  # NumPy's
        return float(x)
    raise TypeError(f'a Value holds one real number, not {kind}')


def ieee_pow(a: Scalar, b: Scalar | float) -> Scalar:
    """a ** b by IEEE 754: infinity or NaN where Python makes a fuss."""
    if isinstance(a, Value):
        return a ** b
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and b % 2 == 1 else math.inf
    except ValueError:
        if a == 0:  # to a negative power
            return math.copysign(math.inf, a) if b % 2 == 1 else math.inf
        return math.nan  # a negative number to a broken power


@lru_cache
def constant_pow_rule(n: float) -> Rule:
    """The rule of y = a ** n, for a plain number n."""

    def rule(g: Scalar, y: Scalar, a: Scalar) -> tuple[Scalar | float]:
        return (g * (n * ieee_pow(a, n - 1)) if n else 0.0,)

    def falling_rule(g: Scalar, y: Scalar, a: Scalar) -> tuple[Scalar]:
        return (g * y * (n * (y if n == -1 else ieee_pow(a, -1))),)

    return falling_rule if n < 0 else rule


def ieee_log(x: Scalar) -> Scalar:
    """The natural logarithm by IEEE 754: minus infinity at 0, NaN below."""
    if isinstance(x, Value):
        return x.log()
    if x > 0:
        return math.log(x)
    return -math.inf if x == 0 else math.nan


def pow_rule(g: Scalar, y: Scalar,
             a: Scalar, b: Scalar) -> tuple[Scalar | float, Scalar]:
    """The slopes of y = a ** b: b * a ** (b - 1) and y * log(a)."""
    share, log = g * ieee_pow(a, b - 1), ieee_log(a)
    if isinstance(a, Value):
        finite = sign(abs(share) ** -1)  # 0 for infinity and NaN, else 1
        share = gate(share, abs(b) + finite)
        log = gate(log, abs(a) + gate(-b, -b))
        return b * share, g * (y * log)
    to_base = b * share if b else 0.0
    to_exponent = g * (0.0 if a == 0 and b >= 0 else y * log)
    return to_base, to_exponent


RULES['**'] = pow_rule


def plain(x: Value | float) -> float:
    """The number of a Value, or the number itself."""
    return x.data if isinstance(x, Value) else x


def known(x: object) -> bool:
    """Whether x is a Value or a real number."""
    return isinstance(x, (Value, float, Real))


def gate(g: Scalar, x: Scalar) -> Scalar:
    """g, but 0 where x is 0 or less."""
    if isinstance(x, Value):
        return node('gate', (g, x), lambda both: gate(*both))
    return 0.0 if x <= 0 else g


def relu_rule(g: Scalar, y: Scalar, a: Scalar) -> tuple[Scalar]:
    """The slope of relu is 1 above 0 and 0 below; at 0 we take 0."""
    return (gate(g, y),)


RULES['ReLU'] = relu_rule


def ieee_exp(x: float) -> float:
    """e ** x by IEEE 754: infinity where Python raises an error."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def exp_rule(g: Scalar, y: Scalar, a: Scalar) -> tuple[Scalar]:
    """y = exp(a) moves y times as much as a does."""
    return (g * y,)


RULES['exp'] = exp_rule


def log_rule(g: Scalar, y: Scalar, a: Scalar) -> tuple[Scalar]:
    """y = log(a) moves 1 / a times as much as a does."""
    try:
        return (g / a,)
    except ZeroDivisionError:
        return (g * math.copysign(math.inf, a),)


RULES['log'] = log_rule


def tanh_rule(g: Scalar, y: Scalar, a: Scalar) -> tuple[Scalar]:
    """y = tanh(a) moves 1 - y * y times as much as a does."""
    return (g * (1 - y * y),)


RULES['tanh'] = tanh_rule


def sigmoid_rule(g: Scalar, y: Scalar, a: Scalar) -> tuple[Scalar]:
    """y = sigmoid(a) moves y * (1 - y) times as much as a does."""
    return (g * (y * (1 - y)),)


RULES['sigmoid'] = sigmoid_rule


def sign(x: Scalar) -> Scalar:
    """1 above 0, -1 below, 0 elsewhere: at 0 and for NaN."""
    if isinstance(x, Value):
        return gate(Value(1.0), x) - gate(Value(1.0), -x)
    return float((x > 0) - (x < 0))


def abs_rule(g: Scalar, y: Scalar, a: Scalar) -> tuple[Scalar]:
    """The slope of abs is 1 above 0 and -1 below; at 0 we take 0."""
    return (g * sign(a),)


RULES['abs'] = abs_rule


def highest_rule(g: Scalar, y: Scalar,
                 *operands: Scalar) -> tuple[float, ...]:
    """Nothing is sent: to its operands y is a plain number."""
    return (0.0,) * len(operands)


RULES['highest'] = highest_rule


def made_from(some: Iterable[Value], root: Value) -> list[Value]:
    """The part of root's graph that some take part in: operands first."""
    moving, made = set(some), []
    for value in topological_order(root):
        if not moving.isdisjoint(value._prev):
            moving.add(value)
            made.append(value)
    return made


def rule_of(value: Value) -> Rule:
    """The rule of the operation that made value.

    Raises:
        TypeError: value has a `_backward` of its own, which adds floats.
    """
    if value._backward != value._deliver:
        raise TypeError(f'{value} hands on floats, by a _backward of its own: '
                        f'give it a rule instead, RULES[{value._op!r}] = ...')
    return RULES[value._op]


def gate_rule(g: Scalar, y: Scalar, a: Scalar,
              x: Scalar) -> tuple[Scalar, float]:
    """What arrives passes where a passed; nothing is sent to x."""
    return gate(g, x), 0.0


RULES['gate'] = gate_rule


def node(op: str, operands: Sequence[Value],
         function: Callable[[list[float]], float]) -> Value:
    """The node of an operation that is no method, made in its operands' way.

    Args:
        op: the name of the operation.
        operands: what it is made from.
        function: of the list of their numbers, the number.
    """
    maker = max(operands, key=lambda v: type(v)._node is not Value._node)
    return maker._node(op, operands, function)


__all__ = ['RULES', 'Value', 'topological_order']
