"""micrograd.draw: the picture says what is in memory, the same every time, whatever a label holds."""

from __future__ import annotations

import math
import re
import shutil
import sys
from xml.etree import ElementTree

import pytest

from micrograd.draw import card, decimals, draw_dot, literal, role, trace
from micrograd.engine import Value

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz's program `dot` is not installed")


@pytest.fixture
def sheet(monkeypatch):
    """Drawing without laying out: all of draw_dot except the presence of the program `dot`."""
    pytest.importorskip("graphviz", reason="the Python package graphviz is not installed")
    monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")


def and_net() -> Value:
    n1, n2 = Value(0.0, label="n1"), Value(1.0, label="n2")
    return (n1 + n2) * Value(0.5, label="n4") + Value(0.2, label="n6")


def shared() -> Value:
    c = Value(2.0) * Value(3.0)
    return c * (c + 1) + c * 2


def edges_of(source: str) -> list[tuple[str, str]]:
    return re.findall(r"^\t(\w+) -> (\w+)$", source, re.MULTILINE)


def texts(root: Value) -> str:
    """All that the laid-out picture says, in document order."""
    svg = ElementTree.fromstring(draw_dot(root).pipe(format="svg"))
    return "|".join((node.text or "").strip() for node in svg.iter("{http://www.w3.org/2000/svg}text"))


# trace


def test_trace_finds_every_node_once_and_every_use():
    nodes, edges = trace(shared())
    assert (len(nodes), len(set(nodes)), len(edges)) == (9, 9, 10)


def test_trace_begins_at_the_root_and_keeps_the_operands_order():
    a, b = Value(1.0), Value(2.0)
    root = a * b
    assert trace(root) == ([root, a, b], [(a, root), (b, root)])


def test_trace_of_a_leaf_is_the_leaf():
    a = Value(1.0)
    assert trace(a) == ([a], [])


def test_trace_gives_two_edges_for_a_plus_a():
    a = Value(3.0)
    root = a + a
    assert trace(root) == ([root, a], [(a, root), (a, root)])


def test_trace_takes_equal_numbers_and_equal_labels_for_different_nodes():
    a, b = Value(0.0, label="x"), Value(0.0, label="x")
    assert len(trace(a + b)[0]) == 3


def test_trace_knows_a_nan_again():
    a = Value(math.nan)
    assert len(trace(a * a)[0]) == 2


def test_trace_follows_a_chain_of_any_length():
    x = Value(0.0)
    for _ in range(50_000):
        x = x + 1.0
    nodes, edges = trace(x)
    assert (len(nodes), len(edges)) == (100_001, 100_000)


def test_trace_takes_shared_nodes_once_however_many_paths_there_are():
    x = Value(1.0)
    for _ in range(100):
        x = x + x
    assert len(trace(x)[0]) == 101


# what a card says


@pytest.mark.parametrize(
    "number, shown",
    [
        (0.7, "0.7000"),
        (0.0, "0.0000"),
        (-0.0, "-0.0000"),
        (0, "0.0000"),
        (-12.5, "-12.5000"),
        (0.001, "0.0010"),
        (-0.001, "-0.0010"),
        (0.0009995, "0.0009995"),
        (-0.00012, "-0.00012"),
        (99999.0, "99999.0000"),
        (100000.0, "1e+05"),
        (-123456.0, "-1.235e+05"),
        (1e300, "1e+300"),
        (5e-324, "4.941e-324"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_decimals_neither_hide_a_number_nor_flood_the_box(number, shown):
    assert decimals(number) == shown


@pytest.mark.parametrize(
    "text, shown",
    [
        ("w", "w"),
        ("<b>", "&lt;b&gt;"),
        ("L&R", "L&amp;R"),
        ('"', "&quot;"),
        ("'", "&#x27;"),
        ("\\N", "\\\\N"),
        ("two\nlines\tand\x00more", "two lines and more"),
        ("∂L/∂w", "∂L/∂w"),
        ("\ud800", " "),
        ("", ""),
    ],
)
def test_no_character_of_a_label_means_anything_but_itself(text, shown):
    assert literal(text) == shown


def test_a_card_states_label_data_and_gradient_in_this_order():
    a = Value(2.0, label="weight")
    a.grad = 3.0
    said = re.sub(r"<[^>]*>", "|", card(a))
    assert re.sub(r"\|+", "|", said).strip("<|>") == "weight|data |2.0000|grad |3.0000"


def test_data_and_gradient_have_a_colour_each():
    colors = re.findall(r'color="(#\w+)"', card(Value(2.0)))
    assert len(colors) == 4 and len(set(colors)) == 2


def test_a_card_without_label_has_no_line_for_it():
    assert card(Value(2.0)).count("<tr>") == 2
    assert card(Value(2.0, label="a")).count("<tr>") == 3


def test_a_node_says_whether_it_is_a_leaf_and_whether_it_is_the_root():
    a = Value(1.0)
    inner = a + 1
    root = inner * 2
    assert [role(node, root) for node in (a, inner, root)] == ["value leaf", "value", "value root"]
    assert role(a, a) == "value leaf root"


# draw_dot


def test_the_picture_has_a_box_for_each_node_and_a_round_one_for_each_operation(sheet):
    source = draw_dot(and_net()).source
    assert len(re.findall(r'class="?value', source)) == 7
    assert len(re.findall(r"class=op", source)) == 3
    assert len(edges_of(source)) == 6 + 3


def test_a_plus_a_draws_two_arrows(sheet):
    a = Value(3.0)
    assert edges_of(draw_dot(a + a).source) == [("v0op", "v0"), ("v1", "v0op"), ("v1", "v0op")]


def test_arrows_come_in_the_operands_order(sheet):
    a, b = Value(2.0, label="base"), Value(3.0, label="exponent")
    edges = edges_of(draw_dot(a**b).source)
    assert edges == [("v0op", "v0"), ("v1", "v0op"), ("v2", "v0op")]


def test_the_same_graph_gives_the_same_text(sheet):
    first = draw_dot(shared()).source
    elsewhere = [Value(float(i)) for i in range(1000)]  # so that addresses differ
    assert draw_dot(shared()).source == first and elsewhere


def test_no_address_in_memory_shows(sheet):
    root = shared()
    source = draw_dot(root).source
    assert not any(str(id(node)) in source for node in trace(root)[0])


def test_a_result_without_an_operation_is_joined_to_its_operands_directly(sheet):
    a = Value(1.0)
    assert edges_of(draw_dot(Value(1.0, (a,))).source) == [("v1", "v0")]


def test_an_operation_without_operands_is_drawn_as_it_is(sheet):
    assert edges_of(draw_dot(Value(1.0, (), "sample")).source) == [("v0op", "v0")]


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_the_graph_runs_where_it_is_told(sheet, rankdir):
    assert f"rankdir={rankdir}" in draw_dot(Value(1.0), rankdir=rankdir).source


@pytest.mark.parametrize("rankdir", ["RL", "BT"])
def test_it_may_run_the_other_way(sheet, rankdir):
    assert f"rankdir={rankdir}" in draw_dot(Value(1.0), rankdir=rankdir).source


@pytest.mark.parametrize("rankdir", ["TD", "lr", "", None])
def test_a_direction_that_is_none_is_refused(sheet, rankdir):
    with pytest.raises(ValueError, match=f"^a graph runs LR, TB, RL or BT: not {rankdir!r}$"):
        draw_dot(Value(1.0), rankdir=rankdir)


@pytest.mark.parametrize("draw", [trace, draw_dot])
@pytest.mark.parametrize("root", [3.0, "a", None, [Value(1.0)], (Value(1.0), Value(2.0))], ids=repr)
def test_what_is_no_value_has_no_graph(draw, root):
    with pytest.raises(TypeError, match=f"^a graph ends in one Value: not {re.escape(repr(root)[:60])}$"):
        draw(root)


def test_format_is_passed_on(sheet):
    assert draw_dot(Value(1.0), format="png").format == "png"
    with pytest.raises(ValueError, match="format"):
        draw_dot(Value(1.0), format="paper")


def test_drawing_changes_nothing(sheet):
    root = shared()
    root.backward()
    before = [(node.data, node.grad, node.label, node._prev, node._op) for node in trace(root)[0]]
    draw_dot(root)
    assert [(node.data, node.grad, node.label, node._prev, node._op) for node in trace(root)[0]] == before


# laid out by the real program


@needs_dot
@pytest.mark.parametrize(
    "text",
    [
        "<b>",
        "</table>",
        "<x>>",
        "L&R",
        "&amp;",
        '"quoted"',
        "it's",
        "\\N \\G \\E",
        "ends in \\",
        "{a|b}",
        "a -> b;",
        "%3",
    ],
)
def test_odd_labels_and_operations_are_drawn_as_they_are(text):
    pytest.importorskip("graphviz", reason="the Python package graphviz is not installed")
    a = Value(1.0, label=text)
    assert texts(Value(2.0, (a,), text)).count(text) == 2


@needs_dot
def test_blank_labels_and_operations_do_not_break_the_drawing():
    pytest.importorskip("graphviz", reason="the Python package graphviz is not installed")
    a = Value(1.0, label=" \n\x00")
    assert "data" in texts(Value(2.0, (a,), " "))


@needs_dot
def test_the_laid_out_picture_says_every_number():
    pytest.importorskip("graphviz", reason="the Python package graphviz is not installed")
    root = and_net()
    root.backward()
    said = texts(root)
    for node in trace(root)[0]:
        assert f"data|{decimals(node.data)}|grad|{decimals(node.grad)}" in said


@needs_dot
def test_the_laid_out_picture_marks_leaves_root_operations_and_arrows():
    pytest.importorskip("graphviz", reason="the Python package graphviz is not installed")
    svg = draw_dot(and_net()).pipe(format="svg", encoding="utf-8")
    classes = re.findall(r'class="(?:node|edge) ([a-z ]+)"', svg)
    assert {name: classes.count(name) for name in set(classes)} == {
        "value leaf": 4, "value": 2, "value root": 1, "op": 3, "edge": 9,
    }  # fmt: skip


@needs_dot
def test_a_notebook_shows_the_picture_as_svg():
    pytest.importorskip("graphviz", reason="the Python package graphviz is not installed")
    assert "<svg" in draw_dot(and_net())._repr_mimebundle_()["image/svg+xml"]


# what is missing is named


def test_without_the_program_dot_the_error_says_what_to_install(monkeypatch):
    pytest.importorskip("graphviz", reason="the Python package graphviz is not installed")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeError, match=r"`dot`.*apt install graphviz.*brew install graphviz.*graphviz\.org"):
        draw_dot(Value(1.0))


def test_without_the_python_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(RuntimeError, match="pip install graphviz") as caught:
        draw_dot(Value(1.0))
    assert caught.value.__suppress_context__


def test_trace_needs_neither(monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    monkeypatch.setenv("PATH", "")
    assert len(trace(shared())[0]) == 9


# the classic notebook draws with functions of its own


def classic_sets(root):
    """As the classic notebook does it: nodes and edges in sets, by recursion over `_prev`."""
    boxes, arrows = set(), set()

    def visit(value):
        if value in boxes:
            return
        boxes.add(value)
        for child in value._prev:
            arrows.add((child, value))
            visit(child)

    visit(root)
    return boxes, arrows


def classic_picture(root):
    """As the classic notebook does it: named by address, a record with data and grad, one more node for `_op`."""
    graphviz = pytest.importorskip("graphviz", reason="the Python package graphviz is not installed")
    boxes, arrows = classic_sets(root)
    dot = graphviz.Digraph(format="svg", graph_attr={"rankdir": "LR"})
    for value in boxes:
        dot.node(name=str(id(value)), label=f"{{ data {value.data:.4f} | grad {value.grad:.4f} }}", shape="record")
        if value._op:
            dot.node(name=str(id(value)) + value._op, label=value._op)
            dot.edge(str(id(value)) + value._op, str(id(value)))
    for child, value in arrows:
        dot.edge(str(id(child)), str(id(value)) + value._op)
    return dot


def test_the_classic_notebooks_tracing_finds_the_same_nodes():
    root = shared()
    boxes, arrows = classic_sets(root)
    nodes, edges = trace(root)
    assert boxes == set(nodes) and arrows == set(edges)


def test_the_classic_notebooks_drawing_runs_on_our_values():
    x = Value(1.0)
    root = (x * 2 + 1).relu() ** 2
    root.backward()
    source = classic_picture(root).source
    assert all(said in source for said in ("ReLU", "**2", "data 9.0000 | grad 1.0000", "data 1.0000 | grad 12.0000"))


@needs_dot
def test_the_classic_notebooks_drawing_is_laid_out():
    x = Value(1.0)
    assert "<svg" in classic_picture((x + 1) * x).pipe(encoding="utf-8")
