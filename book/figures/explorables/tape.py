"""A tape, and the walk back along it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from figures.explorables.explorable import Explorable
from figures.explorables.sheet import said
from figures.explorables.table import table


def tape(
    flat: Any, build: Callable[[], Sequence[tuple[str, Any]]], question: str, caption: str = ""
) -> Explorable:
    """A tape of the chapter's own, read backwards line by line.

    Args:
        flat: the class whose lists are the tape; it gets a tape of its own for this.
        build: makes the values; gives the name and the value of every line but the first, the last
            one being asked.
        question, caption: the words around it.
    """
    columns = ("data", "grad", "left", "right", "to_left", "to_right")
    kept = {name: getattr(flat, name) for name in columns}
    try:
        for name in columns:
            setattr(flat, name, [])
        flat(0.0)
        made = build()
        made[-1][1].backward()
        told = {name: getattr(flat, name) for name in columns}
    finally:
        for name, column in kept.items():
            setattr(flat, name, column)
    names = ["nothing", *(name for name, _ in made)]
    record = {"names": names, **told}
    sides = (("to_left", "left"), ("to_right", "right"))
    rows = [[str(i), name, said(told["data"][i]),
             *(f"{said(told[slope][i])}\u00a0→\u00a0{told[line][i]}" for slope, line in sides),
             said(told["grad"][i])] for i, name in enumerate(names)]
    return Explorable(
        "tape",
        question,
        table(["line", "is", "data", "to left", "to right", "grad"], rows, range(2, 6)),
        f"A tape of {len(rows)} lines after it has been read backwards.",
        record,
        caption,
    )
