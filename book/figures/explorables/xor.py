"""Four corners, and a net that tells them apart or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from figures.explorables.explorable import Explorable
from figures.explorables.sheet import Sheet
from figures.palette import GRAD

CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


def xor(
    nets: dict[str, Any],
    weights: Sequence[float],
    error: Callable[[Any], Any],
    question: str,
    caption: str = "",
) -> Explorable:
    """Nine weights, an activation, and where the net they make says yes.

    Args:
        nets: for each activation an `MLP(2, [2, 1])`; their parameters are written over.
        weights: the nine numbers, in the order of `parameters`.
        error: how wrong a net is about XOR.
        question, caption: the words around it.
    """
    places = [*CORNERS, (0.25, 0.8), (1.3, -0.4)]
    sheet = Sheet((-0.5, 1.5), (-0.5, 1.5), "x1", "x2", (0, 1), (0, 1), width=340, height=340)
    cases = {}
    for activation, net in nets.items():
        for p, x in zip(net.parameters(), weights, strict=True):
            p.data = x
        cases[activation] = {
            "says": [float(net(place).data) for place in places],
            "error": float(error(net).data),
        }
    first = next(iter(nets.values()))
    sheet.region(lambda x, y: float(first((x, y)).data), 0.5)
    for x, y in CORNERS:
        sheet.dot(x, y, GRAD, 6, x != y)
    return Explorable(
        "xor",
        question,
        sheet.svg(),
        "A square with its four corners, opposite ones alike. A band across it, where the net says "
        "more than a half, holds the filled corners, (0, 1) and (1, 0), "
        "and leaves the others outside.",
        {
            "frame": sheet.frame,
            "weights": list(weights),
            "places": [list(p) for p in places],
            "cases": cases,
        },
        caption,
    )
