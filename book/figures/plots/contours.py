"""Lines of equal height, and the regions between them, over a grid of heights.

    lines(xs, ys, heights, 0.5)        where the height is 0.5
    regions(xs, ys, heights, 0, 1)     where it is between 0 and 1

`heights[j][i]` is the height over `xs[i]`, `ys[j]`.  Between the points of the grid, heights
are taken to change evenly along the edges of its cells ("marching squares").
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

Point = tuple[float, float]
Corner = tuple[float, float, float]  # x, y, height
Grid = Sequence[Sequence[float]]


def lines(
    xs: Sequence[float], ys: Sequence[float], heights: Grid, level: float
) -> list[list[Point]]:
    """The lines at one height, each from point to point; a closed one ends where it began.

    Going along, the higher ground is always on the same side.
    """
    steps: list[tuple[Point, Point]] = []
    for cell, lowest, highest in cells(xs, ys, heights):
        if not lowest < level <= highest:
            continue
        crossings = [(a[2] >= level, crossing(a, b, level)) for a, b in around(cell)
                     if (a[2] >= level) != (b[2] >= level)]
        if crossings and not crossings[0][0]:  # begin where the higher ground is left
            crossings = crossings[1:] + crossings[:1]
        steps += [(crossings[k][1], crossings[k + 1][1]) for k in range(0, len(crossings), 2)]
    return joined(steps)


def regions(
    xs: Sequence[float], ys: Sequence[float], heights: Grid, low: float, high: float
) -> list[list[Point]]:
    """The borders of all places whose height is between the two, as closed lines."""
    steps: dict[tuple[Point, Point], None] = {}
    for cell, lowest, highest in cells(xs, ys, heights):
        if highest < low or high < lowest:
            continue
        whole = low <= lowest and highest <= high
        piece = cell if whole else cut(cut(cell, low, above=True), high, above=False)
        for (x0, y0, _), (x1, y1, _) in around(piece):
            if ((x1, y1), (x0, y0)) in steps:  # two pieces side by side: no border between them
                del steps[(x1, y1), (x0, y0)]
            elif (x0, y0) != (x1, y1):
                steps[(x0, y0), (x1, y1)] = None
    return joined(list(steps))


def cells(
    xs: Sequence[float], ys: Sequence[float], heights: Grid
) -> Iterator[tuple[list[Corner], float, float]]:
    """The corners of each cell of the grid, with the lowest and the highest of their heights.

    Cells without a height (NaN, infinity) are left out.
    """
    if len(heights) != len(ys) or any(len(row) != len(xs) for row in heights):
        raise ValueError(
            f"heights must be {len(ys)} rows of {len(xs)} numbers: heights[j][i] is over xs[i], "
            "ys[j]"
        )
    for (y0, row0), (y1, row1) in pairwise(zip(map(float, ys), heights, strict=True)):
        for (x0, a, d), (x1, b, c) in pairwise(zip(map(float, xs), row0, row1, strict=True)):
            if math.isfinite(a + b + c + d):
                yield (
                    [(x0, y0, a), (x1, y0, b), (x1, y1, c), (x0, y1, d)],
                    min(a, b, c, d),
                    max(a, b, c, d),
                )


def around(corners: list[Corner]) -> list[tuple[Corner, Corner]]:
    """The edges of a polygon."""
    return list(zip(corners, corners[1:] + corners[:1], strict=True))


def cut(polygon: list[Corner], level: float, above: bool) -> list[Corner]:
    """The part of a polygon that is not below (or not above) a level."""
    kept: list[Corner] = []
    for a, b in around(polygon):
        inside = [corner[2] >= level if above else corner[2] <= level for corner in (a, b)]
        if inside[0]:
            kept.append(a)
        if inside[0] != inside[1] and level not in (a[2], b[2]):
            kept.append((*crossing(a, b, level), level))
    return kept


def crossing(a: Corner, b: Corner, level: float) -> Point:
    """Where an edge has this height: the same to the last bit from whichever cell it is seen."""
    (x0, y0, z0), (x1, y1, z1) = sorted((a, b))
    part = (level - z0) / (z1 - z0)
    return x0 + part * (x1 - x0), y0 + part * (y1 - y0)


def joined(steps: Sequence[tuple[Point, Point]]) -> list[list[Point]]:
    """Steps from point to point, joined to lines as long as can be."""
    onward: dict[Point, list[Point]] = {}
    for start, end in steps:
        if start != end:
            onward.setdefault(start, []).append(end)
    arrived = {end for ends in onward.values() for end in ends}
    found = []
    for start in sorted(onward, key=lambda point: point in arrived):  # open lines first
        while onward[start]:
            line = [start]
            while onward.get(line[-1]):
                line.append(onward[line[-1]].pop(0))
            found.append(line)
    return found
