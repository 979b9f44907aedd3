"""Losses, and which way each wants a score to go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from figures.explorables.explorable import Explorable, short
from figures.explorables.sheet import Sheet, between
from figures.palette import DATA, GRAD, THIRD


def wishes(
    value: Callable[[float], Any],
    losses: dict[str, Callable[[Any], Any]],
    question: str,
    caption: str = "",
    start: float = -5.0,
    rate: float = 1.0,
    steps: int = 40,
    at: int = 5,
) -> Explorable:
    """A score that is wrong, and what several losses make of it, each by its own gradient.

    Args:
        value: what makes a number a `Value`.
        losses: under their names, what a score costs where yes is right.
        question, caption: the words around it.
        start, rate, steps: of the walk.
        at: the step that the picture shows.
    """
    paths: dict[str, list[float]] = {}
    costs: dict[str, list[float]] = {}
    sheet = Sheet((-6, 6), (-0.2, 8.0), "score", "loss", range(-6, 7, 2), range(0, 7, 2))
    for (name, loss_of), color in zip(losses.items(), (DATA, GRAD, THIRD), strict=True):
        score, paths[name], costs[name] = start, [], []
        for _ in range(steps + 1):
            s = value(score)
            loss = loss_of(s)
            loss.backward()
            paths[name].append(score)
            costs[name].append(loss.data)
            score -= rate * s.grad
        curve = [(x, float(loss_of(value(x)).data)) for x in between(*sheet.x, 121)]
        sheet.line([(x, y) for x, y in curve if y <= sheet.y[1]], color, 1.4)
        sheet.dot(paths[name][at], costs[name][at], color, 5)
    labels = list(zip((-5.9, -3.2, -5.9), (2.1, 4.7, 1.35), losses, strict=True))
    for (x, y, name), color in zip(labels, (DATA, GRAD, THIRD), strict=True):
        sheet.words(x, y, name, color)
    told = ", ".join(f"{name} at {short(path[at])}" for name, path in paths.items())
    record = {"frame": sheet.frame, "labels": labels, "start": start, "rate": rate, "step": at,
              "paths": paths, "costs": costs}
    return Explorable(
        "wishes",
        question,
        sheet.svg(),
        f"Curves of several losses over the score. Each has moved one and the same score, "
        f"{short(start)} at first, for {at} steps: {told}.",
        record,
        caption,
    )
