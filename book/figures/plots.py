"""Matplotlib in the book's style: open axes, words beside the curves, text at caption size.

    fig, ax = figure()
    ax.plot(xs, ys, color=DATA)
    label(ax, xs[-1], ys[-1], "tanh", DATA)
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from figures.palette import DATA, FAINT, FOURTH, GRAD, INK, RULE, THIRD

#: Inches: the text's width, and the text's with the margin's.
TEXT, WIDE = 7.0, 9.6

STYLE: dict[str, Any] = {
    # Text stays text: the page sets it in its own monospaced face, which is as wide as this one.
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans Mono",
    "font.size": 9.4,  # points: 12.5 pixels on the page
    "axes.titlesize": 9.4,
    "axes.labelsize": 9.4,
    "xtick.labelsize": 8.6,
    "ytick.labelsize": 8.6,
    "legend.fontsize": 9.4,
    # The same drawing is the same bytes.
    "svg.hashsalt": "micrograd",
    "savefig.transparent": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "text.color": INK,
    "axes.labelcolor": FAINT,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "lines.solid_capstyle": "round",
    "patch.linewidth": 0.8,
    "axes.prop_cycle": cycler(color=[DATA, GRAD, THIRD, FOURTH]),
    "axes.unicode_minus": True,
    "legend.frameon": False,
    "figure.dpi": 72,
    "savefig.bbox": "tight",
    "savefig.pad_inches": 0.04,
}


def use() -> None:
    """Take up the style, and draw as SVG where a notebook shows the figures."""
    plt.style.use(STYLE)
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    set_matplotlib_formats("svg", metadata={"Date": None, "Creator": None})  # type: ignore[no-untyped-call]


def figure(width: float = 5.0, height: float = 2.6, **options: Any) -> tuple[Figure, Any]:
    """A figure of that many inches and its axes; `options` as for `plt.subplots`.

    Five inches is what still fits on a phone without scrolling.
    """
    use()  # a notebook's own set-up may have come in between
    return plt.subplots(figsize=(width, height), layout="constrained", **options)


def label(
    ax: Axes, x: float, y: float, text: str, color: str = INK, *,
    dx: float = 6, dy: float = 0, ha: str = "left", va: str = "center",
) -> Annotation:
    """Words beside a point of the plot, `dx` and `dy` points away: better than a legend."""
    return ax.annotate(
        text, (x, y), xytext=(dx, dy), textcoords="offset points",
        color=color, ha=ha, va=va, annotation_clip=False,
    )


def cross(ax: Axes) -> None:
    """Axes through the origin, as one draws them by hand."""
    for side in ("left", "bottom"):
        ax.spines[side].set_position("zero")
        ax.spines[side].set_color(RULE)


use()
