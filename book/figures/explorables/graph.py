"""The picture of a graph, with a class on each part for the script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from figures.explorables.explorable import short
from figures.explorables.records import Node
from figures.palette import DATA, GRAD

#: Room for a number, in characters; a script may write a longer one than Python did.
ROOM = 7


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
    from figures.graphs import OPERATION, sheet  # a table needs no Graphviz

    dot = sheet(rankdir)
    if rankdir == "TB":
        dot.graph_attr["ranksep"] = "0.22"
    if all(node["op"] in "+*" for node in nodes if len(node["args"]) == 2):
        # Which operand comes first makes no difference: cross fewer arrows.
        del dot.graph_attr["ordering"]
    used = {place for node in nodes for place in node["args"]}
    for i, node in enumerate(nodes):
        kind = "value" + " leaf" * (not node["args"]) + " root" * (i not in used)
        dot.node(f"v{i}", card(node, rows), **{"class": f"{kind} n-{i}"})
        if node["args"]:
            dot.node(
                f"o{i}", f"<{escape(shown_op(node['op']))}>", **OPERATION | {"class": f"op o-{i}"}
            )
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
        f'<td align="right" width="{6 * ROOM}"><font '
        f'color="{color}">{short(node[what])}</font></td></tr>'
        for what, color in rows
    )
    heading = f'<tr><td colspan="2"><b>{escape(node["name"])}</b></td></tr>'
    return f'<<table border="0" cellspacing="0" cellpadding="1">{heading}{lines}</table>>'


def shown_op(op: str) -> str:
    """An operation as a circle shows it."""
    return {"*": "*", "neg": "-"}.get(op, op)
