# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [7725a1286c65]
"""Optimisers: what to do with gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import cos, inf, isfinite, pi, sqrt

from micrograd.arguments import Chance, generator, in_order, is_real, is_whole
from micrograd.engine import Value


def leaves(parameters: Iterable[Value]) -> list[Value]:
    """The values that can be moved, each once.

    Raises:
        TypeError: they are no list of values.
        ValueError: there are none, or an operation made one.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError('parameters come in a list, such as '
                        f'model.parameters(): not {parameters!r:.60}')
    given = list(parameters)
    for p in given:
        if not isinstance(p, Value):
            raise TypeError(f'a parameter is a Value: not {p!r:.60}')
        if p._prev:
            raise ValueError('a parameter is a value that no operation made: '
                             f'not {p!r}, made by {p._op!r}')
    if not given:
        raise ValueError('no parameters to move: '
                         'give a list, such as model.parameters()')
    return list(dict.fromkeys(given))


class Optimiser:
    """What all optimisers share: parameters to move, and how far.

    Args:
        parameters: the values to move. One that is listed twice moves once.
        learning_rate: how far, for each unit of gradient. It may be changed
            between steps.

    Raises:
        TypeError: the parameters are no list of values.
        ValueError: there are none, or an operation made one,
            or the learning rate is negative or not finite.
    """

    settings: tuple[str, ...] = ('learning_rate',)  # what the repr tells

    def __init__(self, parameters: Iterable[Value],
                 learning_rate: float) -> None:
        self.parameters = leaves(parameters)
        if not (is_real(learning_rate) and 0 <= learning_rate < inf):
            raise ValueError('a learning rate is finite and at least 0: '
                             f'not {learning_rate!r}')
        self.learning_rate = learning_rate

    def __repr__(self) -> str:
        told = [f'{name}={getattr(self, name)!r}' for name in self.settings]
        return (f'{type(self).__name__} of {len(self.parameters)} parameters, '
                f'{", ".join(told)}')

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.parameters:
            p.grad = 0.0


class SGD(Optimiser):
    """Gradient descent, with the momentum of Polyak (1964) if asked for.

    Args:
        parameters, learning_rate: as for every `Optimiser`.
        momentum: how much of its velocity a parameter keeps in a step,
            from 0, none, to 1, all of it.
    """

    settings = 'learning_rate', 'momentum'

    def __init__(self, parameters: Iterable[Value], learning_rate: float,
                 momentum: float = 0.0) -> None:
        super().__init__(parameters, learning_rate)
        if not (is_real(momentum) and 0 <= momentum <= 1):
            raise ValueError(f'a momentum is between 0 and 1: not {momentum!r}')
        self.momentum = momentum
        self.velocities = [0.0] * len(self.parameters)

    def step(self) -> None:
        """Move every parameter once."""
        for i, p in enumerate(self.parameters):
            self.velocities[i] = self.momentum * self.velocities[i] + p.grad
            p.data -= self.learning_rate * self.velocities[i]


class NonFiniteLoss(ArithmeticError):
    """The loss is infinite or NaN; a step would ruin the parameters."""


def check_finite(loss: Value | float, step: int) -> None:
    """Raise NonFiniteLoss, with what to try, unless the loss is finite."""
    number = loss.data if isinstance(loss, Value) else loss
    if not isfinite(number):
        raise NonFiniteLoss(
            f'the loss is {number} at step {step}: '
            'try a smaller learning rate, smaller weights to start from, '
            'or look for a log or a division of 0')


def batches(n: int, size: int, rng: Chance) -> list[list[int]]:
    """The numbers below n in random order, cut into lists of `size`.

    The last list may be shorter.

    Args:
        n: how many numbers.
        size: how many of them are a batch.
        rng: where the order is drawn from: a generator, or None for the one
            that all share. A seed gives the same order in every epoch.

    Raises:
        ValueError: n or size is no whole number of at least 1.
    """
    if not (is_whole(n) and is_whole(size)):
        raise ValueError(f'no batches of {size!r} out of {n!r:.60}: '
                         'both must be whole numbers of at least 1')
    order = generator(rng).sample(range(n), n)
    return [order[i:i + size] for i in range(0, n, size)]


Schedule = Callable[[int], float]


def check_schedule(start: float, end: float, steps: int) -> None:
    """Raise ValueError unless there are rates, and a step to spread them over."""
    if not all(is_real(rate) and isfinite(rate) for rate in (start, end)):
        raise ValueError('a schedule goes from one finite rate to another: '
                         f'not from {start!r} to {end!r}')
    if not (is_real(steps) and 1 <= steps < inf):
        raise ValueError(f'a schedule takes at least 1 step: not {steps!r}')


def linear_decay(start: float, end: float, steps: int) -> Schedule:
    """A line from `start` at step 0 to `end` at step `steps`, then level."""
    check_schedule(start, end, steps)
    return lambda step: start + (end - start) * min(step, steps) / steps


def cosine_decay(start: float, end: float, steps: int) -> Schedule:
    """Half a cosine from `start` at step 0 to `end` at `steps`, then level.

    Loshchilov and Hutter, SGDR (2017), equation 5, without restarts.
    """
    check_schedule(start, end, steps)
    return lambda step: (
        end + (start - end) * (1 + cos(pi * min(step, steps) / steps)) / 2)


class Adam(Optimiser):
    """Steps measured in each parameter's own typical gradient.

    Kingma and Ba, Adam (2015), algorithm 1.

    Args:
        parameters: as for every `Optimiser`.
        learning_rate: about how far a parameter moves in one step,
            whatever the size of its gradient.
        betas: how much the running averages of the gradient and of its square
            keep in a step.
        epsilon: what keeps a gradient that has always been 0
            from a division by 0.

    Raises:
        ValueError: the betas are not two numbers, at least 0 and below 1,
            or epsilon is not above 0.
    """

    settings = 'learning_rate', 'betas', 'epsilon'

    def __init__(self, parameters: Iterable[Value],
                 learning_rate: float = 1e-3,
                 betas: tuple[float, float] = (0.9, 0.999),
                 epsilon: float = 1e-8) -> None:
        super().__init__(parameters, learning_rate)
        if len(in_order(betas, 'betas')) != 2 or not all(
                is_real(beta) and 0 <= beta < 1 for beta in betas):
            raise ValueError('betas are two numbers, at least 0 and below 1: '
                             f'not {betas!r}')
        if not (is_real(epsilon) and 0 < epsilon < inf):
            raise ValueError(f'epsilon is a number above 0: not {epsilon!r}')
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
            g, m, s = p.grad, self.means[i], self.squares[i]
            self.means[i] = m = beta1 * m + (1 - beta1) * g
            self.squares[i] = s = beta2 * s + (1 - beta2) * g * g
            mean = m / (1 - beta1 ** self.steps)
            size = sqrt(s / (1 - beta2 ** self.steps))
            p.data -= self.learning_rate * mean / (size + self.epsilon)


__all__ = ['SGD', 'Adam', 'NonFiniteLoss', 'Optimiser', 'batches',
           'check_finite', 'cosine_decay', 'linear_decay']
