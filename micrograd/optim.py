# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [f7d9695cac75]
"""Optimisers: what to do with gradients."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from math import cos, inf, isfinite, pi, sqrt

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
    """Gradient descent, with the momentum of Polyak (1964) if asked for.

    Args:
        parameters, learning_rate: as for every `Optimiser`.
        momentum: how much of its velocity a parameter keeps, from 0, none, to 1, all of it.
    """

    def __init__(self, parameters: Iterable[Value], learning_rate: float,
                 momentum: float = 0.0) -> None:
        super().__init__(parameters, learning_rate)
        if not 0 <= momentum <= 1:
            raise ValueError(f'a momentum lies between 0 and 1: not {momentum}')
        self.momentum = momentum
        self.velocities = [0.0] * len(self.parameters)

    def step(self) -> None:
        """Move every parameter once."""
        for i, p in enumerate(self.parameters):
            self.velocities[i] = self.momentum * self.velocities[i] + p.grad
            p.data -= self.learning_rate * self.velocities[i]


class NonFiniteLoss(ArithmeticError):
    """The loss is infinite or NaN: the next step would ruin the parameters."""


def check_finite(loss: Value, step: int) -> None:
    """Raise NonFiniteLoss, naming the step and what to try, unless the loss is a finite number."""
    if not isfinite(loss.data):
        raise NonFiniteLoss(f'the loss is {loss.data} at step {step}: try a smaller learning rate, '
                            'smaller weights to start from, or look for a log or a division of 0')


def batches(n: int, size: int, rng: random.Random) -> list[list[int]]:
    """The numbers 0 to n - 1 in random order, cut into lists of `size`; the last may be shorter.

    Raises:
        ValueError: n or size is less than 1.
    """
    if n < 1 or size < 1:
        raise ValueError(f'no batches of {size} out of {n}: both must be at least 1')
    order = rng.sample(range(n), n)
    return [order[i:i + size] for i in range(0, n, size)]


Schedule = Callable[[int], float]


def check_steps(steps: int) -> None:
    """Raise ValueError unless there is at least one step to spread a schedule over."""
    if steps < 1:
        raise ValueError(f'a schedule takes at least 1 step: not {steps}')


def linear_decay(start: float, end: float, steps: int) -> Schedule:
    """From `start` at step 0 in a straight line to `end` at step `steps`, and level from there."""
    check_steps(steps)
    return lambda step: start + (end - start) * min(step, steps) / steps


def cosine_decay(start: float, end: float, steps: int) -> Schedule:
    """From `start` at step 0 to `end` at step `steps` on half a cosine; level from there.

    Loshchilov and Hutter, SGDR (2017), equation 5, without restarts.
    """
    check_steps(steps)
    return lambda step: end + (start - end) * (1 + cos(pi * min(step, steps) / steps)) / 2


class Adam(Optimiser):
    """Steps in units of each parameter's own typical gradient: Kingma and Ba, Adam (2015), algorithm 1.

    Args:
        parameters: as for every `Optimiser`.
        learning_rate: about how far a parameter moves in one step, whatever the size of its gradient.
        betas: how much the running averages of the gradient and of its square keep, each step.
        epsilon: what keeps a gradient that has always been 0 from a division by 0.
    """

    def __init__(self, parameters: Iterable[Value], learning_rate: float = 1e-3,
                 betas: tuple[float, float] = (0.9, 0.999), epsilon: float = 1e-8) -> None:
        super().__init__(parameters, learning_rate)
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f'betas lie between 0 and 1, and below 1: not {betas}')
        if not 0 < epsilon < inf:
            raise ValueError(f'epsilon is a small number above 0: not {epsilon}')
        self.betas = betas
        self.epsilon = epsilon
        self.steps = 0
        self.means = [0.0] * len(self.parameters)
        self.squares = [0.0] * len(self.parameters)

    def step(self) -> None:
        """Move every parameter once."""
        self.steps += 1
        beta1, beta2 = self.betas
        for i, p in enumerate(self.parameters):
            self.means[i] = beta1 * self.means[i] + (1 - beta1) * p.grad
            self.squares[i] = beta2 * self.squares[i] + (1 - beta2) * p.grad * p.grad
            mean = self.means[i] / (1 - beta1 ** self.steps)
            square = self.squares[i] / (1 - beta2 ** self.steps)
            p.data -= self.learning_rate * mean / (sqrt(square) + self.epsilon)
