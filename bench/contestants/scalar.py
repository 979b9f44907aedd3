"""Engines that work on one number at a time: the same lines of model code on each."""

from __future__ import annotations

from typing import Any

from bench.contestants import Contestant
from bench.workloads import Task


class Scalar(Contestant):
    """The classic demonstration's step, as its notebook writes it."""

    engine: Any
    nn: Any

    def __init__(self, task: Task) -> None:
        self.task = task
        self.model = self.nn.MLP(task.sizes[0], task.sizes[1:])
        for p, x in zip(self.model.parameters(), task.parameters, strict=True):
            p.data = x
        hinge = task.loss == "hinge"
        samples = [(row[:-1], row[-1] if hinge else int(row[-1])) for row in task.samples]
        self.data = [samples[k : k + task.batch] for k in range(0, len(samples), task.batch)]

    def exp(self, v: Any) -> Any:
        return v.exp()

    def log(self, v: Any) -> Any:
        return v.log()

    def cross_entropy(self, scores: list[Any], label: int) -> Any:
        """log(exp(s1) + exp(s2) + …) - s[label]; the largest score is taken off first,
        as a plain number.
        """
        top = max(s.data for s in scores)
        scores = [s - top for s in scores]
        return self.log(sum((self.exp(s) for s in scores[1:]), self.exp(scores[0]))) - scores[label]

    def loss(self, samples: list[tuple[list[float], Any]]) -> Any:
        inputs = [list(map(self.engine.Value, x)) for x, _ in samples]
        scores = list(map(self.model, inputs))
        if self.task.loss == "hinge":
            losses = [(1 + -y * s).relu() for s, (_, y) in zip(scores, samples, strict=True)]
        else:
            losses = [self.cross_entropy(s, y) for s, (_, y) in zip(scores, samples, strict=True)]
        penalty = self.task.penalty * sum(p * p for p in self.model.parameters())
        return sum(losses) * (1.0 / len(losses)) + penalty

    def step(self, k: int, rate: float) -> float:
        loss = self.loss(self.data[k % len(self.data)])
        self.model.zero_grad()
        loss.backward()
        for p in self.model.parameters():
            p.data -= rate * p.grad
        return float(loss.data)

    @classmethod
    def chain(cls, length: int) -> Any:
        """A chain of multiplications and additions: its end, and what it is made from."""
        a, b = cls.engine.Value(0.999999), cls.engine.Value(1e-6)
        y = a
        for _ in range(length // 2):
            y = y * a + b
        return y, a, b
