"""What an explorable knows of a graph: its values as plain data,
in the order in which they were made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from figures.explorables.explorable import short

if TYPE_CHECKING:
    from figures.graphs import Steps

#: A node of a record: {"name", "op", "args": places of the operands, "data", …}.
Node = dict[str, Any]


def operands_first(root: Any) -> list[Any]:
    """All that a Value was made from, and the Value itself: operands before results."""
    order: dict[int, Any] = {}

    def visit(value: Any) -> None:
        if id(value) not in order:
            for operand in value._prev:
                visit(operand)
            order[id(value)] = value

    visit(root)
    return list(order.values())


def recorded(order: Sequence[Any]) -> list[Node]:
    """Values as nodes of a record, with their numbers as they are."""
    place = {id(value): i for i, value in enumerate(order)}
    nodes: list[Node] = []
    for value in order:
        args = [place[id(operand)] for operand in value._prev]
        label = getattr(value, "label", "")
        name = label or (
            short(value.data) if not args else in_words(value._op, [nodes[a]["name"] for a in args])
        )
        nodes.append({"name": name, "op": value._op, "args": args, "data": float(value.data)})
    return nodes


def in_words(op: str, names: Sequence[str]) -> str:
    """What a nameless result is called: the operation on its operands' names, if that is short."""
    if op != "+":
        names = [f"({name})" if " " in name else name for name in names]
    one = f"{names[0]}{op}" if op.startswith("**") else f"{op}({names[0]})"
    words = f" {op} ".join(names) if len(names) == 2 else one
    return words if len(words) <= 16 else {"+": "sum", "*": "product"}.get(op, op)


def delivered(order: Sequence[Any], keep: bool = True) -> tuple[list[float], list[dict[str, Any]]]:
    """Walk back from the last value, users first, with the engine's own rules.

    Args:
        order: operands before results; all gradients are set to zero first.
        keep: deliver by the engine's `_backward`; otherwise a parcel overwrites what is there.

    Returns:
        The gradients, and what was sent: {"node", "arrived", "parcels"}.
    """
    from micrograd.engine import RULES

    place = {id(value): i for i, value in enumerate(order)}
    for value in order:
        value.grad = 0.0
    order[-1].grad = 1.0
    sent = []
    for i in reversed(range(len(order))):
        value = order[i]
        if not value._prev:
            continue
        parcels = [
            float(p)
            for p in RULES[value._op](value.grad, value.data, *(o.data for o in value._prev))
        ]
        sent.append({"node": i, "arrived": float(value.grad), "parcels": [
            {"to": place[id(operand)], "parcel": parcel}
            for operand, parcel in zip(value._prev, parcels, strict=True)]})
        if keep:
            value._backward()
        else:
            for operand, parcel in zip(value._prev, parcels, strict=True):
                operand.grad = parcel
    return [float(value.grad) for value in order], sent


def described(nodes: Sequence[Node]) -> str:
    """The graph in words: who is made from whom, and the gradients."""
    made = [
        f"{node['name']} is made by {node['op']} from "
        f"{' and '.join(nodes[a]['name'] for a in node['args'])}"
        for node in nodes
        if node["args"]
    ]
    grads = [f"{node['name']} {short(node['grad'])}" for node in nodes if "grad" in node]
    return f"A graph: {'; '.join(made)}." + f" The gradients are {', '.join(grads)}." * bool(grads)


def named_nodes(steps: Steps) -> list[Node]:
    """Steps as nodes of a record, each after its operands, without numbers."""
    names = list(
        dict.fromkeys(
            name for result, (_, *operands) in steps.items() for name in [*operands, result]
        )
    )
    return [{"name": name, "op": steps[name][0] if name in steps else "",
             "args": [names.index(operand) for operand in steps[name][1:]] if name in steps else []}
            for name in names]


def numbers(nodes: Sequence[Node], by_name: Mapping[str, float]) -> list[float]:
    return [float(by_name[node["name"]]) for node in nodes]


def bare(nodes: Sequence[Node]) -> list[Node]:
    """Nodes as a record keeps them: without what only the picture shows."""
    return [
        {key: node[key] for key in ("name", "op", "args", "data") if key in node} for node in nodes
    ]
