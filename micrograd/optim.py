# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [45703164ae29]
"""Optimisers: what to do with gradients."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from micrograd.engine import Value


class NonFiniteLoss(ArithmeticError):
    """The loss is infinite or NaN: the next step would ruin the parameters."""


def check_finite(loss: Value, step: int) -> None:
    """Raise NonFiniteLoss, naming the step and what to try, unless the loss is a finite number."""
    if not isfinite(loss.data):
        raise NonFiniteLoss(f'the loss is {loss.data} at step {step}: try a smaller learning rate, '
                            'smaller weights to start from, or look for a log or a division of 0')


class SGD:
    """Gradient descent: each parameter moves against its gradient.

    Args:
        parameters: the values to move.
        learning_rate: how far, for each unit of gradient.
    """

    def __init__(self, parameters: Iterable[Value], learning_rate: float) -> None:
        self.parameters = list(parameters)
        self.learning_rate = learning_rate

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.parameters:
            p.grad = 0.0

    def step(self) -> None:
        """Move every parameter once."""
        for p in self.parameters:
            p.data -= self.learning_rate * p.grad
