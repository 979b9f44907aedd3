"""Lines of equal height, and the numbers that stand on them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from figures.plots.marks import ADVANCE, Box, Pen, Point, Words, clipped_line, polyline
from figures.plots.plane import Plane


@dataclass
class Level:
    """The lines of one height; `gaps` are places on the paper, with a radius,
    where its number stands.
    """

    height: float
    lines: list[list[Point]]
    pen: Pen
    gaps: list[tuple[Point, float]] = field(default_factory=list)

    def draw(self, ax: Plane) -> str:
        return polyline(
            [
                piece
                for line in self.lines
                for piece in self.interrupted(ax.line_on_paper(line), ax.box)
            ],
            self.pen,
        )

    def interrupted(self, line: list[Point], box: Box) -> Iterator[list[Point]]:
        out = (math.nan, math.nan)
        yield from clipped_line(
            [
                out if any(math.dist(point, gap) < reach for gap, reach in self.gaps) else point
                for point in line
            ],
            box,
        )


@dataclass
class Levels:
    """What `contour` has drawn, for `clabel`."""

    lines: list[Level]

    def nearest(self, ax: Plane, spot: Point) -> tuple[Level, list[Point], int] | None:
        """The line that runs nearest to a place of the plot, on paper,
        and the number of its nearest point.
        """
        there = ax.at(*spot)
        found = [(math.dist(point, there), level, line, n) for level in self.lines
                 for line in map(ax.line_on_paper, level.lines) for n, point in enumerate(line)]
        return min(found, key=lambda each: each[0])[1:] if found else None

    def make_room(self, ax: Plane, spot: Point, fmt: str, size: float) -> str:
        """Interrupt the line where its number is going to stand; nothing is drawn."""
        if found := self.nearest(ax, spot):
            level, line, n = found
            level.gaps.append((line[n], len(fmt % level.height) * ADVANCE * size / 2 + 2))
        return ""

    def write(self, ax: Plane, spot: Point, fmt: str, size: float) -> str:
        """The number of the nearest line, turned as the line runs there."""
        if not (found := self.nearest(ax, spot)):
            return ""
        level, line, n = found
        (x0, y0), (x1, y1) = line[max(n - 2, 0)], line[min(n + 2, len(line) - 1)]
        turn = (math.degrees(math.atan2(y0 - y1, x1 - x0)) + 90) % 180 - 90
        text = (fmt % level.height).replace("-", "−")
        return Words(text, 0, 0, level.pen.color, "center", "center", size, rotation=turn).draw(
            line[n]
        )
