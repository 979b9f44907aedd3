"""PyTorch, eager and compiled."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch.nn import functional

from bench.contestants import Contestant
from bench.workloads import Task


class Eager(Contestant):
    """As its tutorials write it: modules, `loss.backward()`, an optimiser."""

    dtype = torch.float64

    def __init__(self, task: Task) -> None:
        self.task = task
        self.data = batches(task, self.dtype)
        tensors, modules = parameters(task, self.dtype), []
        for w, b in zip(tensors[::2], tensors[1::2], strict=True):
            linear = torch.nn.Linear(*reversed(w.shape), dtype=self.dtype)
            linear.load_state_dict({"weight": w, "bias": b})
            modules += [linear, torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*modules[:-1])
        self.parameters = list(self.model.parameters())
        self.optimiser = torch.optim.SGD(self.parameters, lr=0.0)

    def loss(self, x: Any, y: Any) -> Any:
        return total(self.task, self.model(x), y, self.parameters)

    def step(self, k: int, rate: float) -> Any:
        loss = self.loss(*self.data[k % len(self.data)])
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.param_groups[0]["lr"] = rate
        self.optimiser.step()
        return loss


class Eager32(Eager):
    dtype = torch.float32


class Compiled(Eager):
    """The same with its loss compiled, and so its derivative."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.loss = torch.compile(self.loss, fullgraph=True)  # type: ignore[method-assign]


class Compiled32(Compiled):
    dtype = torch.float32


class Lean(Contestant):
    """Without modules and optimiser: functions, and one call that moves all parameters."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.data = batches(task, torch.float64)
        self.parameters = [p.requires_grad_() for p in parameters(task, torch.float64)]

    def loss(self, p: list[Any], x: Any, y: Any) -> Any:
        for w, b in zip(p[:-2:2], p[1:-2:2], strict=True):
            x = functional.linear(x, w, b).relu()
        return total(self.task, functional.linear(x, p[-2], p[-1]), y, p)

    def step(self, k: int, rate: float) -> Any:
        loss = self.loss(self.parameters, *self.data[k % len(self.data)])
        slopes = torch.autograd.grad(loss, self.parameters)
        with torch.no_grad():
            torch._foreach_add_(self.parameters, slopes, alpha=-rate)
        return loss


class Whole(Lean):
    """The whole step, its derivative and its update, as one compiled function."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.parameters = [p.detach() for p in self.parameters]
        derivative = torch.func.grad_and_value(self.loss)

        def whole(p: list[Any], x: Any, y: Any, rate: Any) -> Any:
            slopes, loss = derivative(p, x, y)
            return [p - rate * g for p, g in zip(p, slopes, strict=True)], loss

        self.whole = torch.compile(whole, fullgraph=True)
        self.rate = torch.tensor(0.0, dtype=torch.float64)

    def step(self, k: int, rate: float) -> Any:
        x, y = self.data[k % len(self.data)]
        self.parameters, loss = self.whole(self.parameters, x, y, self.rate.fill_(rate))
        return loss


def total(task: Task, scores: Any, y: Any, parameters: list[Any]) -> Any:
    """The loss of the scores, and the penalty."""
    if task.loss == "hinge":
        loss = (1 - y * scores[:, 0]).relu().mean()
    else:
        loss = functional.cross_entropy(scores, y)
    return loss + task.penalty * sum((p * p).sum() for p in parameters)


def batches(task: Task, dtype: Any) -> list[tuple[Any, Any]]:
    """Pairs of inputs and labels."""
    label = dtype if task.loss == "hinge" else torch.int64
    rows = torch.tensor(task.samples, dtype=dtype).split(task.batch)
    return [(batch[:, :-1].contiguous(), batch[:, -1].to(label)) for batch in rows]


def parameters(task: Task, dtype: Any) -> list[Any]:
    """The layers' weights and biases, as tensors."""
    flat, tensors = torch.tensor(task.parameters, dtype=dtype), []
    for inputs, outputs in pairwise(task.sizes):
        rows, flat = flat[: outputs * (inputs + 1)], flat[outputs * (inputs + 1) :]
        rows = rows.reshape(outputs, inputs + 1)
        tensors += [rows[:, :-1].contiguous(), rows[:, -1].contiguous()]
    return tensors


def chain(length: int) -> tuple[Any, Any, Any]:
    """A chain of multiplications and additions: its end, and what it is made from."""
    a, b = (torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (0.999999, 1e-6))
    y = a
    for _ in range(length // 2):
        y = y * a + b
    return y, a, b
