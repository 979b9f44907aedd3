"""What stands around a plot: the lines at its sides, ticks with their numbers, and names."""

from __future__ import annotations

import math

from figures.palette import FAINT, INK
from figures.plots.marks import LINE, SIZE, SMALL, Words, attributes, number
from figures.plots.plane import Plane
from figures.plots.scales import Tick

TICK, MINOR, GAP = 3.0, 2.0, 3.5  # how long ticks are, and how far from their text


def frame(ax: Plane) -> tuple[list[str], list[Words]]:
    """The lines around a plot, drawn, and the words, with their places on paper."""
    box = ax.box
    lines: list[str] = []
    words: list[Words] = []
    if ax.title:
        words.append(
            Words(
                ax.title, (box.left + box.right) / 2, box.top - GAP - TICK, INK, "center", "bottom"
            )
        )
    if not ax.shown:
        return lines, words
    sides = {
        "left": (box.left, box.top, box.left, box.bottom),
        "bottom": (box.left, box.bottom, box.right, box.bottom),
        "right": (box.right, box.top, box.right, box.bottom),
        "top": (box.left, box.top, box.right, box.top),
    }
    lines += [straight([sides[side]], FAINT) for side, spine in ax.spines.items() if spine.visible]
    across = [(tick, ax.at(tick.value, 1)[0]) for tick in x_ticks(ax)]
    up = [(tick, ax.at(1, tick.value)[1]) for tick in y_ticks(ax)]
    lines.append(
        straight([(x, box.bottom, x, box.bottom + length(tick)) for tick, x in across], FAINT)
    )
    lines.append(straight([(box.left - length(tick), y, box.left, y) for tick, y in up], FAINT))

    below = box.bottom + GAP + TICK * bool(across)
    if ax.tells_x and (told := [(tick, x) for tick, x in across if tick.text]):
        words += [
            Words(t.text, x, below, FAINT, "center", "top", SMALL, power=t.power) for t, x in told
        ]
        below += GAP + SMALL * LINE * max(tick.text.count("\n") + 1 for tick, _ in told)
    words.append(Words(ax.xlabel, (box.left + box.right) / 2, below, FAINT, "center", "top"))

    beside = box.left - GAP - TICK * bool(up)
    if ax.tells_y and (told := [(tick, y) for tick, y in up if tick.text]):
        words += [
            Words(t.text, beside, y, FAINT, "right", "center", SMALL, power=t.power)
            for t, y in told
        ]
        beside -= GAP + max(width(tick) for tick, _ in told)
    middle = (box.top + box.bottom) / 2
    words.append(
        Words(ax.ylabel, beside - SIZE / 2, middle, FAINT, "center", "center", rotation=90.0)
    )
    return lines, [each for each in words if each.text]


def x_ticks(ax: Plane) -> list[Tick]:
    """As many as have room for their numbers beside one another."""
    most = min(9, max(2, int(ax.box.width / (3 * SMALL))))
    ticks = ax.x.ticks(most)
    while most > 2 and room(ticks) > ax.box.width + SMALL:
        most -= 1
        ticks = ax.x.ticks(most)
    crowded = 1 if ax.x.chosen else math.ceil(room(ticks) / (ax.box.width + SMALL))
    return [tick for n, tick in enumerate(ticks) if tick.minor or n % crowded == 0]


def room(ticks: list[Tick]) -> float:
    """How much room the numbers take, beside one another."""
    return sum(width(tick) + SMALL for tick in ticks if tick.text)


def y_ticks(ax: Plane) -> list[Tick]:
    """As many as have room for their numbers above one another."""
    return ax.y.ticks(min(9, max(2, int(ax.box.height / (2 * SMALL)))))


def length(tick: Tick) -> float:
    return MINOR if tick.minor else TICK


def width(tick: Tick) -> float:
    return Words(tick.text, 0, 0, fontsize=SMALL, power=tick.power).width()


def straight(lines: list[tuple[float, float, float, float]], color: str) -> str:
    """Straight lines, all in one path."""
    d = "".join(f"M{number(x0)} {number(y0)}L{number(x1)} {number(y1)}" for x0, y0, x1, y1 in lines)
    return f"<path{attributes(d=d, fill='none', stroke=color, stroke_width=0.7)}/>" if d else ""
