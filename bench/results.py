"""What was measured, as numbers and as words. Pages read bench/results.json through this."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from typing import Any

COMMITTED = Path(__file__).resolve().parent / "results.json"
Spread = tuple[float, float, float]  # lower quartile, median, upper quartile


def spread(numbers: list[float]) -> Spread:
    """The middle of some numbers, between their quartiles."""
    if len(numbers) == 1:
        return numbers[0], numbers[0], numbers[0]
    low, _, high = quantiles(numbers, n=4, method="inclusive")
    return low, median(numbers), high


def ratios(mine: list[float | None], other: list[float | None]) -> list[float]:
    """How many times the other's number is mine, in each round in which both took part."""
    return [b / a for a, b in zip(mine, other, strict=True) if a is not None and b is not None]


def significant(x: float, digits: int = 2) -> str:
    """A number in plain figures, as exact as it deserves: 119,000 or 4.6."""
    if x == 0:
        return "0"
    rounded = float(f"{x:.{digits - 1}e}")
    decimals = max(0, digits - 1 - int(f"{rounded:e}".split("e")[1]))
    return f"{rounded:,.{decimals}f}"


def in_seconds(x: float) -> str:
    """A time in the unit that suits it: 13.6 µs."""
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if abs(x) >= size:
            return f"{significant(x / size, 3)} {unit}"
    return f"{significant(x * 1e9, 3)} ns"


def joined(words: list[str]) -> str:
    return ", ".join(words[:-1]) + " and " + words[-1] if len(words) > 1 else "".join(words)


TITLES = {
    "torch": "PyTorch",
    "jax": "JAX",
    "numpy": "NumPy",
    "autograd": "HIPS autograd",
    "tinygrad": "tinygrad",
    "micrograd": "micrograd",
}

SHORT = {"classic": "the classic", "torch": "PyTorch eager"}


class Results:
    """One run of the benchmark.

    A workload and a contestant are given by their ids; a KeyError says which there are.
    """

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content

    @classmethod
    def read(cls, path: Path = COMMITTED) -> Results:
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def workload(self, workload: str) -> dict[str, Any]:
        known: dict[str, Any] = self.content["workloads"]
        if workload not in known:
            raise KeyError(f"no workload {workload!r}: there are {', '.join(known)}")
        found: dict[str, Any] = known[workload]
        return found

    def entry(self, workload: str, contestant: str) -> dict[str, Any]:
        results = self.workload(workload)["results"]
        entry: dict[str, Any] | None = results.get(contestant)
        if entry is None or "unable" in entry:
            able = [name for name, entry in results.items() if "unable" not in entry]
            why = f" ({entry['unable']})" if entry else ""
            raise KeyError(f"no {contestant!r} in {workload}{why}: there are {', '.join(able)}")
        return entry

    def has(self, workload: str, contestant: str) -> bool:
        """Whether this was measured."""
        entry = self.content["workloads"].get(workload, {"results": {}})["results"].get(contestant)
        return entry is not None and "unable" not in entry

    def seconds(self, workload: str, contestant: str) -> float:
        """The median; of bytes, where a workload counts these."""
        x: float = self.entry(workload, contestant)["median"]
        return x

    def spread(self, workload: str, contestant: str, to: str) -> Spread:
        """How many times as fast (or small) as another, by rounds: quartile, median, quartile."""
        mine, other = self.entry(workload, contestant)["rounds"], self.entry(workload, to)["rounds"]
        return spread(ratios(mine, other))

    def ratio(self, workload: str, contestant: str, to: str) -> float:
        """The median of that."""
        return self.spread(workload, contestant, to)[1]

    def text(self, workload: str, contestant: str) -> str:
        """The median with its unit."""
        return self.measure(workload, self.seconds(workload, contestant))

    def measure(self, workload: str, x: float) -> str:
        if self.workload(workload)["unit"] == "bytes":
            return f"{significant(x, 3)} bytes"
        return in_seconds(x)

    def apart(self, workload: str, contestant: str, to: str) -> bool:
        """Whether one is faster (or smaller) than the other, and not by chance alone.

        It is if the quartiles of the differences, taken round by round, lie on one side of 0.
        """
        mine, other = self.entry(workload, contestant)["rounds"], self.entry(workload, to)["rounds"]
        low, _, high = spread(
            [b - a for a, b in zip(mine, other, strict=True) if a is not None and b is not None]
        )
        return not low <= 0 <= high

    def times(self, workload: str, contestant: str, to: str) -> str:
        """The ratio in words: 58 ×.

        Raises:
            ValueError: there is no difference, and so a sentence that tells of one is wrong.
        """
        if not self.apart(workload, contestant, to):
            names = self.name(contestant), self.name(to)
            raise ValueError(
                f"{workload}: no difference between {' and '.join(names)}; write the sentence anew"
            )
        return f"{significant(self.ratio(workload, contestant, to))} ×"

    def compared(self, workload: str, contestant: str, to: str) -> str:
        """The same in words that may stand before `as`: 58 times as fast, half as fast, as fast."""
        if not self.apart(workload, contestant, to):
            return "as fast"
        ratio = self.ratio(workload, contestant, to)
        return (
            f"{significant(ratio)} times as fast"
            if ratio > 1
            else f"{significant(1 / ratio)} times as slow"
        )

    def ahead(
        self, workload: str, kinds: tuple[str, ...] = ("ours", "compiled")
    ) -> tuple[str, list[str]]:
        """The fastest of these kinds, and who else is faster than it; in float64 all."""
        told, seconds = self.content["contestants"], self.seconds
        able = [
            name
            for name in self.contestants(workload)[::-1]
            if told[name]["precision"] == "float64"
        ]
        best = next(name for name in able if told[name]["kind"] in kinds)
        others = [name for name in able if told[name]["kind"] not in kinds]
        mine = seconds(workload, best)
        return best, [
            x for x in others if seconds(workload, x) < mine and self.apart(workload, x, best)
        ]

    def name(self, contestant: str) -> str:
        name: str = self.content["contestants"][contestant]["name"]
        return name

    def contestants(self, workload: str) -> list[str]:
        """Who was measured, slowest first."""
        able = [name for name in self.workload(workload)["results"] if self.has(workload, name)]
        return sorted(able, key=lambda name: -self.seconds(workload, name))

    def unable(self, workload: str) -> dict[str, str]:
        """Who was not, and why."""
        results = self.workload(workload)["results"]
        return {name: entry["unable"] for name, entry in results.items() if "unable" in entry}

    @property
    def stamp(self) -> str:
        """When, with what, and on what."""
        return self.stamp_of("")

    def stamp_of(self, workload: str) -> str:
        """The same for one workload, which may have been measured anew since."""
        measured = self.content["workloads"].get(workload, {})
        day = date.fromisoformat(measured.get("date", self.content["date"]))
        machine, versions = self.content["machine"], self.content["versions"]
        software = [
            f"{title} {versions[name]}" for name, title in TITLES.items() if name in versions
        ]
        software = [f"Python {machine['python']}", *software]
        if machine.get("compiler"):
            software.append(machine["compiler"])
        quick = " in a quick run, so roughly," if self.content["quick"] else ""
        return (
            f"Measured{quick} on {day.day} {day:%B %Y} with {joined(software)}, "
            f"on {machine['processor']}, {machine['cores']} cores, {machine['system']}."
        )

    def rows(
        self, workload: str, *contestants: str, to: tuple[str, ...] = ("classic", "torch")
    ) -> list[list[str]]:
        """A table's cells: who, how long, and how many times as fast as those of `to`."""
        wanted = [name for name in contestants if self.has(workload, name)] or self.contestants(
            workload
        )
        rows = []
        for name in wanted:
            entry = self.entry(workload, name)
            low, high = (self.measure(workload, x) for x in entry["quartiles"])
            row = [self.name(name), self.measure(workload, entry["median"]), f"{low} – {high}"]
            for other in to:
                row.append(self.against(workload, name, other))
            rows.append(row)
        return rows

    def against(self, workload: str, contestant: str, to: str) -> str:
        """A cell of that table: the ratio between its quartiles.

        None is shown of what cannot be told from nothing: what has its own quartiles on both sides
            of 0.
        """
        if not self.has(workload, to):
            return ""
        mine, other = self.entry(workload, contestant), self.entry(workload, to)
        if (
            not ratios(mine["rounds"], other["rounds"])
            or min(mine["quartiles"][0], other["quartiles"][0]) <= 0
        ):
            return ""
        if contestant == to:
            return "1.0"
        if not self.apart(workload, contestant, to):
            return "no difference"
        few, ratio, many = map(significant, self.spread(workload, contestant, to))
        return ratio if few == ratio == many else f"{ratio} ({few} – {many})"

    def head(self, workload: str, to: tuple[str, ...] = ("classic", "torch")) -> list[str]:
        """The head of that table."""
        middle = "size" if self.workload(workload)["unit"] == "bytes" else "time"
        return [
            "",
            f"{middle}, median",
            "quartiles",
            *(f"× {SHORT.get(other) or self.name(other)}" for other in to),
        ]
