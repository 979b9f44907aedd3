"""HIPS autograd: NumPy, recorded anew in each step."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import autograd.numpy as np
from autograd import make_vjp, value_and_grad

from bench.contestants import Contestant
from bench.workloads import Task


class Autograd(Contestant):
    def __init__(self, task: Task) -> None:
        self.task = task
        data = np.array(task.samples).reshape(task.batches, task.batch, -1)
        self.data = [(rows[:, :-1], rows[:, -1]) for rows in data]
        flat, self.parameters = np.array(task.parameters), []
        for inputs, outputs in pairwise(task.sizes):
            rows, flat = flat[: outputs * (inputs + 1)], flat[outputs * (inputs + 1) :]
            rows = rows.reshape(outputs, inputs + 1)
            self.parameters += [rows[:, :-1].copy(), rows[:, -1].copy()]
        self.derivative = value_and_grad(self.loss)

    def loss(self, p: list[Any], x: Any, y: Any) -> Any:
        for w, b in zip(p[:-2:2], p[1:-2:2], strict=True):
            x = np.maximum(np.dot(x, w.T) + b, 0)
        scores = np.dot(x, p[-2].T) + p[-1]
        if self.task.loss == "hinge":
            loss = np.mean(np.maximum(1 - y * scores[:, 0], 0))
        else:
            scores = scores - np.max(scores, axis=1, keepdims=True)
            right = scores[np.arange(len(y)), y.astype(int)]
            loss = np.mean(np.log(np.sum(np.exp(scores), axis=1)) - right)
        return loss + self.task.penalty * sum(np.sum(p * p) for p in p)

    def step(self, k: int, rate: float) -> Any:
        loss, slopes = self.derivative(self.parameters, *self.data[k % len(self.data)])
        for p, g in zip(self.parameters, slopes, strict=True):
            p -= rate * g
        return loss


class Leaf:
    grad = 0.0


class Chain:
    """The end of a chain of multiplications and additions, which can be walked back."""

    def __init__(self, length: int) -> None:
        def end(leaves: Any) -> Any:
            a, b = leaves
            y = a
            for _ in range(length // 2):
                y = y * a + b
            return y

        self.leaves = Leaf(), Leaf()
        self.walk_back, self.data = make_vjp(end)((0.999999, 1e-6))

    def backward(self) -> None:
        for leaf, slope in zip(self.leaves, self.walk_back(1.0), strict=True):
            leaf.grad = slope


def chain(length: int) -> tuple[Chain, Leaf, Leaf]:
    end = Chain(length)
    return end, *end.leaves
