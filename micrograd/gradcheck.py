# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [a0af864e4e54]
"""Gradients measured by nudging, to check those that the engine computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from micrograd.engine import Value


def numerical_gradient(
    f: Callable[..., float], point: Sequence[float], h: float = 1e-5
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
    slopes = []
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
            What two measurements differ by, and what rounding can do
            to f's value, is allowed for besides.

    Returns:
        True, so that it can stand in an assert.

    Raises:
        GradientMismatch: naming the first input whose gradient is off.
        ValueError: two nudges measure two different slopes: neither counts.
    """
    inputs = [Value(x) for x in point]
    y = f(*inputs)
    (y + y + y).backward()
    slopes = numerical_gradient(on_numbers(f), point)
    again = numerical_gradient(on_numbers(f), point, 3e-5)
    for i, x in enumerate(inputs):
        gradient, slope = x.grad / 3, slopes[i]
        doubt = abs(slope - again[i])
        if not doubt <= 1e-4 * max(1.0, abs(slope)):
            raise ValueError(
                f'no verdict on input {i} at {point}: nudging says {slope}, '
                f'nudging further says {again[i]}. A kink or a jump near by, '
                'or too few digits left? Move the point')
        rounding = 1e-10 * max(1.0, abs(y.data))
        allowed = tolerance * abs(slope) + doubt + rounding
        if not abs(gradient - slope) <= allowed:
            raise GradientMismatch(
                f'input {i} at {point}: backward says {gradient}, '
                f'nudging says {slope}')
    return True


__all__ = ['GradientMismatch', 'gradcheck', 'numerical_gradient']
