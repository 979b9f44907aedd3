"""The walk back through a graph, one rule at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from figures.explorables.explorable import Explorable
from figures.explorables.graph import drawn
from figures.explorables.records import delivered, described, operands_first, recorded


def stepper(
    root: Any,
    question: str,
    caption: str = "",
    alt: str = "",
    sliders: Mapping[str, tuple[float, float]] | None = None,
    switch: bool = False,
    rankdir: str = "TB",
) -> Explorable:
    """The walk back through a graph, rule by rule: what arrives, the local derivative, the parcel.

    Args:
        root: the Value at the end; gradients in its graph are overwritten.
        question, caption, alt: the words around it.
        sliders: for each leaf that can be moved, by its label, from where to where;
            by default every leaf with a label, to twice its size.
        switch: let the reader choose between `+=` and `=`.
        rankdir: how the drawing runs.
    """
    order = operands_first(root)
    nodes = recorded(order)
    overwritten = delivered(order, keep=False) if switch else None
    grads, sent = delivered(order)
    for node, grad in zip(nodes, grads, strict=True):
        node["grad"] = grad
        node["parcels"] = [0.0] * len(node["args"])
    for step in sent:
        nodes[step["node"]]["parcels"] = [parcel["parcel"] for parcel in step["parcels"]]
    if sliders is None:
        sliders = {value.label: (-span, span) for value in order
                   if not value._prev and value.label for span in [max(2.0, 2 * abs(value.data))]}
    picture = drawn(nodes, along="parcels", rankdir=rankdir)
    record = {"nodes": [{k: v for k, v in node.items() if k != "parcels"} for node in nodes],
              "sent": sent, "sliders": sliders}
    if overwritten:
        record["overwritten"] = {"grads": overwritten[0], "sent": overwritten[1]}
    return Explorable("stepper", question, picture, alt or described(nodes), record, caption)
