"""Scores, and the shares that they come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from figures.explorables.explorable import Explorable, short
from figures.explorables.sheet import Sheet
from figures.palette import DATA, GRAD


def shares(
    value: Callable[[float], Any],
    softmax: Callable[[list[Any]], list[Any]], cross_entropy: Callable[[list[Any], int], Any],
    scores: Sequence[float], question: str, caption: str = "", right: int = 0,
) -> Explorable:
    """Scores, the shares they come to, and what the loss sends back to each.

    Args:
        value: what makes a number a `Value`.
        softmax, cross_entropy: the chapter's.
        scores: at first.
        question, caption: the words around it.
        right: the number of the right class, at first.
    """
    cases = []
    far = [30.0, -30.0] + [0.5] * (len(scores) - 2)
    for numbers, label in ((list(scores), right), ([s / 2 for s in scores], right), (far, 1)):
        made = [value(x) for x in numbers]
        loss = cross_entropy(made, label)
        loss.backward()
        cases.append(
            {
                "scores": numbers,
                "right": label,
                "loss": loss.data,
                "grads": [s.grad for s in made],
                "shares": [p.data for p in softmax([value(x) for x in numbers])],
            }
        )
    count = len(scores)
    sheet = Sheet((-0.6, count - 0.4), (-1.05, 1.05), "class", "share, and its gradient",
                  range(count), (-1, -0.5, 0, 0.5, 1))
    for i, (p, g) in enumerate(zip(cases[0]["shares"], cases[0]["grads"], strict=True)):
        sheet.line([(i - 0.15, 0), (i - 0.15, p)], DATA, 22)
        sheet.line([(i + 0.15, 0), (i + 0.15, g)], GRAD, 22)
    listed = "; ".join(
        f"class {i}: share {short(p)}, gradient {short(g)}"
        for i, (p, g) in enumerate(zip(cases[0]["shares"], cases[0]["grads"], strict=True))
    )
    return Explorable("shares", question, sheet.svg(), f"Two bars for each class. {listed}.",
                      {"frame": sheet.frame, "cases": cases}, caption)
