"""One contestant in a process of its own, doing what it is asked to, a line of JSON at a time.

    .venv-bench/bin/python -m bench.worker CONTESTANT     started by bench/__main__.py
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

from bench.plan import ENTRANTS
from bench.workloads import CHECKS, DEMO, Task

RATE = 0.01  # of the steps that are timed


class Worker:
    """Answers requests; what it measures is in seconds or bytes."""

    def __init__(self, name: str) -> None:
        entrant = ENTRANTS[name]
        module, attribute = entrant.where.split(":")
        self.module = importlib.import_module(f"bench.contestants.{module}")
        self.kind = getattr(self.module, attribute)
        if entrant.collector == "off":
            gc.disable()

    def check(self, task: Task, patience: float) -> dict[str, Any]:
        """Its first losses, as many as patience allows, and the pace."""
        self.contestant = self.kind(task)
        if self.contestant.stride > 1:
            losses = self.contestant.losses(CHECKS)
            return {"losses": losses, "pace": 0.0, "stride": self.contestant.stride}
        losses, taken = [], []
        for k, rate in enumerate(CHECKS):
            started = time.perf_counter()
            losses.append(float(self.contestant.step(k, rate)))
            taken.append(time.perf_counter() - started)
            # The first may have compiled something, and the second.
            if k > 1 and sum(taken[1:]) > patience:
                break
        return {"losses": losses, "pace": min(taken), "stride": 1}

    def steps(self, count: int) -> dict[str, Any]:
        started = time.perf_counter()
        self.contestant.losses([RATE] * count)
        return {"seconds": time.perf_counter() - started}

    def trace(self, task: Task) -> dict[str, Any]:
        started = time.perf_counter()
        self.contestant = self.kind(task)
        return {"measured": time.perf_counter() - started}

    def ready(self, task: Task) -> dict[str, Any]:
        started = time.perf_counter()
        losses = self.kind(task).losses(CHECKS[:1])
        return {"measured": time.perf_counter() - started, "losses": losses}

    def demo(self, task: Task) -> dict[str, Any]:
        started = time.perf_counter()
        losses = self.kind(task).losses(DEMO)
        return {"measured": time.perf_counter() - started, "losses": losses}

    def build(self, length: int) -> Any:
        """A chain of so many nodes: its end, and the two leaves."""
        owner = self.kind if hasattr(self.kind, "chain") else self.module
        return owner.chain(length)

    def chain(self, length: int) -> dict[str, Any]:
        started = time.perf_counter()
        end, a, b = self.build(length)
        end.backward()
        seconds = time.perf_counter() - started
        return {"measured": seconds, "losses": [float(end.data), float(a.grad), float(b.grad)]}

    def memory(self, length: int) -> dict[str, Any]:
        tracemalloc.start()
        kept = self.build(length)
        used, _ = tracemalloc.get_traced_memory()
        del kept
        return {"measured": used / length}

    def rss(self, length: int) -> dict[str, Any]:
        self.build(10)
        before = resident()
        kept = self.build(length)
        used = resident() - before
        del kept
        return {"measured": used / length}


def resident() -> int:
    """The memory of this process that is in use, in bytes, as the system counts."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main(name: str) -> None:
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        worker = Worker(name)
        answers.write(json.dumps({"ready": True}) + "\n")
        answers.flush()
        for line in sys.stdin:
            request = json.loads(line)
            if "task" in request:
                request["task"] = Task.read(Path(request["task"]))
            answer = getattr(worker, request.pop("do"))(**request)
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
    except Exception as error:  # whatever it is, it is the answer
        text = str(error).strip().splitlines() or [""]
        answers.write(json.dumps({"unable": f"{type(error).__name__}: {text[0]}"[:300]}) + "\n")
        answers.flush()
    os._exit(0)  # some take seconds to clean up


if __name__ == "__main__":
    main(sys.argv[1])
