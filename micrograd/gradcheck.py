# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [dab7f95c7fef]
"""Gradients measured by nudging, to check those that the engine computes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from micrograd.engine import Value


def numerical_gradient(
    f: Callable[..., float], point: Iterable[float], h: float = 1e-5
) -> list[float]:
    """The slope of f along each input, measured by central differences.

    Args:
        f: a function of len(point) numbers.
        point: where to measure.
        h: the nudge, for an input of size up to 1; a larger one is nudged
            in proportion.

    Returns:
        One slope for each input; the error shrinks with the square of h
        until rounding, which grows as h shrinks, takes over.

    Raises:
        ZeroDivisionError: h is so small that a nudged input does not move.
    """
    point, slopes = list(point), []
    for i, x in enumerate(point):
        step = h * max(1.0, abs(x))
        right, left = list(point), list(point)
        right[i], left[i] = x + step, x - step
        slopes.append((f(*right) - f(*left)) / (right[i] - left[i]))
    return slopes


def on_numbers(f: Callable[..., Value]) -> Callable[..., float]:
    """The same function, from plain numbers to a plain number."""
    return lambda *numbers: f(*map(Value, numbers)).data


class GradientMismatch(AssertionError):
    """The engine's gradient and the measured one differ."""


def gradcheck(
    f: Callable[..., Value], *point: float, tolerance: float = 1e-7
) -> bool:
    """Compare backward's gradients of f at a point with measured slopes.

    What is differentiated is y + y + y for y = f(...), so that more than 1
    arrives at y, and in more than one parcel. Choose inputs that differ,
    away from kinks and jumps.

    Args:
        f: a function from Values to a Value.
        point: where to compare, one number for each input of f.
        tolerance: how far apart the two may be, relative to the slope.
            What measurements differ by, and what rounding can do
            to f's value, is allowed for besides.

    Returns:
        True, so that it can stand in an assert.

    Raises:
        GradientMismatch: naming the first input whose gradient is off.
        TypeError: f returns no Value.
        ValueError: there is no point; or no verdict, since nudges measure
            different slopes: at a kink, at a jump, or near them.
    """
    if not point:
        raise ValueError('at which point? For an f of two inputs, '
                         'gradcheck(f, 2.0, -3.0)')
    inputs = [Value(x) for x in point]
    y = f(*inputs)
    if not isinstance(y, Value):
        raise TypeError(f'f has to return a Value, not {type(y).__name__}')
    (y + y + y).backward()
    for i, (slope, doubt) in enumerate(measured(on_numbers(f), point)):
        gradient = inputs[i].grad / 3
        if not doubt <= 1e-4 * max(1.0, abs(slope)):
            raise ValueError(
                f'no verdict on input {i} at {point}: nudging says {slope}, '
                f'and doubts it by {doubt}. A kink or a jump near by, '
                'or too few digits left? Move the point')
        rounding = 1e-10 * max(1.0, abs(y.data))
        allowed = tolerance * abs(slope) + doubt + rounding
        if not abs(gradient - slope) <= allowed:
            raise GradientMismatch(
                f'input {i} at {point}: backward says {gradient}, '
                f'nudging says {slope}')
    return True


def kink(f: Callable[..., float], point: Sequence[float], i: int) -> float:
    """How far the slope of f jumps at the point, along input i.

    Three times what the sides differ by, less what they differ by at three
    times the distance, is twice the jump: a bend cancels.
    """
    def between_sides(step: float) -> float:
        right, left = list(point), list(point)
        right[i], left[i] = right[i] + step, left[i] - step
        return (f(*right) - 2 * f(*point) + f(*left)) / step

    step = 1e-5 * max(1.0, abs(point[i]))
    return abs(3 * between_sides(step) - between_sides(3 * step)) / 2


def measured(
    f: Callable[..., float], point: Sequence[float]
) -> list[tuple[float, float]]:
    """The slope of f along each input, and how far it is in doubt."""
    slopes, again = (numerical_gradient(f, point, h) for h in (1e-5, 3e-5))
    return [(slope, abs(slope - other) + kink(f, point, i))
            for i, (slope, other) in enumerate(zip(slopes, again, strict=True))]


__all__ = ['GradientMismatch', 'gradcheck', 'numerical_gradient']
