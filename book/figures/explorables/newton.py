"""Newton's step: the parabola that agrees in slope and bend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from figures.explorables.explorable import Explorable, short
from figures.explorables.sheet import Sheet, between
from figures.palette import DATA, GRAD, THIRD


def newton(
    value: Callable[[float], Any],
    curves: dict[str, Callable[[Any], Any]],
    question: str,
    caption: str = "",
    at: float = 0.9,
) -> Explorable:
    """A curve, the parabola that agrees with it in slope and bend, and the step to where that one
    is level.

    Args:
        value: what makes a number a `Value`.
        curves: under the names that the script knows; the picture shows the first.
        question, caption: the words around it.
        at: where the step begins, in the picture.
    """
    def known(f: Callable[[Any], Any], place: float) -> list[float]:
        x = value(place)
        y = f(x)
        slope, = y.gradients([x])
        bend, = slope.gradients([x])
        return [y.data, slope.data, bend.data]

    places = [-2.5, -1.0, -0.4, 0.0, 0.3, at, 2.0]
    sheet = Sheet((-3, 3), (-0.6, 3), "x", "f", range(-3, 4), range(4))
    first = next(iter(curves.values()))
    height, slope, bend = known(first, at)
    sheet.line([(x, known(first, x)[0]) for x in between(*sheet.x, 121)], DATA)
    parabola = [
        (x, height + slope * (x - at) + bend * (x - at) ** 2 / 2) for x in between(*sheet.x, 121)
    ]
    sheet.line([(x, y) for x, y in parabola if -0.6 <= y <= 3], THIRD, 1.4, "5 4")
    there = at - slope / bend
    sheet.dot(at, height, DATA)
    sheet.dot(there, known(first, there)[0], GRAD)
    record = {"frame": sheet.frame, "at": at, "places": places,
              "curves": {name: [known(f, place) for place in places] for name, f in curves.items()}}
    return Explorable(
        "newton",
        question,
        sheet.svg(),
        f"A curve with its lowest place at 0, and a parabola that touches it at {short(at)}. "
        f"The parabola is level at {short(there)}, and there the step leads.",
        record,
        caption,
    )
