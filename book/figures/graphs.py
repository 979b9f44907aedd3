"""Computation graphs for chapters that have no engine yet, drawn as the engine draws them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from html import escape

from graphviz import Digraph

from figures.palette import ACCENT, CODE_PAPER, DATA, FAINT, GRAD, INK

#: For each computed node: the operation and its operands.
Steps = Mapping[str, tuple[str, ...]]

NODE = {"shape": "box", "style": "rounded,filled", "height": "0.3", "margin": "0.05,0.04",
        "fillcolor": CODE_PAPER, "color": FAINT, "fontcolor": INK, "fontname": "Courier",
        "fontsize": "10"}
OPERATION = {"shape": "ellipse", "width": "0.3", "margin": "0.02,0", "class": "op"}


def card(name: str, rows: list[tuple[str, float, str]]) -> str:
    """A box's text: the node's name, then a line for each number, in its colour."""
    lines = "".join(
        f'<tr><td align="left"><font color="{color}">{what} </font></td>'
        f'<td align="right"><font color="{color}">{number:g}</font></td></tr>'
        for what, number, color in rows
    )
    heading = f'<tr><td colspan="2"><b>{escape(name)}</b></td></tr>'
    return f'<<table border="0" cellspacing="0" cellpadding="1">{heading}{lines}</table>>'


def dag(
    steps: Steps,
    data: Mapping[str, float] | None = None,
    grad: Mapping[str, float] | None = None,
    path: Collection[str] = (),
    along: Mapping[tuple[str, str], str] | None = None,
    rankdir: str = "LR",
) -> Digraph:
    """Draw a graph that is given by its steps.

    Args:
        steps: ``{"n3": ("+", "n1", "n2"), …}``; what is only an operand is an input.
        data, grad: the numbers to show in the boxes, where there are any.
        path: names of nodes; the edges between them are drawn strong.
        along: a text for the edge from an operand to a result, ``{("n4", "n5"): "1"}``.
        rankdir: "LR" runs from left to right, "TB" from top to bottom.
    """
    dot = Digraph(
        graph_attr={"rankdir": rankdir, "ordering": "in", "bgcolor": "transparent",
                    "nodesep": "0.15", "ranksep": "0.25"},
        node_attr=NODE,
        edge_attr={"color": FAINT, "arrowsize": "0.6", "class": "edge",
                   "fontname": "Courier", "fontsize": "10", "fontcolor": GRAD},
    )
    used = {operand for _, *operands in steps.values() for operand in operands}
    names = dict.fromkeys([*(o for _, *os in steps.values() for o in os), *steps])
    for name in names:
        rows = [(what, numbers[name], color)
                for what, numbers, color in (("data", data, DATA), ("grad", grad, GRAD))
                if numbers is not None and name in numbers]
        kind = "value" + " leaf" * (name not in steps) + " root" * (name not in used)
        dot.node(name, card(name, rows), **{"class": kind})
        if name in steps:
            strong = name in path and any(operand in path for operand in steps[name][1:])
            dot.node(f"{name}op", f"<{escape(steps[name][0])}>", **OPERATION)
            dot.edge(f"{name}op", name, **stroke(strong))
    for result, (_, *operands) in steps.items():
        for operand in operands:
            text = (along or {}).get((operand, result), "")
            dot.edge(operand, f"{result}op", label=f" {text} " if text else "",
                     **stroke(operand in path and result in path))
    return dot


def stroke(strong: bool) -> dict[str, str]:
    """How an edge is drawn: on the path in question, or not."""
    return {"color": ACCENT, "penwidth": "2"} if strong else {}
