"""Explorables about graphs.  The engine of the chapter computes; its numbers are the record."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from figures.explorable import Explorable, short
from figures.palette import DATA, GRAD, INK

if TYPE_CHECKING:
    from figures.graphs import Steps

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
    from figures.graphs import OPERATION, sheet  # a table needs no Graphviz

    dot = sheet(rankdir)
    if rankdir == "TB":
        dot.graph_attr["ranksep"] = "0.22"
    if all(node["op"] in "+*" for node in nodes if len(node["args"]) == 2):
        del dot.graph_attr["ordering"]  # which operand comes first makes no difference: cross fewer arrows
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
    return f"A graph: {'; '.join(made)}." + f" The gradients are {', '.join(grads)}." * bool(grads)


# ---- nudge any node ----

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
    return Explorable("board", question, drawn(nodes, (("data", DATA), ("moved", INK))),
                      f"The net after {nudge[0]} was pushed by {short(nudge[1])}. Moved have {', '.join(moved)}; "
                      "all other nodes are where they were.", record, caption)


def named_nodes(steps: Steps) -> list[Node]:
    """Steps as nodes of a record, each after its operands, without numbers."""
    names = list(dict.fromkeys(name for result, (_, *operands) in steps.items() for name in [*operands, result]))
    return [{"name": name, "op": steps[name][0] if name in steps else "",
             "args": [names.index(operand) for operand in steps[name][1:]] if name in steps else []}
            for name in names]


def numbers(nodes: Sequence[Node], by_name: Mapping[str, float]) -> list[float]:
    return [float(by_name[node["name"]]) for node in nodes]


def bare(nodes: Sequence[Node]) -> list[Node]:
    """Nodes as a record keeps them: without what only the picture shows."""
    return [{key: node[key] for key in ("name", "op", "args", "data") if key in node} for node in nodes]


# ---- paths, and what they bring ----


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
        node["slopes"] = [float(local[nodes[place]["name"], node["name"]]) for place in node["args"]]
    record = {"nodes": bare(nodes), "slopes": [node["slopes"] for node in nodes],
              "grads": [float(gradient(node["name"])) for node in nodes], "start": start, "sliders": sliders or {}}
    along = [f"{short(slope)} from {nodes[place]['name']} to {node['name']}"
             for node in nodes for place, slope in zip(node["args"], node["slopes"], strict=True)]
    return Explorable("paths", question, drawn(nodes, (("data", DATA),), along="slopes"),
                      f"The graph with a local derivative on each arrow: {', '.join(along)}.", record, caption)


# ---- who may send, and when ----

DRIVERS = {
    "depth": "depth-first, each once",
    "breadth": "breadth-first, each once",
    "again": "again at every arrival",
    "overwrite": "users first, with\u00a0=",
    "paths": "along every path",
    "users": "users first, with\u00a0+=",
}


def race(
    make: Callable[[], Any],
    drivers: Mapping[str, Callable[[Any], object]],
    question: str,
    watch: str,
    caption: str = "",
) -> Explorable:
    """Several drivers of one walk back, delivery by delivery.

    Args:
        make: builds the graph anew, and returns the Value at its end.
        drivers: functions of that Value which fill in the gradients, by their names in DRIVERS;
            what they print is not shown.
        question, caption: the words around it.
        watch: the label of the leaf whose gradient they are judged by.
    """
    runs = []
    for key, driver in drivers.items():
        root = make()
        order = operands_first(root)
        place = {id(value): i for i, value in enumerate(order)}
        with redirect_stdout(io.StringIO()), watched(type(root)) as writes:
            driver(root)
        runs.append({"key": key, "name": DRIVERS[key],
                     "writes": [[place[id(value)], grad] for value, grad in writes]})
    order = operands_first(make())
    nodes = recorded(order)
    grads, _ = delivered(order)
    for node, grad in zip(nodes, grads, strict=True):
        node["grad"] = grad
    record = {"nodes": nodes, "runs": runs, "watch": [node["name"] for node in nodes].index(watch)}
    return Explorable("race", question, drawn(nodes), described(nodes), record, caption)


@contextmanager
def watched(kind: Any) -> Iterator[list[tuple[Any, float]]]:
    """Note every gradient that is written, in whatever Value of this class."""
    writes: list[tuple[Any, float]] = []
    slot = kind.__dict__.get("grad")

    def read(value: Any) -> float:
        return slot.__get__(value) if slot else value.__dict__["grad"]

    def write(value: Any, grad: float) -> None:
        slot.__set__(value, grad) if slot else value.__dict__.update(grad=grad)
        writes.append((value, float(grad)))

    kind.grad = property(read, write)
    try:
        yield writes
    finally:
        if slot:
            kind.grad = slot
        else:
            del kind.grad


# ---- which check notices? ----


def lab(
    checks: Mapping[str, tuple[Callable[..., Any], Sequence[float]]],
    rules: Mapping[str, Callable[..., tuple[float, ...]]],
    overwrite: Callable[[Any], None],
    question: str,
    caption: str = "",
) -> Explorable:
    """The engine broken in several ways, and checks to find it out with.

    Args:
        checks: for each check its function of Values, and the point.
        rules: rules for `*`, the right one among them under the name "right".
        overwrite: a delivery, of the Value that it is given, that overwrites instead of adding.
        question, caption: the words around it.

    Raises:
        ValueError: one of them changes nothing: the engine does not take notice of it.
    """
    from micrograd.engine import RULES, Value
    from micrograd.gradcheck import numerical_gradient

    def gradients(name: str, f: Callable[..., Any], point: Sequence[float], stricter: bool) -> list[float]:
        inputs = [Value(x) for x in point]
        y = f(*inputs)
        end = y + y + y if stricter else y
        if name not in rules:
            for value in operands_first(end):
                value._backward = partial(overwrite, value)
        end.backward()
        return [float(x.grad) / (3 if stricter else 1) for x in inputs]

    graphs = []
    for name, (f, point) in checks.items():
        inputs = [Value(x, label=label) for x, label in zip(point, "ab", strict=False)]
        graphs.append({"name": name, "inputs": len(inputs), "nodes": recorded(unfolded(inputs, f(*inputs))),
                       "slopes": numerical_gradient(lambda *xs, f=f: f(*map(Value, xs)).data, point)})
    ways = []
    before = RULES["*"]
    try:
        for name in [*rules, "= for +="]:
            RULES["*"] = rules.get(name, rules["right"])
            ways.append({"name": name, "gradients": [[gradients(name, *check, stricter) for check in checks.values()]
                                                     for stricter in (False, True)]})
            if name != "right" and ways[-1]["gradients"] == ways[0]["gradients"]:
                raise ValueError(f"nothing is broken by {name!r}")
    finally:
        RULES["*"] = before
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td class='number'>{told(rule(5.0, -6.0, 2.0, -3.0))}</td></tr>"
        for name, rule in rules.items())
    last = f"{told(rules['right'](5.0, -6.0, 2.0, -3.0))}, but each overwrites what is there"
    picture = (
        "<table><thead><tr><th scope='col'>rule for <code>*</code></th>"
        "<th scope='col' class='number'>parcels at g = 5, a = 2, b = −3</th></tr></thead>"
        f"<tbody>{rows}<tr><th scope='row'>= for +=</th><td class='number'>{last}</td></tr></tbody></table>")
    return Explorable("lab", question, picture, "Five rules for a product, four of them wrong, and a wrong delivery.",
                      {"checks": graphs, "ways": ways}, caption)


def told(parcels: Sequence[float]) -> str:
    return ", ".join(short(parcel).replace("-", "−") for parcel in parcels)


def unfolded(inputs: Sequence[Any], root: Any) -> list[Any]:
    """The inputs, in their order, and then all that the root was made from besides."""
    rest = [value for value in operands_first(root) if not any(value is x for x in inputs)]
    return [*inputs, *rest]


# ---- what the reader writes ----


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
    record = {"text": text, "given": dict(given), "result": float(result), "examples": [
        {"text": each, "tree": listed(tree(each)), "graph": listed(graph(each))} for each in [text, *examples]]}
    return Explorable("expression", question, drawn(nodes, (("data", DATA),)), described(nodes), record, caption)


def listed(steps: Steps) -> list[list[str]]:
    return [[name, *step] for name, step in steps.items()]


def computed(node: Node, nodes: Sequence[Node], given: Mapping[str, float]) -> float:
    """The number of a node of sums and products whose operands have theirs."""
    operands = [nodes[place]["data"] for place in node["args"]]
    if not operands:
        return given[node["name"]] if node["name"] in given else float(node["name"])
    return operands[0] + operands[1] if node["op"] == "+" else operands[0] * operands[1]


def grow(program: str, value: Any, question: str, caption: str = "") -> Explorable:
    """A program to be edited, and the graph that grows with each of its lines.

    Args:
        program: lines that give names to Values.
        value: the class, as the chapter has it; whether it has the operators beyond + and * is looked up.
        question, caption: the words around it.
    """
    arithmetic = all(hasattr(value, name) for name in ("__neg__", "__rsub__", "__rpow__", "__truediv__"))
    lines = program.strip().splitlines()
    names: dict[str, Any] = {}
    states: list[dict[str, Any]] = []
    for line in lines:
        exec(line, {"Value": value}, names)  # the chapter's own words
        order = held(list(names.values()))
        nodes = recorded(order)
        place = {id(each): i for i, each in enumerate(order)}
        states.append({"nodes": [{key: node[key] for key in ("op", "args", "data")} for node in nodes],
                       "names": {name: place[id(each)] for name, each in names.items()}})
    for node, each in zip(nodes, order, strict=True):
        now = [name for name, held_by in names.items() if held_by is each]
        node["name"] = ", ".join(now) or (short(node["data"]) if not node["args"] else "nameless")
    return Explorable("grow", question, drawn(nodes, (("data", DATA),)),
                      f"The graph after these lines: {'; '.join(lines)}. It has {len(nodes)} boxes.",
                      {"program": lines, "states": states, "arithmetic": arithmetic}, caption)


def held(values: Sequence[Any]) -> list[Any]:
    """All that some Values hold on to, and they themselves: operands first."""
    order: dict[int, Any] = {}
    for value in values:
        order |= {id(each): each for each in operands_first(value) if id(each) not in order}
    return list(order.values())
