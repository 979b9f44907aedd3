# Tangled from the book: edit its chapters, then run `python -m loom tangle`.
"""Updates: what an optimiser does to a parameter, as a program."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from micrograd.engine import Value
from micrograd.optim import SGD, Adam, Optimiser
from micrograd.program import Program


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


__all__ = ['UPDATES', 'Update']
