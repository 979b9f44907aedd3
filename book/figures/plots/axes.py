"""One plot: what is drawn in it, its scales, and the words around it.

The methods carry the names that they have in matplotlib, as far as the book needs them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from figures.palette import DATA, INK
from figures.plots import contours
from figures.plots.frame import frame
from figures.plots.levels import Level, Levels
from figures.plots.marks import (
    SIZE,
    SMALL,
    Box,
    Pen,
    Point,
    Words,
    arrow,
    polyline,
)
from figures.plots.options import (
    CYCLE,
    ELSEWHERE,
    REMEDIES,
    Numbers,
    Rectangle,
    between,
    formatted,
    limit,
    listed,
    logarithmic,
    nth,
    same_length,
    style,
)
from figures.plots.plane import CURVE, MARK, WORDS, Plane

#: How words stand and look, if nothing else is asked for.
LETTERS: dict[str, Any] = {
    "color": INK, "ha": "left", "va": "baseline", "fontsize": SIZE, "fontweight": "normal",
}  # fmt: skip


class Axes(Plane):
    """One plot, and what can be asked of it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"ax.{name} is not there: {REMEDIES.get(name, ELSEWHERE)}")

    # What can be drawn

    def plot(self, *given: Any, **styled: Any) -> None:
        """A curve through points: `plot(ys)`, `plot(xs, ys)`, each with a format such as 'o-'."""
        *data, form = given if given and isinstance(given[-1], str) else (*given, "")
        if len(data) not in (1, 2):
            raise TypeError(
                "plot(ys) or plot(xs, ys), and perhaps a format such as 'o-'; one curve at a time"
            )
        ys = listed(data[-1])
        xs = listed(data[0]) if len(data) == 2 else [float(i) for i in range(len(ys))]
        same_length("plot", xs, ys)
        color, marker, line = formatted(form)
        found = style(
            "plot",
            styled,
            color=color or self.next_color(),
            linewidth=1.6,
            linestyle=line,
            marker=marker,
            markersize=4.5,
            markerfacecolor=None,
            alpha=1.0,
        )
        self.see(xs, ys)
        if found["linestyle"] not in ("", "none", "None", None):
            self.line(
                xs, ys, Pen(found["color"], found["linewidth"], found["linestyle"], found["alpha"])
            )
        if found["marker"]:
            face = found["markerfacecolor"] or found["color"]
            pen = Pen(found["color"], 1.0, "-", found["alpha"])
            self.marks(xs, ys, found["marker"], [found["markersize"]], face, pen)

    def scatter(
        self, xs: Iterable[float], ys: Iterable[float], s: Any = 20.0, **styled: Any
    ) -> None:
        """Marks at points; `s` is the area of each in square points."""
        xs, ys = listed(xs), listed(ys)
        same_length("scatter", xs, ys)
        found = style(
            "scatter",
            styled,
            color=None,
            facecolor=None,
            edgecolor=None,
            marker="o",
            linewidth=0.0,
            alpha=1.0,
        )
        color = found["color"] or found["facecolor"] or self.next_color()
        if not isinstance(color, str):
            raise TypeError(f"scatter() takes one color: {REMEDIES['cmap']}")
        face, edge = found["facecolor"] or color, found["edgecolor"] or color
        sizes = [math.sqrt(area) for area in listed(s)]
        pen = Pen(edge, found["linewidth"], "-", found["alpha"])
        self.see(xs, ys)
        self.marks(xs, ys, found["marker"], sizes, face, pen, MARK)

    def loglog(self, *given: Any, **styled: Any) -> None:
        """As `plot`, both scales logarithmic."""
        self.set(xscale="log", yscale="log")
        self.plot(*given, **styled)

    def axhline(self, y: float = 0.0, **styled: Any) -> None:
        """A level line from side to side."""
        pen = Pen(**style("axhline", styled, color=DATA, linewidth=1.6, linestyle="-", alpha=1.0))
        self.y.see([y])
        self.draw(
            CURVE,
            lambda: polyline([self.box.level(self.at(0, y)[1])] if self.y.shows(y) else [], pen),
        )

    def axvline(self, x: float = 0.0, **styled: Any) -> None:
        """An upright line from bottom to top."""
        pen = Pen(**style("axvline", styled, color=DATA, linewidth=1.6, linestyle="-", alpha=1.0))
        self.x.see([x])
        self.draw(
            CURVE,
            lambda: polyline([self.box.upright(self.at(x, 0)[0])] if self.x.shows(x) else [], pen),
        )

    def fill(self, xs: Iterable[float], ys: Iterable[float], **styled: Any) -> None:
        """The area inside a line."""
        xs, ys = listed(xs), listed(ys)
        same_length("fill", xs, ys)
        self.area("fill", [list(zip(xs, ys, strict=True))], styled)

    def add_patch(self, patch: Rectangle) -> None:
        """Draw a Rectangle((x, y), width, height)."""
        if not isinstance(patch, Rectangle):
            raise TypeError(
                "add_patch() draws a Rectangle of figures; for another shape give its corners to "
                "ax.fill"
            )
        styled = {
            name: getattr(patch, name) for name in ("facecolor", "edgecolor", "linewidth", "alpha")
        }
        self.area("add_patch", [patch.corners()], styled)

    def bar(
        self,
        xs: Iterable[float],
        heights: Any,
        width: float = 0.8,
        bottom: float = 0.0,
        **styled: Any,
    ) -> None:
        """A bar over each x."""
        xs = listed(xs)
        tops = listed(heights) if isinstance(heights, Iterable) else [float(heights)] * len(xs)
        same_length("bar", xs, tops)
        self.y.sticky.add(bottom)
        bars = [
            Rectangle((x - width / 2, bottom), width, top) for x, top in zip(xs, tops, strict=True)
        ]
        self.area("bar", [bar.corners() for bar in bars], styled)

    def hist(self, values: Iterable[float], bins: Any = 10, **styled: Any) -> None:
        """How many of the values lie in each of the bins: a number of them, or their borders."""
        found = [value for value in listed(values) if math.isfinite(value)]
        if isinstance(bins, int):
            low, high = (min(found), max(found)) if found else (0.0, 1.0)
            low, high = (low, high) if low < high else (low - 0.5, high + 0.5)
            bins = [low + (high - low) * k / bins for k in range(bins + 1)]
        edges = listed(bins)
        counts = [sum(a <= value < b or value == b == edges[-1] for value in found)
                  for a, b in zip(edges, edges[1:], strict=False)]
        self.y.sticky.add(0.0)
        bars = [
            Rectangle((a, 0.0), b - a, count)
            for a, b, count in zip(edges, edges[1:], counts, strict=False)
        ]
        self.area("hist", [bar.corners() for bar in bars], styled)

    def contour(
        self, xs: Iterable[float], ys: Iterable[float], heights: Sequence[Numbers], **styled: Any
    ) -> Levels:
        """Lines of equal height; heights[j][i] is the height over xs[i], ys[j]."""
        xs, ys = listed(xs), listed(ys)
        found = style(
            "contour", styled, levels=None, color=DATA, linewidth=1.6, linestyle="-", alpha=1.0
        )
        levels = listed(found["levels"]) if found["levels"] is not None else between(heights)
        self.see(xs, ys)
        self.x.margin = self.y.margin = 0.0
        made = Levels([])
        for k, level in enumerate(levels):
            color, width, dash = (
                nth(found[name], k) for name in ("color", "linewidth", "linestyle")
            )
            pen = Pen(color, width, dash, found["alpha"])
            made.lines.append(Level(level, contours.lines(xs, ys, heights, level), pen))
            self.draw(CURVE, partial(made.lines[-1].draw, self))
        return made

    def contourf(
        self, xs: Iterable[float], ys: Iterable[float], heights: Sequence[Numbers], **styled: Any
    ) -> None:
        """The regions between one level and the next, each in its color."""
        xs, ys = listed(xs), listed(ys)
        found = style("contourf", styled, levels=(), color=CYCLE, alpha=1.0)
        levels = listed(found["levels"])
        if len(levels) < 2:
            raise TypeError("contourf() needs levels=[low, high] or more of them")
        self.see(xs, ys)
        self.x.margin = self.y.margin = 0.0
        for k, (low, high) in enumerate(zip(levels, levels[1:], strict=False)):
            borders = contours.regions(xs, ys, heights, low, high)
            self.area(
                "contourf",
                borders,
                {"color": nth(found["color"], k), "alpha": found["alpha"], "linewidth": 0},
            )

    def clabel(
        self, lines: Levels, fmt: str = "%g", fontsize: float = SMALL, manual: Iterable[Point] = ()
    ) -> None:
        """Write the level on its line,
        at the point of a line that is nearest to each place of `manual`.
        """
        for spot in list(manual):
            self.draw(CURVE, partial(lines.make_room, self, spot, fmt, fontsize), first=True)
            self.draw(WORDS, partial(lines.write, self, spot, fmt, fontsize))

    def text(self, x: float, y: float, text: str, **styled: Any) -> None:
        """Words at a place of the plot."""
        self.add_words(Words(text, x, y, **style("text", styled, **LETTERS, rotation=0.0)))

    def annotate(self, text: str, xy: Point, xytext: Point | None = None, **styled: Any) -> None:
        """Words beside a point, or an arrow to it from `xytext`."""
        more = {"textcoords": "data", "arrowprops": None, "annotation_clip": False}
        found = style("annotate", styled, **LETTERS, **more)
        end = xytext if xytext is not None else xy
        words = {name: found[name] for name in LETTERS}
        if found["textcoords"] == "offset points":
            self.add_words(Words(text, *xy, **words, dx=end[0], dy=end[1]))
        elif text:
            self.add_words(Words(text, *end, **words))
        if found["arrowprops"] is not None and found["textcoords"] == "data":
            props = style(
                "arrowprops", found["arrowprops"], arrowstyle="->", color=INK, linewidth=0.8
            )
            pen = Pen(props["color"], props["linewidth"])
            self.see([xy[0], end[0]], [xy[1], end[1]])
            self.draw(WORDS, lambda: arrow(self.at(*end), self.at(*xy), pen))

    # How it is set

    def set(self, **settings: Any) -> None:
        """Several settings at once: set(xlabel='step', ylim=(0, None), yscale='log')."""
        for name in sorted(settings, key=lambda name: name.endswith("ticklabels")):
            getattr(self, f"set_{name}")(settings[name])

    def set_title(self, text: str) -> None:
        self.title = text

    def set_xlabel(self, text: str) -> None:
        self.xlabel = text

    def set_ylabel(self, text: str) -> None:
        self.ylabel = text

    def set_xlim(self, low: Any = None, high: Any = None) -> None:
        limit(self.x, low, high)

    def set_ylim(self, low: Any = None, high: Any = None) -> None:
        limit(self.y, low, high)

    def set_xscale(self, kind: str) -> None:
        self.x.log = logarithmic(kind)

    def set_yscale(self, kind: str) -> None:
        self.y.log = logarithmic(kind)

    def set_xticks(self, ticks: Iterable[float], labels: Iterable[str] | None = None) -> None:
        self.x.chosen, self.x.names = listed(ticks), None if labels is None else list(labels)

    def set_yticks(self, ticks: Iterable[float], labels: Iterable[str] | None = None) -> None:
        self.y.chosen, self.y.names = listed(ticks), None if labels is None else list(labels)

    def set_xticklabels(self, labels: Iterable[str]) -> None:
        self.x.names = list(labels)

    def set_yticklabels(self, labels: Iterable[str]) -> None:
        self.y.names = list(labels)

    def set_aspect(self, aspect: str) -> None:
        """'equal': a step across is as long as a step up."""
        if aspect not in ("equal", "auto"):
            raise ValueError(f"the aspect is 'equal' or 'auto', not {aspect!r}")
        self.equal = aspect == "equal"

    def axis(self, what: str) -> None:
        """'off' shows what is drawn alone, 'on' the axes again; 'equal' as `set_aspect`."""
        if what not in ("off", "on", "equal"):
            raise ValueError(f"axis('off'), axis('on') or axis('equal'), not {what!r}")
        self.shown = self.shown if what == "equal" else what == "on"
        self.equal = self.equal or what == "equal"

    # Its place

    def bounds(self) -> Box:
        """The box with all that hangs out of it."""
        found = self.box
        for words in frame(self)[1]:
            found = found.with_(words.bounds((words.x, words.y)))
        for words in self.words:
            found = found.with_(words.bounds(self.at(words.x, words.y)))
        return found

    def lay(self, cell: Box) -> None:
        """Take up a place on the paper."""
        self.box = cell
        if self.equal:
            (x0, x1), (y0, y1) = self.x.limits(), self.y.limits()
            unit = min(cell.width / (abs(x1 - x0) or 1), cell.height / (abs(y1 - y0) or 1))
            self.box = cell.middle(unit * abs(x1 - x0), unit * abs(y1 - y0))

    def svg(self) -> str:
        lines, words = frame(self)
        inner = [(layer, text) for layer, draw in self.drawn if (text := draw())]
        inner.sort(key=lambda each: each[0])
        around = [*lines, *(each.draw((each.x, each.y)) for each in words)]
        below = [text for layer, text in inner if layer < CURVE]
        above = [text for layer, text in inner if layer >= CURVE]
        return "\n".join(text for text in (*below, *around, *above) if text)

    def told(self) -> str:
        """The plot in words, for who can't see it."""
        axes = (
            f"{self.ylabel} against {self.xlabel}"
            if self.xlabel and self.ylabel
            else self.ylabel or self.xlabel
        )
        return "; ".join(
            " ".join(text.split())
            for text in (self.title, axes, *(w.text for w in self.words))
            if text
        )
