"""Who may send, and when: several drivers of one walk back."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import Any

from figures.explorables.explorable import Explorable
from figures.explorables.graph import drawn
from figures.explorables.records import delivered, described, operands_first, recorded

DRIVERS = {
    "depth": "depth-first, each once",
    "breadth": "breadth-first, each once",
    "again": "again at every arrival",
    "overwrite": "users first, with\u00a0=",
    "paths": "along every path",
    "users": "users first, with\u00a0+=",
}


def race(
    make: Callable[[], Any],
    drivers: Mapping[str, Callable[[Any], object]],
    question: str,
    watch: str,
    caption: str = "",
) -> Explorable:
    """Several drivers of one walk back, delivery by delivery.

    Args:
        make: builds the graph anew, and returns the Value at its end.
        drivers: functions of that Value which fill in the gradients, by their names in DRIVERS;
            what they print is not shown.
        question, caption: the words around it.
        watch: the label of the leaf whose gradient they are judged by.
    """
    runs = []
    for key, driver in drivers.items():
        root = make()
        order = operands_first(root)
        place = {id(value): i for i, value in enumerate(order)}
        with redirect_stdout(io.StringIO()), watched(type(root)) as writes:
            driver(root)
        runs.append({"key": key, "name": DRIVERS[key],
                     "writes": [[place[id(value)], grad] for value, grad in writes]})
    order = operands_first(make())
    nodes = recorded(order)
    grads, _ = delivered(order)
    for node, grad in zip(nodes, grads, strict=True):
        node["grad"] = grad
    record = {"nodes": nodes, "runs": runs, "watch": [node["name"] for node in nodes].index(watch)}
    return Explorable("race", question, drawn(nodes), described(nodes), record, caption)


@contextmanager
def watched(kind: Any) -> Iterator[list[tuple[Any, float]]]:
    """Note every gradient that is written, in whatever Value of this class."""
    writes: list[tuple[Any, float]] = []
    slot = kind.__dict__.get("grad")

    def read(value: Any) -> float:
        return slot.__get__(value) if slot else value.__dict__["grad"]

    def write(value: Any, grad: float) -> None:
        slot.__set__(value, grad) if slot else value.__dict__.update(grad=grad)
        writes.append((value, float(grad)))

    kind.grad = property(read, write)
    try:
        yield writes
    finally:
        if slot:
            kind.grad = slot
        else:
            del kind.grad
