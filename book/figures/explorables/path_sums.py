"""All ways from a node to the end, and what they bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from figures.explorables.explorable import Explorable, short
from figures.explorables.graph import drawn
from figures.explorables.records import bare, named_nodes
from figures.palette import DATA

if TYPE_CHECKING:
    from figures.graphs import Steps


def path_sums(
    steps: Steps,
    numbers_of: Mapping[str, float],
    local: Mapping[tuple[str, str], float],
    gradient: Callable[[str], float],
    question: str,
    start: str,
    caption: str = "",
    sliders: Mapping[str, tuple[float, float]] | None = None,
) -> Explorable:
    """All ways from a node to the end, the product along each, and their sum.

    Args:
        steps: what is made how; no operand twice in one step.
        numbers_of: the number of every node.
        local: the number on each arrow, (operand, result), as the chapter found it.
        gradient: what nudging says of a node.
        question, caption: the words around it.
        start: whose paths are shown at first.
        sliders: which leaves can be moved, from where to where.
    """
    nodes = named_nodes(steps)
    for node in nodes:
        node["data"] = float(numbers_of[node["name"]])
        node["slopes"] = [
            float(local[nodes[place]["name"], node["name"]]) for place in node["args"]
        ]
    record = {
        "nodes": bare(nodes),
        "slopes": [node["slopes"] for node in nodes],
        "grads": [float(gradient(node["name"])) for node in nodes],
        "start": start,
        "sliders": sliders or {},
    }
    along = [f"{short(slope)} from {nodes[place]['name']} to {node['name']}"
             for node in nodes for place, slope in zip(node["args"], node["slopes"], strict=True)]
    return Explorable(
        "path_sums",
        question,
        drawn(nodes, (("data", DATA),), along="slopes"),
        f"The graph with a local derivative on each arrow: {', '.join(along)}.",
        record,
        caption,
    )
