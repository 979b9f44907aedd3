# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [3202852e8b42]
"""Optimisers: what to do with gradients."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, isfinite

from micrograd.engine import Value


class Optimiser:
    """What all optimisers share: parameters to move, and how far.

    Args:
        parameters: the values to move. One that is listed twice moves once.
        learning_rate: how far, for each unit of gradient. It may be changed between steps.

    Raises:
        ValueError: there are no parameters, or the learning rate is negative or not finite.
    """

    def __init__(self, parameters: Iterable[Value], learning_rate: float) -> None:
        self.parameters = list(dict.fromkeys(parameters))
        if not self.parameters:
            raise ValueError('no parameters to move: give a list, such as model.parameters()')
        if not 0 <= learning_rate < inf:
            raise ValueError(f'a learning rate is a finite number, at least 0: not {learning_rate}')
        self.learning_rate = learning_rate

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.parameters:
            p.grad = 0.0


class SGD(Optimiser):
    """Gradient descent: each parameter moves against its gradient."""

    def step(self) -> None:
        """Move every parameter once."""
        for p in self.parameters:
            p.data -= self.learning_rate * p.grad


class NonFiniteLoss(ArithmeticError):
    """The loss is infinite or NaN: the next step would ruin the parameters."""


def check_finite(loss: Value, step: int) -> None:
    """Raise NonFiniteLoss, naming the step and what to try, unless the loss is a finite number."""
    if not isfinite(loss.data):
        raise NonFiniteLoss(f'the loss is {loss.data} at step {step}: try a smaller learning rate, '
                            'smaller weights to start from, or look for a log or a division of 0')
