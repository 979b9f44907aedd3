"""Computation graphs for chapters that have no engine yet, drawn as the engine draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    path: Sequence[str] = (),
    along: Mapping[tuple[str, str], str] | None = None,
    rankdir: str = "LR",
    words: tuple[str, str] = ("data", "grad"),
) -> Digraph:
    """Draw a graph that is given by its steps.

    Args:
        steps: ``{"n3": ("+", "n1", "n2"), …}``; what is only an operand is an input.
        data, grad: the numbers to show in the boxes, where there are any.
        path: names of nodes, one after the other; the edges from each to the next are strong.
        along: a text for the edge from an operand to a result, ``{("n4", "n5"): "1"}``.
        rankdir: "LR" runs from left to right, "TB" from top to bottom.
        words: what the boxes call the two kinds of numbers.
    """
    dot = sheet(rankdir)
    draw(dot, steps, data, grad, path, along, words=words)
    return dot


def small_multiples(
    steps: Steps, paths: Sequence[Sequence[str]], along: Mapping[tuple[str, str], str]
) -> Digraph:
    """Draw the graph once for each path, side by side, with that path strong and labelled."""
    dot = sheet("TB")
    dot.graph_attr["nodesep"] = "0.25"
    dot.node_attr["width"] = "0.4"
    for number, path in enumerate(paths):
        on_path = {edge: text for edge, text in along.items() if edge in pairs(path)}
        draw(dot, steps, path=path, along=on_path, prefix=f"{number}:")
    return dot


def sheet(rankdir: str) -> Digraph:
    """An empty drawing in the book's style."""
    return Digraph(
        graph_attr={"rankdir": rankdir, "ordering": "in", "bgcolor": "transparent",
                    "nodesep": "0.15", "ranksep": "0.25"},
        node_attr=NODE,
        edge_attr={"color": FAINT, "arrowsize": "0.6", "class": "edge",
                   "fontname": "Courier", "fontsize": "10", "fontcolor": GRAD},
    )


def draw(
    dot: Digraph,
    steps: Steps,
    data: Mapping[str, float] | None = None,
    grad: Mapping[str, float] | None = None,
    path: Sequence[str] = (),
    along: Mapping[tuple[str, str], str] | None = None,
    prefix: str = "",
    words: tuple[str, str] = ("data", "grad"),
) -> None:
    """Add a graph to a drawing; the prefix keeps its nodes apart from those of another."""
    strong = pairs(path)
    used = {operand for _, *operands in steps.values() for operand in operands}
    names = dict.fromkeys([*(o for _, *os in steps.values() for o in os), *steps])
    ids = {name: f"{prefix}{name}".replace(":", "_") for name in names}
    for name in names:
        rows = [(what, numbers[name], color)
                for what, numbers, color in zip(words, (data, grad), (DATA, GRAD), strict=True)
                if numbers is not None and name in numbers]
        kind = "value" + " leaf" * (name not in steps) + " root" * (name not in used)
        dot.node(ids[name], card(name, rows), **{"class": kind})
        if name in steps:
            entered = any(result == name for _, result in strong)
            dot.node(f"{ids[name]}op", f"<{escape(steps[name][0])}>", **OPERATION)
            dot.edge(f"{ids[name]}op", ids[name], **stroke(entered))
    for result, (_, *operands) in steps.items():
        for operand in operands:
            text = (along or {}).get((operand, result), "")
            dot.edge(ids[operand], f"{ids[result]}op", label=f" {text} " if text else "",
                     **stroke((operand, result) in strong))


def pairs(path: Sequence[str]) -> set[tuple[str, str]]:
    """The steps of a path: each node with the next."""
    return set(zip(path, path[1:], strict=False))


def stroke(strong: bool) -> dict[str, str]:
    """How an edge is drawn: on the path in question, or not."""
    return {"color": ACCENT, "penwidth": "2"} if strong else {}
