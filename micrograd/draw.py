# Tangled from the book: edit its chapters, then run `python -m loom tangle`. [d7086fe976ce]
"""Pictures of computation graphs, laid out by Graphviz."""

from __future__ import annotations

import shutil
from html import escape
from typing import TYPE_CHECKING

from micrograd.engine import Value

if TYPE_CHECKING:
    from graphviz import Digraph


def trace(root: Value) -> tuple[list[Value], list[tuple[Value, Value]]]:
    """The graph behind a value, as nodes and edges.

    Args:
        root: the value whose making is asked for.

    Returns:
        The nodes, root first, each once; and an edge (operand, result)
        for every use of an operand, so that `a + a` gives two.

    Raises:
        TypeError: it is no value, but a number or a list of values.
    """
    if not hasattr(root, '_prev'):
        raise TypeError(f'a graph ends in one Value: not {root!r:.60}')
    nodes = [root]
    edges = []
    seen = {root}
    for result in nodes:
        for operand in result._prev:
            edges.append((operand, result))
            if operand not in seen:
                seen.add(operand)
                nodes.append(operand)
    return nodes, edges


INK, PAPER, LINE = '#23262b', '#faf8f4', '#6a7078'
DATA, GRAD = '#1a5fa8', '#b3401a'


def decimals(x: float) -> str:
    """Four decimals, or powers of ten where those would hide x or flood its box."""
    return f'{x:.4f}' if x == 0 or 1e-3 <= abs(x) < 1e5 else f'{x:.4g}'


def literal(text: str) -> str:
    """Text in which no character means anything to Graphviz but itself."""
    printable = ''.join(c if c.isprintable() else ' ' for c in text)
    return escape(printable.replace('\\', r'\\'))


def row(name: str, number: float, color: str) -> str:
    """A line of a card: what is stated, and the number."""
    paint = f'<font color="{color}">'
    left = f'<td align="left">{paint}{name} </font></td>'
    right = f'<td align="right">{paint}{decimals(number)}</font></td>'
    return f'<tr>{left}{right}</tr>'


def table(heading: str, rows: str) -> str:
    """Rows under a heading, if there is one, in Graphviz's HTML-like language."""
    if heading:
        rows = f'<tr><td colspan="2"><b>{literal(heading)}</b></td></tr>{rows}'
    return f'<<table border="0" cellspacing="0" cellpadding="1">{rows}</table>>'


def card(value: Value) -> str:
    """What a value's box says."""
    data, grad = row('data', value.data, DATA), row('grad', value.grad, GRAD)
    return table(value.label, data + grad)


GRAPH = {'ordering': 'in', 'bgcolor': 'transparent',
         'nodesep': '0.15', 'ranksep': '0.25'}
NODE = {'shape': 'box', 'style': 'rounded,filled',
        'height': '0.3', 'margin': '0.05,0.04', 'fillcolor': PAPER,
        'color': LINE, 'fontcolor': INK, 'fontname': 'Courier', 'fontsize': '10'}
OPERATION = {'shape': 'ellipse', 'width': '0.3', 'margin': '0.02,0',
             'class': 'op'}
EDGE = {'color': LINE, 'arrowsize': '0.6', 'class': 'edge'}


def blank_sheet(format: str, rankdir: str) -> Digraph:
    """An empty drawing, in the book's style."""
    try:
        from graphviz import Digraph
    except ImportError:
        raise RuntimeError('drawing needs the Python package graphviz: '
                           'pip install graphviz') from None
    if shutil.which('dot') is None:
        raise RuntimeError(
            "drawing needs Graphviz's program `dot`: apt install graphviz, "
            'brew install graphviz, conda install graphviz, '
            'or an installer from https://graphviz.org/download/')
    return Digraph(format=format, graph_attr=GRAPH | {'rankdir': rankdir},
                   node_attr=NODE, edge_attr=EDGE)


def role(node: Value, root: Value) -> str:
    """What a node is in a drawing, as class names for a page's style sheet."""
    return 'value' + ' leaf' * (not node._prev) + ' root' * (node is root)


def draw_dot(root: Value, format: str = 'svg', rankdir: str = 'LR') -> Digraph:
    """Draw the graph behind a value; a notebook shows the picture by itself.

    Args:
        root: the value at the end of the graph.
        format: what `render` writes: 'svg', 'png', 'pdf', ...
        rankdir: 'LR' runs from left to right, 'TB' from top to bottom;
            'RL' and 'BT' the other way.

    Raises:
        TypeError: root is no value.
        ValueError: there is no such format or direction.
        RuntimeError: the package graphviz or the program `dot` is missing.
    """
    if rankdir not in ('LR', 'TB', 'RL', 'BT'):
        raise ValueError(f'a graph runs LR, TB, RL or BT: not {rankdir!r}')
    nodes, edges = trace(root)
    dot = blank_sheet(format, rankdir)
    name = {node: f'v{i}' for i, node in enumerate(nodes)}
    entrance = {node: name[node] + 'op' * bool(node._op) for node in nodes}
    for node in nodes:
        dot.node(name[node], card(node), **{'class': role(node, root)})
        if node._op:
            dot.node(entrance[node], f'<{literal(node._op)}>', **OPERATION)
            dot.edge(entrance[node], name[node])
    for operand, result in edges:
        dot.edge(name[operand], entrance[result])
    return dot


__all__ = ['draw_dot', 'trace']
