"""How plots are told what to do: names of options, short forms,
and what to do instead of what they do not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from figures.palette import DATA, FOURTH, GRAD, INK, THIRD
from figures.plots.scales import Scale

CYCLE = (DATA, GRAD, THIRD, FOURTH)
SHORT = {
    "lw": "linewidth",
    "ls": "linestyle",
    "c": "color",
    "ms": "markersize",
    "mfc": "markerfacecolor",
    "linewidths": "linewidth",
    "linestyles": "linestyle",
    "edgecolors": "edgecolor",
    "facecolors": "facecolor",
    "colors": "color",
    "horizontalalignment": "ha",
    "verticalalignment": "va",
    "size": "fontsize",
    "weight": "fontweight",
}
REMEDIES = {
    "legend": "write the words beside the curve: label(ax, x, y, 'words', color)",
    "label": "write the words beside the curve: label(ax, x, y, 'words', color)",
    "imshow": "draw a square for each number: ax.scatter(xs, ys, marker='s', s=…)",
    "pcolormesh": "draw the regions: ax.contourf(xs, ys, heights, levels=[…], colors=[…])",
    "grid": "draw the lines that matter: ax.axhline(y), ax.axvline(x)",
    "cmap": "give each group of points a scatter of its own, with its color",
    "errorbar": "draw a line from end to end for each: ax.plot([x, x], [low, high])",
    "twinx": "make two plots side by side: figure(ncols=2)",
    "zorder": "what is drawn later lies above; draw in that order",
}
ELSEWHERE = "the book's plots do without; in the notebook you can use matplotlib for it"

Numbers = Sequence[float]


def style(what: str, given: dict[str, Any], **usual: Any) -> dict[str, Any]:
    """What is given, under its long names, over what is usual."""
    named = {SHORT.get(name, name): value for name, value in given.items()}
    for name in named:
        if name not in usual:
            remedy = REMEDIES.get(name, f"it takes {', '.join(usual)}")
            raise TypeError(f"{what}() has no {name!r}: {remedy}")
    return usual | named


@dataclass
class Rectangle:
    """A rectangle in the plot's numbers; `ax.add_patch` draws it."""

    xy: tuple[float, float]
    width: float
    height: float
    facecolor: str = DATA
    edgecolor: str = "none"
    linewidth: float = 0.8
    alpha: float = 1.0

    def corners(self) -> list[tuple[float, float]]:
        (x, y), w, h = self.xy, self.width, self.height
        return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


@dataclass
class Spine:
    """The line at one side of a plot."""

    visible: bool

    def set_visible(self, visible: bool) -> None:
        self.visible = visible


def listed(values: Any) -> list[float]:
    """Numbers as a list; one number is a list of one."""
    return [float(value) for value in values] if isinstance(values, Iterable) else [float(values)]


def same_length(what: str, xs: Numbers, ys: Numbers) -> None:
    if len(xs) != len(ys):
        raise ValueError(f"{what}(): {len(xs)} numbers across and {len(ys)} up; a point needs both")


def nth(values: Any, index: int) -> Any:
    """One of a list, in turn; what is no list counts for all."""
    return (
        values
        if isinstance(values, str) or not isinstance(values, Sequence)
        else values[index % len(values)]
    )


def between(heights: Sequence[Numbers]) -> list[float]:
    """Some levels, where none are asked for."""
    scale = Scale()
    scale.see(height for row in heights for height in row)
    return [tick.value for tick in scale.ticks(7)]


LETTERS = {"k": INK, "b": DATA, "r": GRAD, "m": THIRD, "y": FOURTH}


def formatted(form: str) -> tuple[str, str, str]:
    """A format such as 'o--' or 'r:' as color, marker and line."""
    rest, line = form, ""
    for kind in ("--", "-.", "-", ":"):
        if kind in rest:
            rest, line = rest.replace(kind, "", 1), kind
            break
    color = next((letter for letter in rest if letter in LETTERS), "")
    marker = rest.replace(color, "", 1) if color else rest
    if len(marker) > 1:
        raise ValueError(
            f"the format {form!r}: a marker such as 'o' and a line such as '--', or one of them"
        )
    return LETTERS.get(color, ""), marker, line or ("" if marker else "-")


def limit(scale: Scale, low: Any, high: Any) -> None:
    if isinstance(low, Iterable):
        low, high = low
    scale.low = scale.low if low is None else float(low)
    scale.high = scale.high if high is None else float(high)
    if scale.log and any(end is not None and end <= 0 for end in (scale.low, scale.high)):
        raise ValueError("a logarithmic scale has no place for 0 or less")


def logarithmic(kind: str) -> bool:
    if kind not in ("log", "linear"):
        raise ValueError(f"a scale is 'linear' or 'log', not {kind!r}")
    return kind == "log"
