"""The same model, compiled by `micrograd.compile`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bench.contestants import Contestant
from bench.contestants.ours import Ours
from bench.workloads import Task
from micrograd.compile import compile as compile_loss
from micrograd.engine import Value
from micrograd.losses import log_sum_exp


class Compiled(Contestant):
    """The loss of one sample, traced once and compiled."""

    stride = 100  # `descend` takes a list of learning rates
    backend, dtype = "native", "float64"

    def __init__(self, task: Task) -> None:
        self.model = Ours(task).model
        parameters = self.model.parameters()
        penalty = task.penalty * sum(p * p for p in parameters) if task.penalty else None
        samples: list[Any]
        loss: Callable[..., Value]
        if task.loss == "hinge":
            samples, loss = [(row[:-1], row[-1]) for row in task.samples], self.hinge
        else:
            kinds = range(task.sizes[-1])
            samples, loss = (
                [(row[:-1], [float(k == row[-1]) for k in kinds]) for row in task.samples],
                self.entropy,
            )
        self.step_of = compile_loss(
            loss,
            samples[: task.batch],
            parameters,
            penalty=penalty,
            backend=self.backend,
            dtype=self.dtype,
        )
        check_backend(self.step_of, self.backend)
        if task.batches > 1:
            self.step_of.load(samples, batch=task.batch)

    def hinge(self, x: Sequence[Value], y: Value) -> Value:
        score: Value = self.model(x)
        return (1 - y * score).relu()

    def entropy(self, x: Sequence[Value], chosen: Sequence[Value]) -> Value:
        scores = self.model(x)
        loss: Value = log_sum_exp(scores) - sum(t * s for t, s in zip(chosen, scores, strict=True))
        return loss

    def losses(self, rates: list[float]) -> list[float]:
        read: list[float] = self.step_of.descend(rates)
        return read


class Native32(Compiled):
    dtype = "float32"


class Python(Compiled):
    backend = "python"


class NumPy(Compiled):
    backend = "numpy"


class Whole(Contestant):
    """The notebook's loss of all samples, built as ever and compiled untouched."""

    stride = 100

    def __init__(self, task: Task) -> None:
        ours = Ours(task)
        built = ours.loss(ours.data[0])
        self.step_of = compile_loss(built, [], ours.model.parameters(), backend="native")
        check_backend(self.step_of, "native")

    def losses(self, rates: list[float]) -> list[float]:
        read: list[float] = self.step_of.descend(rates)
        return read


def check_backend(step: Any, wanted: str) -> None:
    """No back end may run under another's name."""
    if step.backend != wanted:
        raise RuntimeError(f"there is no {wanted} back end here: {step.backend} took its place")
