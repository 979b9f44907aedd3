"""A walk downhill on a map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from figures.explorables.explorable import Explorable, short
from figures.explorables.sheet import Point, Sheet
from figures.palette import DATA, INK


def walker(
    value: Callable[[float], Any],
    loss: Callable[[Any, Any], Any],
    optimiser: Callable[[list[Any]], Any],
    question: str,
    caption: str = "",
    start: Point = (2.0, -1.0),
    rate: float = 0.1,
    momentum: float | None = None,
    steps: int = 30,
) -> Explorable:
    """The gate's loss as a map, and a walk on it with a chosen rate, start and momentum.

    Args:
        value: what makes a number a `Value`.
        loss: the gate's loss, from its two parameters.
        optimiser: what makes one that has that rate and momentum.
        question, caption: the words around it.
        start, rate, steps: of the walk in the picture.
        momentum: likewise; None leaves the reader no choice of it.
    """
    n4, n6 = value(start[0]), value(start[1])
    stepper, path = optimiser([n4, n6]), []
    for _ in range(steps + 1):
        now = loss(n4, n6)
        path.append([n4.data, n6.data, now.data])
        stepper.zero_grad()
        now.backward()
        stepper.step()
    sheet = Sheet((-0.8, 3.0), (-2.2, 1.2), "n4", "n6", (0, 1, 2, 3), (-2, -1, 0, 1), height=330)
    sheet.heights(
        lambda x, y: float(loss(value(x), value(y)).data),
        [1 / 16 + 0.02 * 2.2**i for i in range(9)],
    )
    sheet.line([(x, y) for x, y, _ in path], DATA, 1.4)
    for x, y, _ in path:
        sheet.dot(x, y, DATA, 2)
    sheet.words(0.5, -0.25, "+", INK, "middle")
    record = {
        "frame": sheet.frame,
        "start": list(start),
        "rate": rate,
        "momentum": momentum,
        "path": path,
    }
    return Explorable(
        "walker",
        question,
        sheet.svg(),
        "A map of a long narrow valley over n4 and n6, and a path of "
        f"{steps} steps from ({short(start[0])}, {short(start[1])}) to a loss of "
        f"{short(path[-1][2])}.",
        record,
        caption,
    )
