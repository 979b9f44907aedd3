"""Paper for one plot: its two scales, what is drawn on it, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from figures.plots.marks import (
    Box,
    Pen,
    Point,
    Words,
    attributes,
    clipped_area,
    clipped_line,
    markers,
    path,
    polyline,
)
from figures.plots.options import CYCLE, Numbers, Spine, nth, style
from figures.plots.scales import Scale

#: What is drawn first lies below what is drawn later: areas, marks, lines, words.
AREA, MARK, CURVE, WORDS = range(4)


class Plane:
    """What is drawn in a plot, and its two scales."""

    def __init__(self, x: Scale, y: Scale) -> None:
        self.x, self.y = x, y
        self.title = self.xlabel = self.ylabel = ""
        self.spines = {
            side: Spine(side in ("left", "bottom")) for side in ("left", "bottom", "top", "right")
        }
        self.shown = True
        self.equal = False
        self.tells_x = self.tells_y = True  # do the ticks have their numbers?
        self.box = Box(0, 0, 100, 100)
        self.drawn: list[tuple[int, Callable[[], str]]] = []
        self.words: list[Words] = []
        self.colors = 0

    def draw(self, layer: int, what: Callable[[], str], first: bool = False) -> None:
        self.drawn.insert(0 if first else len(self.drawn), (layer, what))

    def see(self, xs: Iterable[float], ys: Iterable[float]) -> None:
        self.x.see(xs)
        self.y.see(ys)

    def next_color(self) -> str:
        self.colors += 1
        return CYCLE[(self.colors - 1) % len(CYCLE)]

    def at(self, x: float, y: float) -> Point:
        """Where a point of the plot is on the paper."""
        return (self.box.left + self.x.place(x) * self.box.width,
                self.box.bottom - self.y.place(y) * self.box.height)

    def line_on_paper(self, line: Iterable[Point]) -> list[Point]:
        return [self.at(x, y) for x, y in line]

    def line(self, xs: Numbers, ys: Numbers, pen: Pen) -> None:
        points = list(zip(xs, ys, strict=True))
        self.draw(CURVE, lambda: polyline(clipped_line(self.line_on_paper(points), self.box), pen))

    def marks(
        self,
        xs: Numbers,
        ys: Numbers,
        shape: str,
        sizes: Numbers,
        face: str,
        pen: Pen,
        layer: int = CURVE,
    ) -> None:
        points = list(zip(xs, ys, strict=True))
        markers(shape, [], face, pen)  # an unknown shape is told of where it is asked for
        self.draw(
            layer,
            lambda: markers(
                shape,
                [
                    (*self.at(x, y), nth(sizes, k))
                    for k, (x, y) in enumerate(points)
                    if self.box.holds(self.at(x, y))
                ],
                face,
                pen,
            ),
        )

    def area(self, what: str, borders: list[list[Point]], styled: dict[str, Any]) -> None:
        found = style(
            what, styled, color=None, facecolor=None, edgecolor="none", linewidth=0.8, alpha=1.0
        )
        color = found["color"] or found["facecolor"] or self.next_color()
        for border in borders:
            self.see(*zip(*border, strict=True))
        edge = found["edgecolor"] if found["linewidth"] else "none"
        inside = attributes(
            fill=color,
            stroke=edge,
            stroke_width=found["linewidth"] if edge != "none" else None,
            opacity=found["alpha"],
            fill_rule="evenodd",
        )
        self.draw(
            AREA,
            lambda: path(
                [clipped_area(self.line_on_paper(border), self.box) for border in borders],
                inside,
                closed=True,
            ),
        )

    def add_words(self, words: Words) -> None:
        self.words.append(words)
        self.draw(WORDS, lambda: words.draw(self.at(words.x, words.y)) if words.text else "")
