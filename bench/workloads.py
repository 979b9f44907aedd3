"""What is computed: data, first parameters, and the losses that everybody has to arrive at.

    .venv-bench/bin/python -m bench.workloads FOLDER     write one JSON file each

The losses come from formulas written out in NumPy, which share no code with any contestant.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

PENALTY = 1e-4
CHECKS = [0.1] * 6  # the learning rates of the steps that are compared with the reference
DEMO = [1.0 - 0.9 * k / 100 for k in range(100)]  # and those of the classic's demonstration


@dataclass
class Task:
    """One network, its data, and the losses to arrive at.

    `samples` holds rows: the inputs, then the label (-1 or +1, or the number of a class).
    A step takes the next `batch` of them, and begins again after the last.
    """

    sizes: list[int]
    loss: str  # 'hinge' or 'cross_entropy'
    batch: int
    samples: list[list[float]]
    parameters: list[float]  # in the order of Module.parameters()
    penalty: float = PENALTY
    losses: list[float] = field(default_factory=list)  # before each step of CHECKS
    demo: list[float] = field(default_factory=list)  # and of DEMO

    @property
    def batches(self) -> int:
        return len(self.samples) // self.batch

    @classmethod
    def read(cls, path: Path) -> Task:
        return cls(**json.loads(path.read_text()))


def first_parameters(sizes: list[int], scaled: bool) -> list[float]:
    """As the classic draws them; scaled by the root of the inputs where the net is larger."""
    numbers: list[float] = []
    for inputs, outputs in pairwise(sizes):
        scale = inputs**-0.5 if scaled else 1.0
        for _ in range(outputs):
            numbers += [random.uniform(-1, 1) * scale for _ in range(inputs)] + [0.0]
    return numbers


def moons(sizes: list[int], points: int = 100, scaled: bool = False) -> Task:
    """The classic's hundred dots, with its seeds."""
    import numpy as np
    from sklearn.datasets import make_moons

    np.random.seed(1337)
    random.seed(1337)
    x, y = make_moons(n_samples=100, noise=0.1)
    samples = [[*map(float, row), float(2 * label - 1)] for row, label in zip(x, y, strict=True)]
    return Task(sizes, "hinge", points, samples[:points], first_parameters(sizes, scaled))


def digits() -> Task:
    """The 1,797 handwritten digits of 8 by 8 pixels that come with scikit-learn,
    less what fills no batch.
    """
    from sklearn.datasets import load_digits

    random.seed(1337)
    x, y = load_digits(return_X_y=True)
    samples = [[*map(float, row / 16), float(label)] for row, label in zip(x, y, strict=True)]
    whole = len(samples) // 32 * 32
    return Task(
        [64, 32, 10], "cross_entropy", 32, samples[:whole], first_parameters([64, 32, 10], True)
    )


def growing(size: int) -> Task:
    """A loss with about 2 * size * size nodes, of a few samples;
    only its compilation is of interest.
    """
    random.seed(1337)
    samples = [
        [*(random.uniform(-1, 1) for _ in range(size)), random.choice([-1.0, 1.0])]
        for _ in range(4)
    ]
    return Task(
        [size, size, 1], "hinge", 4, samples, first_parameters([size, size, 1], True), penalty=0.0
    )


TASKS: dict[str, Callable[[], Task]] = {
    "moons100": lambda: moons([2, 16, 16, 1]),
    "moons1": lambda: moons([2, 16, 16, 1], 1),
    "wide": lambda: moons([2, 64, 64, 1], scaled=True),
    "digits": digits,
    "grow4": lambda: growing(70),
    "grow5": lambda: growing(223),
    "grow6": lambda: growing(706),
}


def reference(task: Task, rates: list[float]) -> list[float]:
    """The loss before each step of gradient descent: the layers' formulas, by hand."""
    import numpy as np

    data, p = np.array(task.samples), np.array(task.parameters)
    layers, at = [], 0
    for inputs, outputs in pairwise(task.sizes):
        size = outputs * (inputs + 1)
        layers.append(p[at : at + size].reshape(outputs, inputs + 1))  # views: rows are w…, b
        at += size
    losses = []
    for k, rate in enumerate(rates):
        first = k % task.batches * task.batch
        rows = data[first : first + task.batch]
        hidden, y = [rows[:, :-1]], rows[:, -1]
        for w in layers:
            h = hidden[-1] @ w[:, :-1].T + w[:, -1]
            hidden.append(h if w is layers[-1] else np.maximum(h, 0))
        loss, g = heads[task.loss](hidden[-1], y)
        losses.append(float(loss + task.penalty * (p @ p)))
        slopes: list[Any] = []
        for w, x in zip(reversed(layers), reversed(hidden[:-1]), strict=True):
            slopes.append(np.concatenate([g.T @ x, g.sum(0)[:, None]], 1).ravel())
            g = g @ w[:, :-1] * (x > 0)
        p -= rate * (np.concatenate(slopes[::-1]) + 2 * task.penalty * p)
    return losses


def hinge(scores: Any, y: Any) -> tuple[Any, Any]:
    """The mean of max(0, 1 - y s), and its slopes."""
    missing = 1 - y * scores[:, 0]
    on = missing > 0
    return (missing * on).mean(), (-y * on)[:, None] / len(y)


def cross_entropy(scores: Any, y: Any) -> tuple[Any, Any]:
    """The mean surprise at the right classes, and its slopes."""
    import numpy as np

    powers = np.exp(scores - scores.max(1, keepdims=True))
    chances = powers / powers.sum(1, keepdims=True)
    each = np.arange(len(y)), y.astype(int)
    loss = -np.log(chances[each]).mean()
    chances[each] -= 1
    return loss, chances / len(y)


heads = {"hinge": hinge, "cross_entropy": cross_entropy}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in TASKS.items():
        task = make()
        task.losses = reference(task, CHECKS)
        task.demo = reference(task, DEMO) if name == "moons100" else []
        (folder / f"{name}.json").write_text(json.dumps(asdict(task)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
