"""Plots in the book's style, as SVG: open axes, words beside the curves, text at caption size.

    fig, ax = figure()
    ax.plot(xs, ys, color=DATA)
    label(ax, xs[-1], ys[-1], "tanh", DATA)

Plain Python: the same picture is drawn on every machine and in the reader's browser.  All
lengths on paper are points; a figure's width and height are inches.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from figures.palette import INK
from figures.plots.axes import Axes
from figures.plots.marks import SIZE, Box, attributes, number
from figures.plots.options import Rectangle
from figures.plots.scales import Scale

__all__ = ["TEXT", "WIDE", "Axes", "Figure", "Rectangle", "figure", "label", "show"]

#: Inches: the text's width, and the text's with the margin's.
TEXT, WIDE = 7.0, 9.6
PAD = 3.0  # around everything


class Grid(list[Any]):
    """The plots of a figure, in rows."""

    @property
    def flat(self) -> Iterator[Axes]:
        for each in self:
            yield from each if isinstance(each, list) else (each,)


class Figure:
    """A sheet with one plot or several; a notebook shows it as SVG."""

    def __init__(self, width: float, height: float, rows: list[list[Axes]]) -> None:
        self.width, self.height, self.rows = width * 72, height * 72, rows

    def __repr__(self) -> str:
        return f"<Figure of {self.width / 72:g} by {self.height / 72:g} inches>"

    def arrange(self) -> Box:
        """Give every plot its place, so that nothing hangs out; the box around it all."""
        columns = list(zip(*self.rows, strict=True))
        left, right = [PAD] * len(columns), [PAD] * len(columns)
        top, bottom = [PAD] * len(self.rows), [PAD] * len(self.rows)
        for _ in range(8):  # what hangs out depends on the places: repeat until both agree
            width = max(10.0, (self.width - sum(left) - sum(right)) / len(columns))
            height = max(10.0, (self.height - sum(top) - sum(bottom)) / len(self.rows))
            y = 0.0
            for r, row in enumerate(self.rows):
                x, y = 0.0, y + top[r]
                for c, ax in enumerate(row):
                    x += left[c]
                    ax.lay(Box(x, y, x + width, y + height))
                    x += width + right[c]
                y += height + bottom[r]
            hang = {ax: (ax.box, ax.bounds()) for row in self.rows for ax in row}
            for c, column in enumerate(columns):
                left[c] = PAD + max(
                    box.left - all_.left for box, all_ in map(hang.__getitem__, column)
                )
                right[c] = PAD + max(
                    all_.right - box.right for box, all_ in map(hang.__getitem__, column)
                )
            for r, row in enumerate(self.rows):
                top[r] = PAD + max(box.top - all_.top for box, all_ in map(hang.__getitem__, row))
                bottom[r] = PAD + max(
                    all_.bottom - box.bottom for box, all_ in map(hang.__getitem__, row)
                )
        around = [bounds for _, bounds in hang.values()]
        whole = around[0]
        for bounds in around[1:]:
            whole = whole.with_(bounds)
        return whole.grown(PAD)

    def _repr_svg_(self) -> str:
        box = self.arrange()
        told = (
            ". ".join(text for row in self.rows for ax in row if (text := ax.told())) or "no words"
        )
        root = attributes(
            xmlns="http://www.w3.org/2000/svg",
            viewBox=" ".join(map(number, (box.left, box.top, box.width, box.height))),
            width=f"{number(box.width)}pt",
            height=f"{number(box.height)}pt",
            font_family="DejaVu Sans Mono, Source Code Pro, Menlo, Consolas, monospace",
            font_size=SIZE,
            role="img",
            aria_label=f"A plot: {told}",
        )
        inside = "\n".join(ax.svg() for row in self.rows for ax in row)
        return f"<svg{root}>\n{inside}\n</svg>\n"


def figure(
    width: float = 5.0,
    height: float = 2.6,
    nrows: int = 1,
    ncols: int = 1,
    sharex: bool = False,
    sharey: bool = False,
) -> tuple[Figure, Any]:
    """A figure of that many inches and its axes: one, a row or a column of them, or rows in
    `axes.flat`.

    Five inches is what still fits on a phone without scrolling.
    """
    x, y = Scale(), Scale()
    rows = [
        [Axes(x if sharex else Scale(), y if sharey else Scale()) for _ in range(ncols)]
        for _ in range(nrows)
    ]
    for r, row in enumerate(rows):
        for c, ax in enumerate(row):
            ax.tells_x, ax.tells_y = not sharex or r == nrows - 1, not sharey or c == 0
    made = Figure(width, height, rows)
    waiting.append(made)
    follow_cells()
    if nrows == 1 or ncols == 1:
        flat = Grid(ax for row in rows for ax in row)
        return made, flat[0] if len(flat) == 1 else flat
    return made, Grid(rows)


def label(
    ax: Axes, x: float, y: float, text: str, color: str = INK, *,
    dx: float = 6, dy: float = 0, ha: str = "left", va: str = "center",
) -> None:
    """Words beside a point of the plot, `dx` and `dy` points away: better than a legend."""
    ax.annotate(
        text, (x, y), xytext=(dx, dy), textcoords="offset points", color=color, ha=ha, va=va
    )


# Figures are shown after the cell that made them

waiting: list[Figure] = []
MOST = 100


def show(display: Callable[[Any], object] | None = None) -> None:
    """Show the figures that wait; in a notebook this happens by itself after each cell."""
    if display is None:
        display = importlib.import_module("IPython.display").display
    made, waiting[:] = waiting[:], []
    for each in made:
        display(each)


def follow_cells() -> None:
    """Have the notebook, if there is one, call `show` after each cell."""
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None:
        del waiting[:-MOST]  # perhaps nobody is going to show them
    elif getattr(shell, "figures_shown_by", None) is not show:
        shell.figures_shown_by = show
        shell.events.register("post_execute", show)
