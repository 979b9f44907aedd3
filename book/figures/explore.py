"""Explorables about graphs.  The engine of the chapter computes; its numbers are the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from figures.explorable import Explorable, short
from figures.graphs import OPERATION, Steps, sheet
from figures.palette import DATA, FAINT, GRAD

#: A node of a record: {"name", "op", "args": places of the operands, "data", …}.
Node = dict[str, Any]

#: Room for a number, in characters; a script may write a longer one than Python did.
ROOM = 7


# ---- pictures ----


def drawn(
    nodes: Sequence[Node],
    rows: Sequence[tuple[str, str]] = (("data", DATA), ("grad", GRAD)),
    along: str = "",
    rankdir: str = "TB",
) -> str:
    """The graph as SVG, in the manner of `draw_dot`, with a class on each part for the script.

    Args:
        nodes: the record's.
        rows: what each box states, with the colour; the number is the node's under that name.
        along: the key under which a node holds a number for each arrow into it.
        rankdir: "TB" runs from top to bottom, "LR" from left to right.
    """
    dot = sheet(rankdir)
    if rankdir == "TB":
        dot.graph_attr["ranksep"] = "0.22"
    used = {place for node in nodes for place in node["args"]}
    for i, node in enumerate(nodes):
        kind = "value" + " leaf" * (not node["args"]) + " root" * (i not in used)
        dot.node(f"v{i}", card(node, rows), **{"class": f"{kind} n-{i}"})
        if node["args"]:
            dot.node(f"o{i}", f"<{escape(shown_op(node['op']))}>", **OPERATION | {"class": f"op o-{i}"})
            dot.edge(f"o{i}", f"v{i}", **{"class": f"edge e-{i}"})
    for i, node in enumerate(nodes):
        for k, place in enumerate(node["args"]):
            text = short(node[along][k]) if along else ""
            label = {"label": f" {text:<{ROOM - 2}}"} if along else {}
            dot.edge(f"v{place}", f"o{i}", **{"class": f"edge e-{i}-{k}", **label})
    return dot.pipe(format="svg").decode()


def card(node: Node, rows: Sequence[tuple[str, str]]) -> str:
    """A box's text: its name, then a line for each number."""
    lines = "".join(
        f'<tr><td align="left"><font color="{color}">{what} </font></td>'
        f'<td align="right" width="{6 * ROOM}"><font color="{color}">{short(node[what])}</font></td></tr>'
        for what, color in rows
    )
    heading = f'<tr><td colspan="2"><b>{escape(node["name"])}</b></td></tr>'
    return f'<<table border="0" cellspacing="0" cellpadding="1">{heading}{lines}</table>>'


def shown_op(op: str) -> str:
    """An operation as a circle shows it."""
    return {"*": "*", "neg": "-"}.get(op, op)


# ---- records ----


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
        name = label or (short(value.data) if not args else in_words(value._op, [nodes[a]["name"] for a in args]))
        nodes.append({"name": name, "op": value._op, "args": args, "data": float(value.data)})
    return nodes


def in_words(op: str, names: Sequence[str]) -> str:
    """What a nameless result is called: the operation on its operands' names."""
    if len(names) == 2:
        return " ".join([bracketed(names[0]), op, bracketed(names[1])])
    return f"{bracketed(names[0])}{op}" if op.startswith("**") else f"{op}({names[0]})"


def bracketed(name: str) -> str:
    return f"({name})" if " " in name else name


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
        parcels = [float(p) for p in RULES[value._op](value.grad, value.data, *(o.data for o in value._prev))]
        sent.append({"node": i, "arrived": float(value.grad), "parcels": [
            {"to": place[id(operand)], "parcel": parcel}
            for operand, parcel in zip(value._prev, parcels, strict=True)]})
        if keep:
            value._backward()
        else:
            for operand, parcel in zip(value._prev, parcels, strict=True):
                operand.grad = parcel
    return [float(value.grad) for value in order], sent


# ---- one rule at a time ----


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


def described(nodes: Sequence[Node]) -> str:
    """The graph in words: who is made from whom, and the gradients."""
    made = [f"{node['name']} is made by {node['op']} from {' and '.join(nodes[a]['name'] for a in node['args'])}"
            for node in nodes if node["args"]]
    grads = [f"{node['name']} {short(node['grad'])}" for node in nodes if "grad" in node]
    told = ["; ".join(made)] + [f"the gradients are {', '.join(grads)}"] * bool(grads)
    return ". ".join(sentence[0].upper() + sentence[1:] for sentence in told) + "."
