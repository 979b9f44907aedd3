"""What a C programmer writes by hand for one network: bench/hand.c."""

from __future__ import annotations

import ctypes
import re
import subprocess
import tempfile
from array import array
from pathlib import Path

from bench.contestants import Contestant
from bench.workloads import Task

SOURCE = Path(__file__).resolve().parent.parent / "hand.c"


class Hand(Contestant):
    """Compiled for the sizes of its network."""

    def __init__(self, task: Task) -> None:
        inputs, *hidden, outputs = task.sizes
        hidden += [0] * (2 - len(hidden))
        sizes = {
            "NIN": inputs,
            "H1": hidden[0],
            "H2": hidden[1],
            "NOUT": outputs,
            "BATCH": task.batch,
        }
        found = re.search(r"/\* *(cc .*?) *\*/", SOURCE.read_text(encoding="utf-8"))
        assert found, "the first line of hand.c says how it is compiled"
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder, "hand.so")
            words = [*found[1].split(), *(f"-D{name}={size}" for name, size in sizes.items())]
            subprocess.run([*words, str(SOURCE), "-o", str(library), "-lm"], check=True)
            loaded = ctypes.CDLL(str(library))
        self.function = getattr(loaded, f"{task.loss}_step")
        self.function.restype = ctypes.c_double
        self.function.argtypes = [
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_double,
            ctypes.c_double,
        ]
        padding = [0.0] * (-task.batch % 8)
        columns = [
            [*column, *padding]
            for k in range(0, len(task.samples), task.batch)
            for column in zip(*task.samples[k : k + task.batch], strict=True)
        ]
        self.keep = (
            array("d", task.parameters),
            array("d", [x for column in columns for x in column]),
        )
        self.parameters, samples = (numbers.buffer_info()[0] for numbers in self.keep)
        size = 8 * len(columns[0]) * len(task.samples[0])
        self.samples = [samples + k * size for k in range(task.batches)]
        self.penalty = task.penalty

    def step(self, k: int, rate: float) -> float:
        loss: float = self.function(
            self.parameters, self.samples[k % len(self.samples)], rate, self.penalty
        )
        return loss
