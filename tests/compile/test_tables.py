"""One set of operations, in many tables: rules, plain numbers, NumPy, C, and the scripts of the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from micrograd.compile import compile
from micrograd.engine import RULES, Value, ieee_pow
from micrograd.layers import QUICK, numpy_functions, spelt
from micrograd.native import FORMULAS, OPCODES
from micrograd.program import FUNCTIONS, entry, exponent_of, function_of

SCRIPTS = Path(__file__).parents[2] / "pages/explore/src"
LAYERS = {"matmul", "dots", "sums"}  # what many instructions become together
# A sum never arrives alone: each chain of additions is a sum of products, of any length.
INSTRUCTIONS = RULES.keys() - {"+"}


def table_in(script: str, name: str) -> set[str]:
    """The keys of an object literal, `const NAME = {...};`, one of its entries a line or all in one."""
    text = (SCRIPTS / script).read_text(encoding="utf-8")
    found = re.search(rf"const {name} = {{(.*?)}};", text, re.DOTALL)
    assert found, f"no {name} in {script}"
    return {quoted or bare for quoted, bare in re.findall(r"(?:^|[,{]|\n)\s*(?:'([^']+)'|(\w+)):", found[1])}


def test_every_rule_has_a_function_of_plain_numbers() -> None:
    assert FUNCTIONS.keys() == RULES.keys()


def test_numpy_has_every_instruction() -> None:
    numpy = pytest.importorskip("numpy")
    assert numpy_functions(numpy).keys() == INSTRUCTIONS | LAYERS | {*QUICK.values()}


def test_c_has_every_instruction() -> None:
    assert FORMULAS.keys() == INSTRUCTIONS | {*QUICK.values()} | {"+*"}  # a further term of a sum
    assert OPCODES.keys() == LAYERS | FORMULAS.keys()
    assert [*OPCODES.values()] == [*range(len(OPCODES))]


def test_the_pages_know_what_graphs_are_drawn_of() -> None:
    drawn = table_in("engine.js", "OPERATIONS")
    by_hand = {"-", "/", "neg", "|-|"}  # of graphs drawn by hand; the engine makes them of others
    undrawn = {"highest", "gate"}  # no explorable draws a largest score, or a derivative's graph
    assert drawn == RULES.keys() - undrawn | by_hand
    assert table_in("kinds/grow.js", "DO") == {op for op in drawn if not op[0].isalpha()} - {"|-|"}  # what a reader types between two


def test_an_exponent_is_part_of_a_powers_name() -> None:
    assert [exponent_of(op) for op in ("**3", "**-1.5", "**0", "**inf")] == [3.0, -1.5, 0.0, float("inf")]
    assert [exponent_of(op) for op in ("**", "*", "exp", "")] == [None] * 4


def test_some_powers_need_no_exponent() -> None:
    assert [spelt(op) for op in ("**-1", "**-1.0", "**0.5", "**3", "**", "tanh")] == [
        ("**-1", []), ("**-1", []), ("**0.5", []), ("**", [3.0]), ("**", []), ("tanh", []),
    ]  # fmt: skip


@pytest.mark.parametrize("op", FUNCTIONS)
@pytest.mark.parametrize("numbers", [(0.75, 0.5), (-1.25, 2.0), (2.0, -0.5), (0.0, 3.0), (2.0, 0.0)])
def test_function_of_is_what_a_value_does(op: str, numbers: tuple[float, float]) -> None:
    methods = {"+": "__add__", "*": "__mul__", "**": "__pow__", "ReLU": "relu", "abs": "__abs__"}
    a, b = map(Value, numbers)
    if op == "highest":
        wanted = max(numbers)
    elif op == "gate":
        wanted = numbers[0] if numbers[1] > 0 else 0.0
    else:
        method = getattr(a, methods.get(op, op))
        wanted = (method(b) if op in ("+", "*", "**") else method()).data
    found = function_of(op)(*numbers[: 2 if op in ("+", "*", "**", "highest", "gate") else 1])
    assert found == pytest.approx(wanted, rel=1e-15, nan_ok=True)


@pytest.mark.parametrize("n", [3.0, -1.0, 0.5, -2.5])
def test_function_of_a_power_with_its_exponent(n: float) -> None:
    assert [function_of(f"**{n}")(x) for x in (0.0, -2.0, 1.5)] == pytest.approx(
        [ieee_pow(x, n) for x in (0.0, -2.0, 1.5)], nan_ok=True
    )


def softplus_of(w: Value) -> Value:
    return Value(1.0, (w,), "softplus")


@pytest.mark.parametrize("backend", ["python", "numpy", "native"])
def test_an_operation_that_has_only_a_rule(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "softplus", lambda g, y, a: (g * a.sigmoid(),))
    w = Value(2.0)
    with pytest.raises(LookupError, match=r"^`softplus` has no entry in FUNCTIONS \(chapter \*The graph is a program\*\)"):
        compile(softplus_of(w), [], [w], backend=backend)


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("numpy", r"^`softplus` has no entry in numpy_functions \(chapter \*The layers come back\*\)"),
        ("native", r"^`softplus` has no entry in FORMULAS \(chapter \*One loop in C\*\)"),
    ],
)
def test_an_operation_that_one_machine_lacks(backend: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "softplus", lambda g, y, a: (g * a.sigmoid(),))
    monkeypatch.setitem(FUNCTIONS, "softplus", lambda a: a)
    w = Value(2.0)
    assert compile(softplus_of(w), [], [w], backend="python").backward() == 2.0
    with pytest.raises(LookupError, match=said):
        compile(softplus_of(w), [], [w], backend=backend)
    with pytest.raises(LookupError, match=said):
        compile(lambda x: softplus_of(w * x), [[1.0]], [w], backend=backend)


def test_a_chapter_that_lacks_an_operation_has_its_title() -> None:
    book = Path(__file__).parents[2] / "book"
    for name, chapter in {"FUNCTIONS": "the-graph-is-a-program", "numpy_functions": "the-layers-come-back",
                          "FORMULAS": "one-loop-in-c"}.items():  # fmt: skip
        text = (book / f"{chapter}.md").read_text(encoding="utf-8")
        [title] = re.findall(r"^# (.+)$", text.split("```{code-cell}")[0], re.MULTILINE)
        assert re.search(rf"'{name}',\s*'{re.escape(title)}'", text), f"{name} is said to be told elsewhere"


def test_entry_gives_what_the_table_holds() -> None:
    assert entry({"exp": 3}, "exp", "TABLE", "A chapter") == 3
