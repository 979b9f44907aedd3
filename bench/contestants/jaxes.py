"""JAX: a jitted step for each call, and a hundred steps jitted as one scan."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp

from bench.contestants import Contestant
from bench.workloads import Task

jax.config.update("jax_platforms", "cpu")
STEPS = 100


class Jit(Contestant):
    """One call for each step."""

    wide = True  # float64

    def __init__(self, task: Task) -> None:
        jax.config.update("jax_enable_x64", self.wide)
        self.task, self.dtype = task, jnp.float64 if self.wide else jnp.float32
        data = jnp.array(task.samples, self.dtype).reshape(task.batches, task.batch, -1)
        self.x, self.y = data[:, :, :-1], data[:, :, -1]
        self.data = [(x, y) for x, y in zip(self.x, self.y, strict=True)]
        self.parameters = parameters(task, self.dtype)
        self.jitted = jax.jit(self.descend)

    def loss(self, p: list[Any], x: Any, y: Any) -> Any:
        for w, b in p[:-1]:
            x = jax.nn.relu(x @ w.T + b)
        scores = x @ p[-1][0].T + p[-1][1]
        if self.task.loss == "hinge":
            loss = jax.nn.relu(1 - y * scores[:, 0]).mean()
        else:
            right = jnp.take_along_axis(scores, y[:, None].astype(int), 1)[:, 0]
            loss = (jax.nn.logsumexp(scores, 1) - right).mean()
        return loss + self.task.penalty * sum((p * p).sum() for p in jax.tree.leaves(p))

    def descend(self, p: list[Any], x: Any, y: Any, rate: Any) -> Any:
        loss, slopes = jax.value_and_grad(self.loss)(p, x, y)
        return jax.tree.map(lambda p, g: p - rate * g, p, slopes), loss

    def step(self, k: int, rate: float) -> Any:
        self.parameters, loss = self.jitted(self.parameters, *self.data[k % len(self.data)], rate)
        return loss


class Jit32(Jit):
    wide = False


class Unread(Jit):
    """The losses are left in the machine until all steps are done."""

    def losses(self, rates: list[float]) -> list[float]:
        return [
            float(loss)
            for loss in jax.device_get([self.step(k, rate) for k, rate in enumerate(rates)])
        ]


class Scan(Jit):
    """One call for a hundred steps; the Python in between is left behind."""

    stride = STEPS

    def __init__(self, task: Task) -> None:
        super().__init__(task)

        def hundred(p: list[Any], first: Any, rates: Any) -> Any:
            def one(p: list[Any], now: Any) -> Any:
                k, rate = now
                return self.descend(p, self.x[k % task.batches], self.y[k % task.batches], rate)

            return jax.lax.scan(one, p, (first + jnp.arange(len(rates)), rates))

        self.hundred = jax.jit(hundred)

    def losses(self, rates: list[float]) -> list[float]:
        read: list[float] = []
        for first in range(0, len(rates), STEPS):
            now = jnp.array(rates[first : first + STEPS], self.dtype)
            self.parameters, losses = self.hundred(self.parameters, first, now)
            read += losses.tolist()
        return read


class Scan32(Scan):
    wide = False


def parameters(task: Task, dtype: Any) -> list[Any]:
    """A pair of weights and biases for each layer."""
    flat, pairs = jnp.array(task.parameters, dtype), []
    for inputs, outputs in pairwise(task.sizes):
        rows, flat = flat[: outputs * (inputs + 1)], flat[outputs * (inputs + 1) :]
        rows = rows.reshape(outputs, inputs + 1)
        pairs.append((rows[:, :-1], rows[:, -1]))
    return pairs
