"""Who takes part: each is a class that takes a task and then its steps."""

from __future__ import annotations

from typing import Any

from bench.workloads import Task


class Contestant:
    """A network and its data, ready to be trained."""

    stride = 1  # how many steps are one call, where more than one are

    def __init__(self, task: Task) -> None:
        raise NotImplementedError

    def step(self, k: int, rate: float) -> Any:
        """One step on the k-th batch; the loss before it, as whatever `float` can read."""
        raise NotImplementedError

    def losses(self, rates: list[float]) -> list[float]:
        """A step for each rate: the losses before them, as numbers. This is what is timed."""
        return [float(self.step(k, rate)) for k, rate in enumerate(rates)]
