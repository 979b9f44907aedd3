"""A curve, and a second point that moves in on the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from figures.explorables.explorable import Explorable, short
from figures.explorables.sheet import Sheet, between
from figures.palette import DATA, GRAD


def secant(
    f: Callable[[float], float], powers: Sequence[float], slope: Callable[[float, float], float],
    question: str, caption: str = "", at: float = 3.0, h: float = 1.0,
) -> Explorable:
    """A curve, a point on it, and a second one that can be moved in.

    Args:
        f: the curve.
        powers: what stands before 1, x, x², … in it, for the script.
        slope: the chapter's slope of a secant, from x and h.
        question, caption: the words around it.
        at, h: the first point, and how far off the second is, in the picture.
    """
    sheet = Sheet((-3.2, 5.2), (-12, 64), "x", "f", range(-3, 6), (0, 20, 40, 60))
    places, nudges = [-1.0, 0.0, 1.0, at], [2.0, 1.0, 0.1, 0.01, 0.001, -0.001, -0.1, -2.0]
    m = slope(at, h)
    sheet.line([(x, f(x)) for x in between(*sheet.x, 85) if f(x) <= sheet.y[1]], DATA)
    sheet.line([(x, f(at) + m * (x - at)) for x in (at - 1.7, at + 2)], GRAD)
    sheet.dot(at, f(at), GRAD)
    sheet.dot(at + h, f(at + h), GRAD)
    record = {
        "frame": sheet.frame,
        "powers": list(powers),
        "at": at,
        "h": h,
        "places": places,
        "nudges": nudges,
        "heights": [f(x) for x in places],
        "slopes": [[slope(x, n) for n in nudges] for x in places],
    }
    return Explorable(
        "secant",
        question,
        sheet.svg(),
        f"A parabola, and a straight line through its points at {short(at)} and {short(at + h)}. "
        f"The line's slope is {short(m)}.",
        record,
        caption,
    )
