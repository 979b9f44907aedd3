"""Drawing code that the chapters' cells share: one palette, one style of plot."""

from __future__ import annotations

from figures.palette import (
    ACCENT,
    CODE_PAPER,
    DATA,
    FAINT,
    FOURTH,
    GRAD,
    INK,
    PAPER,
    RULE,
    THIRD,
)
from figures.plots.figure import TEXT, WIDE, Rectangle, figure, label

__all__ = [
    "ACCENT", "CODE_PAPER", "DATA", "FAINT", "FOURTH", "GRAD", "INK", "PAPER", "RULE", "THIRD",
    "TEXT", "WIDE", "Rectangle", "figure", "label",
]
