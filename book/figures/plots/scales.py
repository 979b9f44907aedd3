"""One direction of a plot: which numbers it shows, where each of them is, and its ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

#: Smaller than any number a chapter shows: where a logarithmic scale puts what has no logarithm.
NOTHING = 1e-300
MARGIN = 0.05


@dataclass(frozen=True)
class Tick:
    """A mark on an axis; `text` is followed by a raised `power`, where there is one."""

    value: float
    text: str = ""
    power: str = ""
    minor: bool = False


@dataclass
class Scale:
    """What lies along an axis; two plots that share an axis share this object."""

    log: bool = False
    low: float | None = None  # as asked for, not as found
    high: float | None = None
    margin: float = MARGIN
    sticky: set[float] = field(default_factory=set)  # ends at which there is no margin
    chosen: list[float] | None = None
    names: list[str] | None = None
    seen: list[float] = field(default_factory=list)

    def see(self, values: Iterable[float]) -> None:
        """Make room for these numbers; what is not finite needs none."""
        found = [float(value) for value in values if math.isfinite(value)]
        if found:
            positive = [value for value in (*self.seen, *found) if value > 0]
            ends = [*self.seen, *found]
            self.seen = [min(ends), max(ends), *([min(positive)] if positive else [])]

    def limits(self) -> tuple[float, float]:
        """The first and the last number that the axis shows."""
        seen = [value for value in self.seen if value > 0] if self.log else self.seen
        least, most = (min(seen), max(seen)) if seen else (1.0, 10.0) if self.log else (0.0, 1.0)
        start, end = self.flat(least), self.flat(most)
        if start == end:
            half = 0.5 if self.log or not start else abs(start) * MARGIN
            start, end = start - half, end + half
        pad = self.margin * (end - start)
        start -= 0 if least in self.sticky else pad
        end += 0 if most in self.sticky else pad
        low = self.round(start) if self.low is None else self.low
        high = self.round(end) if self.high is None else self.high
        return low, high

    def flat(self, value: float) -> float:
        """The number, or its logarithm."""
        return math.log10(max(value, NOTHING)) if self.log else value

    def round(self, value: float) -> float:
        """Undo `flat`."""
        return float(10.0**value) if self.log else value

    def place(self, value: float) -> float:
        """Where a number is: 0 at the start of the axis, 1 at its end."""
        start, end = map(self.flat, self.limits())
        return (self.flat(value) - start) / ((end - start) or 1.0)

    def shows(self, value: float) -> bool:
        """Is this number on the axis?"""
        return -1e-9 <= self.place(value) <= 1 + 1e-9

    def ticks(self, most: int) -> list[Tick]:
        """The ticks, at most about so many steps of them."""
        low, high = sorted(self.limits())
        if self.chosen is not None:
            names = self.names or texts(self.chosen)
            if len(names) != len(self.chosen):
                raise ValueError(
                    f"{len(self.chosen)} ticks have {len(names)} names: give each tick one"
                )
            slack = 1e-9 * (high - low)
            return [Tick(value, name) for value, name in zip(self.chosen, names, strict=True)
                    if low - slack <= value <= high + slack]
        if self.log:
            return decades(low, high, most)
        values = even(low, high, most)
        if exponent := common_power(values):
            parts = texts([value / 10.0**exponent for value in values])
            return [Tick(value, f"{part}·10", signed(f"{exponent}")) if value else Tick(value, "0")
                    for value, part in zip(values, parts, strict=True)]
        return [Tick(value, text) for value, text in zip(values, texts(values), strict=True)]


def even(low: float, high: float, most: int) -> list[float]:
    """Round numbers at equal distances: 1, 2 or 5 times a power of ten."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return []
    rough = (high - low) / max(most, 1)
    power = math.floor(math.log10(rough))
    factor = next(f for f in (1, 2, 5, 10, 20) if f * 10.0**power >= rough * (1 - 1e-9))
    step = factor * 10.0**power
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if first >= last and most < 20:  # one number is not enough to read a scale from
        return even(low, high, most + 1)
    # Dividing by a whole number gives the float that one would write: 3 / 10, not 3 * 0.1.
    return [
        k * factor / 10**-power if power < 0 else float(k * factor * 10**power)
        for k in range(first, last + 1)
    ]


def decades(low: float, high: float, most: int) -> list[Tick]:
    """The powers of ten, with small ticks between them."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    between = [m * 10.0**k for k in range(first - 1, last + 1) for m in range(2, 10)]
    between = [value for value in between if low <= value <= high]
    if last - first < 1:  # too few powers to read a scale from: write 1, 2 and 5
        written = [value for value in (10.0**first, *between)
                   if low <= value <= high and f"{value:e}"[0] in "125"]
        return [
            Tick(value, text)
            for value, text in zip(sorted(written), texts(sorted(written)), strict=True)
        ]
    stride = math.ceil((last - first + 1) / max(most, 1))
    powers = range(first, last + 1)
    phase = max(range(stride), key=lambda p: sum(k % stride == p for k in powers))
    large = [Tick(10.0**k, "10", signed(f"{k}")) for k in powers if k % stride == phase]
    small = between if stride == 1 else [10.0**k for k in powers if k % stride != phase]
    return large + [Tick(value, minor=True) for value in small]


def texts(values: Sequence[float]) -> list[str]:
    """The numbers with as many decimals as the finest of them needs."""
    span = max((abs(value) for value in values), default=1.0) or 1.0
    for places in range(13):
        if all(abs(round(value, places) - value) < 1e-9 * span for value in values):
            break
    return [signed(f"{round(value, places) + 0.0:.{places}f}") for value in values]


def common_power(values: Sequence[float]) -> int:
    """The power of ten to take out of numbers that would be long otherwise; 0 if none."""
    largest = max((abs(value) for value in values), default=0.0)
    return math.floor(math.log10(largest)) if largest and not 1e-3 <= largest < 1e6 else 0


def signed(text: str) -> str:
    """With a real minus."""
    return text.replace("-", "−")
