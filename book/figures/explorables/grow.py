"""A program that grows a graph, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from figures.explorables.explorable import Explorable, short
from figures.explorables.graph import drawn
from figures.explorables.records import operands_first, recorded
from figures.palette import DATA


def grow(program: str, value: Any, question: str, caption: str = "") -> Explorable:
    """A program to be edited, and the graph that grows with each of its lines.

    Args:
        program: lines that give names to Values.
        value: the class, as the chapter has it; whether it has the operators beyond + and * is
            looked up.
        question, caption: the words around it.
    """
    arithmetic = all(
        hasattr(value, name) for name in ("__neg__", "__rsub__", "__rpow__", "__truediv__")
    )
    lines = program.strip().splitlines()
    names: dict[str, Any] = {}
    states: list[dict[str, Any]] = []
    for line in lines:
        exec(line, {"Value": value}, names)  # the chapter's own words
        order = held(list(names.values()))
        nodes = recorded(order)
        place = {id(each): i for i, each in enumerate(order)}
        states.append(
            {
                "nodes": [{key: node[key] for key in ("op", "args", "data")} for node in nodes],
                "names": {name: place[id(each)] for name, each in names.items()},
            }
        )
    for node, each in zip(nodes, order, strict=True):
        now = [name for name, held_by in names.items() if held_by is each]
        node["name"] = ", ".join(now) or (short(node["data"]) if not node["args"] else "nameless")
    return Explorable(
        "grow",
        question,
        drawn(nodes, (("data", DATA),)),
        f"The graph after these lines: {'; '.join(lines)}. It has {len(nodes)} boxes.",
        {"program": lines, "states": states, "arithmetic": arithmetic},
        caption,
    )


def held(values: Sequence[Any]) -> list[Any]:
    """All that some Values hold on to, and they themselves: operands first."""
    order: dict[int, Any] = {}
    for value in values:
        order |= {id(each): each for each in operands_first(value) if id(each) not in order}
    return list(order.values())
