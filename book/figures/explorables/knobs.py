"""Inputs as knobs, and what a turn of each does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from figures.explorables.explorable import Explorable, short
from figures.explorables.sheet import Sheet
from figures.palette import ACCENT, INK, THIRD

#: a * b + c, for the script.
PRODUCT = [{"op": "", "args": []}] * 3 + [{"op": "*", "args": [0, 1]}, {"op": "+", "args": [3, 2]}]
#: A nudge that a float can hold exactly.
EXACT = 2.0 ** -10


def knobs(
    d: Callable[..., float], at: Sequence[float], question: str, caption: str = ""
) -> Explorable:
    """Three knobs, and what each of them does to d = a * b + c, the others held still.

    Args:
        d: the function.
        at: where the knobs stand at first.
        question, caption: the words around it.
    """
    def partials(place: Sequence[float]) -> list[float]:
        steps = [[x + EXACT * (k == i) for k, x in enumerate(place)] for i in range(3)]
        return [(d(*step) - d(*place)) / EXACT for step in steps]

    places = [list(at), [0.0, -3.0, 10.0], [-1.5, 4.0, 0.0]]
    sheet = Sheet(
        (-2, 2), (-11, 11), "turn of one knob", "change of d", range(-2, 3), range(-10, 11, 5)
    )
    slopes = partials(at)
    for name, slope, color in zip("abc", slopes, (ACCENT, THIRD, INK), strict=True):
        sheet.line([(t, slope * t) for t in sheet.x], color)
        sheet.words(1.55, slope * 1.55 + 0.6, name, color)
    record = {"frame": sheet.frame, "at": list(at), "nodes": PRODUCT, "cases": [
        {"at": place, "d": d(*place), "slopes": partials(place)} for place in places]}
    return Explorable(
        "knobs",
        question,
        sheet.svg(),
        "The change of d as one knob is turned: three straight lines through zero. "
        "Their slopes are "
        + ", ".join(f"{short(m)} for {name}" for name, m in zip("abc", slopes, strict=True))
        + ".",
        record,
        caption,
    )
