"""tinygrad: the whole step as one TinyJit."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.contestants import Contestant
from bench.workloads import Task

os.environ.setdefault("DEV", "CPU")


def provide_clang() -> None:
    """tinygrad asks for clang; where there is none, for the one inside ziglang."""
    if shutil.which("clang") or "CC" in os.environ:
        return
    script = Path(sys.prefix, "clang-of-zig")
    plain = "-fno-sanitize=all -fPIC -fno-stack-protector -g0 -fno-asynchronous-unwind-tables"
    script.write_text(f"""#!/bin/sh
for word do
    shift
    case "$word" in --target=*) ;; *) set -- "$@" "$word" ;; esac
done
exec "{sys.executable}" -m ziglang cc "$@" {plain}
""")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    os.environ["CC"] = str(script)
    # It remembers what was compiled by another.
    os.environ["CACHEDB"] = str(Path(sys.prefix, "tinygrad.db"))


provide_clang()

from tinygrad import Tensor, TinyJit, dtypes  # noqa: E402  (after the compiler is there)


def tensor(data: Any) -> Any:
    return Tensor(data, dtype=dtypes.float64).realize()


class Tinygrad(Contestant):
    def __init__(self, task: Task) -> None:
        self.task = task
        rows = [task.samples[k : k + task.batch] for k in range(0, len(task.samples), task.batch)]
        self.data = [
            (tensor([r[:-1] for r in b]), tensor([self.label(r[-1]) for r in b])) for b in rows
        ]
        flat, self.parameters = task.parameters, []
        for inputs, outputs in pairwise(task.sizes):
            block = [flat[k : k + inputs + 1] for k in range(0, outputs * (inputs + 1), inputs + 1)]
            flat = flat[outputs * (inputs + 1) :]
            self.parameters += [tensor([r[:-1] for r in block]), tensor([r[-1] for r in block])]
        for p in self.parameters:
            p.requires_grad = True
        self.jitted = TinyJit(self.descend)

    def label(self, y: float) -> float | list[float]:
        """A class as ones and zeros, as tinygrad prefers it."""
        return (
            y if self.task.loss == "hinge" else [float(k == y) for k in range(self.task.sizes[-1])]
        )

    def loss(self, x: Any, y: Any) -> Any:
        *hidden, last = zip(self.parameters[::2], self.parameters[1::2], strict=True)
        for w, b in hidden:
            x = (x @ w.T + b).relu()
        scores = x @ last[0].T + last[1]
        if self.task.loss == "hinge":
            loss = (1 - y * scores[:, 0]).relu().mean()
        else:
            loss = (scores.logsumexp(1) - (scores * y).sum(1)).mean()
        penalty = sum(((p * p).sum() for p in self.parameters), Tensor(0.0, dtype=dtypes.float64))
        return loss + self.task.penalty * penalty

    def descend(self, x: Any, y: Any, rate: Any) -> Any:
        loss = self.loss(x, y)
        slopes = loss.gradient(*self.parameters)
        for p, g in zip(self.parameters, slopes, strict=True):
            p.assign(p - rate * g)
        Tensor.realize(loss, *self.parameters)
        return loss

    def step(self, k: int, rate: float) -> float:
        x, y = self.data[k % len(self.data)]
        return float(self.jitted(x, y, tensor([rate])).item())
