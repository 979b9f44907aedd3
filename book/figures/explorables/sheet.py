"""A plot whose frame a script takes over."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from figures.explorables.explorable import short
from figures.palette import ACCENT, FAINT, GRAD, INK
from figures.plots.contours import lines, regions

Point = tuple[float, float]
Span = tuple[float, float]
#: Places on an axis that are named: numbers, or numbers with what is written there.
Ticks = Iterable[float | tuple[float, str]]
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 40


class Sheet:
    """A plot whose frame a script takes over: it draws what it has found in place of the group
    `area`.

    Args:
        x, y: from where to where the axes go.
        xlabel, ylabel: what they count.
        xticks, yticks: the places named on them.
        width, height: of all, in pixels.
    """

    def __init__(
        self,
        x: Span,
        y: Span,
        xlabel: str = "",
        ylabel: str = "",
        xticks: Ticks = (),
        yticks: Ticks = (),
        width: int = 440,
        height: int = 280,
    ) -> None:
        self.x, self.y, self.width, self.height = x, y, width, height
        self.ink, self.back, self.area = [], [], []  # type: tuple[list[str], list[str], list[str]]
        low = height - BOTTOM
        self.ink.append(
            f'<path d="M{LEFT} {TOP}V{low}H{width - RIGHT}" fill="none" stroke="{FAINT}"/>'
        )
        for value, text in named(xticks):
            self.ink.append(written(self.X(value), low + 17, text, FAINT, "middle"))
        for value, text in named(yticks):
            self.ink.append(written(LEFT - 7, self.Y(value) + 4, text, FAINT, "end"))
        self.ink.append(written((LEFT + width - RIGHT) / 2, height - 5, xlabel, FAINT, "middle"))
        self.ink.append(written(LEFT + 5, TOP + 8, ylabel, FAINT))

    def X(self, value: float) -> float:
        return LEFT + (value - self.x[0]) / (self.x[1] - self.x[0]) * (self.width - LEFT - RIGHT)

    def Y(self, value: float) -> float:
        return (
            self.height
            - BOTTOM
            - (value - self.y[0]) / (self.y[1] - self.y[0]) * (self.height - TOP - BOTTOM)
        )

    @property
    def frame(self) -> dict[str, Any]:
        """What the script needs to know of it."""
        return {"x": list(self.x), "y": list(self.y), "width": self.width, "height": self.height}

    def along(self, points: Iterable[Point], close: bool = False) -> str:
        return "M" + "L".join(f"{self.X(x):.1f} {self.Y(y):.1f}" for x, y in points) + "Z" * close

    def line(
        self,
        points: Iterable[Point],
        color: str,
        width: float = 1.8,
        dash: str = "",
        opacity: float = 1,
    ) -> None:
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        dashed += f' stroke-opacity="{opacity}"' if opacity < 1 else ""
        style = f'fill="none" stroke="{color}" stroke-width="{width}"{dashed}'
        self.area.append(f'<path d="{self.along(points)}" {style}/>')

    def dot(self, x: float, y: float, color: str, radius: float = 4, full: bool = True) -> None:
        self.area.append(
            f'<circle cx="{self.X(x):.1f}" cy="{self.Y(y):.1f}" r="{radius}" '
            f'fill="{color if full else "none"}" stroke="{color}" stroke-width="1.4"/>'
        )

    def words(self, x: float, y: float, text: str, color: str, anchor: str = "start") -> None:
        self.area.append(written(self.X(x), self.Y(y), text, color, anchor))

    def heights(
        self, height: Callable[[float, float], float], levels: Sequence[float], count: int = 45
    ) -> None:
        """Lines of equal height, behind everything."""
        xs, ys = between(*self.x, count), between(*self.y, count)
        grid = [[height(x, y) for x in xs] for y in ys]
        for level in levels:
            found = "".join(self.along(points) for points in lines(xs, ys, grid, level))
            self.back.append(
                f'<path d="{found}" fill="none" stroke="{FAINT}" stroke-width="0.6"/>'
                if found
                else ""
            )

    def region(
        self, height: Callable[[float, float], float], level: float, count: int = 41
    ) -> None:
        """Shade where it is above the level, and draw the edge."""
        xs, ys = between(*self.x, count), between(*self.y, count)
        grid = [[height(x, y) for x in xs] for y in ys]
        inside = "".join(self.along(points, True) for points in regions(xs, ys, grid, level, 1e9))
        edge = "".join(self.along(points) for points in lines(xs, ys, grid, level))
        self.area += [
            f'<path d="{inside}" fill="{ACCENT}" fill-opacity="0.16"/>' if inside else "",
            f'<path d="{edge}" fill="none" stroke="{ACCENT}" stroke-width="1.8"/>' if edge else "",
        ]

    def histograms(self, found: Sequence[Sequence[float]]) -> None:
        """By layer how many gradients have which power of ten, as bars on their side;
        a line through typical sizes.
        """
        low, high = self.y
        for k, all_ in enumerate(found, 1):
            powers = [
                max(low, min(high - 0.5, math.floor(2 * math.log10(abs(g))) / 2)) if g else low
                for g in all_
            ]
            most = max(powers.count(power) for power in set(powers))
            for power in sorted(set(powers)):
                y, reach = power + 0.25, 0.75 * powers.count(power) / most
                bar = self.Y(0) - self.Y(0.46)
                self.line([(k - 0.4, y), (k - 0.4 + reach, y)], GRAD, round(bar, 1), opacity=0.6)
        sizes = [max(low, math.log10(typical(all_))) for all_ in found]
        self.line(list(enumerate(sizes, 1)), INK, 1.6)

    def svg(self) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}" font-size="13">'
            f'<g>{"".join(self.ink)}</g><g>{"".join(self.back)}</g><g '
            f'class="area">{"".join(self.area)}</g></svg>'
        )


def named(ticks: Ticks) -> list[tuple[float, str]]:
    return [tick if isinstance(tick, tuple) else (tick, said(tick)) for tick in ticks]


def said(x: float) -> str:
    """A number with a minus sign."""
    return short(x).replace("-", "−")


def written(x: float, y: float, text: str, color: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" text-anchor="{anchor}">{escape(text)}</text>'
        if text
        else ""
    )


def between(low: float, high: float, count: int) -> list[float]:
    return [low + (high - low) * i / (count - 1) for i in range(count)]


def typical(numbers: Sequence[float]) -> float:
    """The root of the mean square; a tiny one where all are 0, which has no logarithm."""
    return max(math.sqrt(sum(x * x for x in numbers) / len(numbers)), 1e-300)
