"""A step of training, interpreted: what stands for `compile` where there is no compiler."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from micrograd.engine import Value


def values(sample: Any) -> Any:
    """A sample with values for numbers, as a compiler sees it."""
    return [values(part) for part in sample] if isinstance(sample, list | tuple) else Value(sample)


class Step:
    """Forward, zero, backward, step: on all samples, or on a batch of them at a time."""

    def __init__(self, loss: Callable[..., Any], parameters: list[Value], weight: Callable[[int], float], optimiser: Any) -> None:
        self.loss, self.parameters, self.weight, self.optimiser = loss, parameters, weight, optimiser

    def load(self, samples: Iterable[Any], batch: int | None = None) -> None:
        rows = list(samples)
        self.batches = [rows[i:i + (batch or len(rows))] for i in range(0, len(rows), batch or len(rows))]

    def forward(self, rows: list[Any]) -> tuple[Value, list[list[float]]]:
        found = [self.loss(*values(row)) for row in rows]
        losses, *others = zip(*(one if isinstance(one, list | tuple) else [one] for one in found), strict=True)
        return sum(losses, Value(0.0)) * self.weight(len(rows)), [[v.data for v in other] for other in others]

    def evaluate(self, samples: Iterable[Any]) -> tuple[float, list[list[float]]]:
        loss, others = self.forward(list(samples))
        return loss.data, others

    def backward(self) -> float:
        rows, *later = self.batches
        self.batches = [*later, rows]
        loss, self.others = self.forward(rows)
        loss.backward()
        return loss.data

    def outputs(self) -> list[list[float]]:
        return self.others

    def __call__(self, learning_rate: float | None = None) -> float:
        for p in self.parameters:
            p.grad = 0.0
        loss = self.backward()
        if self.optimiser is None:
            for p in self.parameters:
                p.data -= learning_rate * p.grad
        else:
            usual = self.optimiser.learning_rate
            self.optimiser.learning_rate = usual if learning_rate is None else learning_rate
            self.optimiser.step()
            self.optimiser.learning_rate = usual
        return loss

    def descend(self, learning_rates: Iterable[float] | int) -> list[float]:
        rates = [None] * learning_rates if isinstance(learning_rates, int) else learning_rates
        return [self(rate) for rate in rates]


def compile(loss: Callable[..., Any], inputs: Iterable[Any], parameters: Iterable[Value], *, reduction: str = 'mean',
            backend: str | None = None, dtype: str = 'float64', optimiser: Any = None) -> Step:
    """The step that `compile` would make faster; neither graphs that were built already, nor penalties."""
    step = Step(loss, list(parameters), lambda n: 1 / n if reduction == 'mean' else 1.0, optimiser)
    step.load(inputs)
    return step
