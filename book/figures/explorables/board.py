"""A net of which any node can be nudged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from figures.explorables.explorable import Explorable, short
from figures.explorables.graph import drawn
from figures.explorables.records import Node, bare, named_nodes, numbers
from figures.palette import DATA, INK

if TYPE_CHECKING:
    from figures.graphs import Steps

#: A run of the net: the name of a node to be pushed, or None, and by how much; all numbers.
Run = Callable[[str | None, float], Mapping[str, float]]
#: How far each node is pushed for the record.
PUSH = 0.25


def board(
    steps: Steps,
    runs: Mapping[str, Run],
    question: str,
    nudge: tuple[str, float],
    caption: str = "",
    gradients: Mapping[str, Mapping[str, float]] | None = None,
) -> Explorable:
    """A net of which any node can be pushed, computed ones too.

    Args:
        steps: what is made how, as `dag` takes it.
        runs: the chapter's own way to run it, one for each case, under the case's name.
        question, caption: the words around it.
        nudge: the node that is pushed at first, and how far.
        gradients: for each case the gradients, if the chapter has worked them out.
    """
    nodes = named_nodes(steps)
    cases = []
    for name, run in runs.items():
        case: Node = {"name": name, "data": numbers(nodes, run(None, 0.0)),
                "pushed": [numbers(nodes, run(node["name"], PUSH)) for node in nodes]}
        if gradients:
            case["grads"] = numbers(nodes, gradients[name])
        cases.append(case)
    before: list[float] = cases[0]["data"]
    after = numbers(nodes, next(iter(runs.values()))(*nudge))
    for node, old, new in zip(nodes, before, after, strict=True):
        node |= {"data": new, "moved": round(new - old, 9)}
    moved = [f"{node['name']} by {short(node['moved'])}" for node in nodes if node["moved"]]
    record = {"nodes": bare(nodes), "cases": cases, "push": PUSH, "nudge": list(nudge)}
    return Explorable(
        "board",
        question,
        drawn(nodes, (("data", DATA), ("moved", INK))),
        f"The net after {nudge[0]} was pushed by {short(nudge[1])}. Moved have {', '.join(moved)}; "
        "all other nodes are where they were.",
        record,
        caption,
    )
