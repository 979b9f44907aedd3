"""An expression, and the graph that it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from figures.explorables.explorable import Explorable
from figures.explorables.graph import drawn
from figures.explorables.records import Node, described, named_nodes
from figures.palette import DATA

if TYPE_CHECKING:
    from figures.graphs import Steps


def expression(
    text: str,
    tree: Callable[[str], Steps],
    graph: Callable[[str], Steps],
    result: float,
    given: Mapping[str, float],
    question: str,
    caption: str = "",
    examples: Sequence[str] = (),
) -> Explorable:
    """An expression to be edited, and its drawing, as a tree or with shared boxes.

    Args:
        text: the expression at the beginning.
        tree, graph: the chapter's functions from a text to steps.
        result: what the chapter's machine computes for it.
        given: numbers for names.
        question, caption: the words around it.
        examples: more expressions which the script has to read as the chapter does.
    """
    nodes = named_nodes(graph(text))
    for node in nodes:
        node["data"] = computed(node, nodes, given)
    record = {
        "text": text,
        "given": dict(given),
        "result": float(result),
        "examples": [
            {"text": each, "tree": listed(tree(each)), "graph": listed(graph(each))}
            for each in [text, *examples]
        ],
    }
    return Explorable(
        "expression", question, drawn(nodes, (("data", DATA),)), described(nodes), record, caption
    )


def listed(steps: Steps) -> list[list[str]]:
    return [[name, *step] for name, step in steps.items()]


def computed(node: Node, nodes: Sequence[Node], given: Mapping[str, float]) -> float:
    """The number of a node of sums and products whose operands have theirs."""
    operands = [nodes[place]["data"] for place in node["args"]]
    if not operands:
        return given[node["name"]] if node["name"] in given else float(node["name"])
    return operands[0] + operands[1] if node["op"] == "+" else operands[0] * operands[1]
