"""The published micrograd 0.1.0: the classic."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path
from typing import Any

from bench.contestants.scalar import Scalar
from bench.workloads import Task

ROOT = Path(__file__).resolve().parent.parent.parent

# This folder has a package of the same name: it steps aside for the installed one.
path = sys.path[:]
sys.path[:] = [folder for folder in path if folder and Path(folder).resolve() != ROOT]
engine, nn = importlib.import_module("micrograd.engine"), importlib.import_module("micrograd.nn")
sys.path[:] = path


class Classic(Scalar):
    """As it is; where a workload needs what it has not, that is added in its own style."""

    engine, nn = engine, nn

    def __init__(self, task: Task) -> None:
        if len(task.parameters) > 900:  # a sum of so many squares is as deep as it is long
            sys.setrecursionlimit(20_000)
        super().__init__(task)

    def exp(self, v: Any) -> Any:
        out = self.engine.Value(math.exp(v.data), (v,), "exp")

        def _backward() -> None:
            v.grad += out.data * out.grad

        out._backward = _backward
        return out

    def log(self, v: Any) -> Any:
        out = self.engine.Value(math.log(v.data), (v,), "log")

        def _backward() -> None:
            v.grad += out.grad / v.data

        out._backward = _backward
        return out
