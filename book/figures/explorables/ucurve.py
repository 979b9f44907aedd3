"""The error of a measured slope, by the size of the nudge."""

from __future__ import annotations

import math
from collections.abc import Callable

from figures.explorables.explorable import Explorable
from figures.explorables.sheet import Sheet
from figures.palette import DATA, FAINT, GRAD


def ucurve(
    one_sided: Callable[..., float], central: Callable[..., float], f: Callable[[float], float],
    question: str, caption: str = "", at: float = 0.9,
) -> Explorable:
    """The mistake of a measured slope of the cube, at every size of the nudge.

    Args:
        one_sided, central: the chapter's two ways of measuring, from f, x and h.
        f: the cube.
        question, caption: the words around it.
        at: the place.
    """
    nudges = [10.0 ** (-k / 8) for k in range(8, 121)]
    slopes = {
        "ahead": [one_sided(f, at, h) for h in nudges],
        "both": [central(f, at, h) for h in nudges],
    }
    powers = range(-15, 0, 2)
    sheet = Sheet(
        (-15, -1),
        (-14, 1),
        "nudge h",
        "mistake",
        [(k, f"1e−{-k}") for k in powers if k < -1],
        [(k, f"1e{k}".replace("-", "−")) for k in (-12, -8, -4)] + [(0, "1")],
    )
    for name, color in (("ahead", GRAD), ("both", DATA)):
        wrong = [
            (math.log10(h), abs(m - 3 * at * at)) for h, m in zip(nudges, slopes[name], strict=True)
        ]
        sheet.line([(x, max(-14, math.log10(e))) for x, e in wrong if e], color, 1.4)
    sheet.words(-4.4, -2.6, "ahead", GRAD, "end")
    sheet.words(-4.0, -9.6, "both ways", DATA)
    sheet.line([(-15, -1), (-2, -14)], FAINT, 1, "2 4")
    sheet.words(-3.6, -13.6, "rounding", FAINT, "end")
    return Explorable(
        "ucurve",
        question,
        sheet.svg(),
        "Two curves in the shape of a U, on logarithmic axes. "
        "The mistake of looking ahead is least "
        "near a nudge of 1e-8, that of looking both ways near 1e-5 and much smaller; "
        "to the left both rise, in jumps.",
        {"frame": sheet.frame, "at": at, "nudges": nudges, "slopes": slopes},
        caption,
    )
