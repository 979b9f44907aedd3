"""Who uses whom: names through scopes, members through classes, imports between modules."""

from __future__ import annotations

import ast

import pytest
from littlebook import LittleBook, cell
from loom.links.usage import Use, usage
from loom.python.scopes import mentions
from loom.read.chapters import parse_book

ENGINE = """
def helper(x):
    return x


class Value:
    def __init__(self, data):
        self.data = data

    def exp(self):
        return self

    def shared(self):
        return self


class Other:
    def shared(self):
        return self


TABLE = {}
TABLE['+'] = helper
"""


def uses(book: LittleBook, *cells: str) -> list[str]:
    """What some cells use of the engine above, in a chapter after it."""
    book.write("engine", cell(ENGINE, tangle="toy/engine.py"))
    docname = book.write("next", *cells)
    return [use.identifier.name for use in usage(parse_book(book.root)).uses if use.cell.chapter == docname]


def uses_in_module(book: LittleBook, source: str) -> list[str]:
    return uses(book, cell(source, tangle="toy/next.py"))


FROM = "from toy.engine import Other, TABLE, Value, helper\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(): return helper(1)", ["helper"]),
        ("def f(helper): return helper(1)", []),
        ("def f():\n    helper = len\n    return helper('')", []),
        ("def f():\n    for helper in []: print(helper)", []),
        ("def f():\n    return [helper for helper in 'ab']", []),
        ("def f():\n    return [helper for x in 'ab']", ["helper"]),
        ("def f():\n    return {helper: 1 for helper in helper(2)}", ["helper"]),
        ("def f():\n    with open('') as helper: return helper", []),
        ("def f():\n    try: pass\n    except OSError as helper: return helper", []),
        ("def f():\n    if (helper := 1): return helper", []),
        ("def f():\n    [(helper := x) for x in 'ab']\n    return helper", []),
        ("def f():\n    import helper\n    return helper", []),
        ("def f(x):\n    match x:\n        case [helper, *_]: return helper", []),
        ("def f():\n    def helper(): pass\n    return helper", []),
        ("def f():\n    def g(): return helper\n    return g", ["helper"]),
        ("def f(helper):\n    def g(): return helper\n    return g", []),
        ("f = lambda helper: helper", []),
        ("f = lambda x, y=helper: x", ["helper"]),
        ("@helper\ndef f(): pass", ["helper"]),
        ("def f(x: Value) -> 'Other': pass", ["Value", "Other"]),
        ("def f(x: 'no name'): pass", []),
        ("class C(Value): pass", ["Value"]),
        ("class C:\n    helper = 1\n    x = helper\n    def f(self): return helper", ["C.helper", "helper"]),
    ],
)
def test_names_are_resolved_by_scope(book: LittleBook, source: str, expected: list[str]) -> None:
    assert uses_in_module(book, FROM + source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from toy.engine import helper as h\nx = h(1)", ["helper"]),
        ("import toy.engine\nx = toy.engine.helper(1)", ["helper"]),
        ("import toy.engine as e\nx = e.helper(1)", ["helper"]),
        ("from toy import engine\nx = engine.helper(1)", ["helper"]),
        ("from .engine import helper\nx = helper(1)", ["helper"]),
        ("from . import engine\nx = engine.Value.exp", ["Value.exp", "Value"]),
        ("from elsewhere import helper\nx = helper(1)", []),
        ("import math\nx = math.exp(1)", []),
        ("x = helper(1)", []),
    ],
)
def test_imports_are_followed_between_the_package_s_modules(book: LittleBook, source: str, expected: list[str]) -> None:
    assert uses_in_module(book, source) == expected


def test_an_import_through_the_package_is_followed_to_the_definition(book: LittleBook) -> None:
    book.write("engine", cell(ENGINE, tangle="toy/engine.py"))
    book.write("package", cell("from toy.engine import helper", tangle="toy/__init__.py"))
    book.write("next", cell("from toy import helper\nhelper(1)"))
    assert [use.identifier.target for use in usage(parse_book(book.root)).uses][-1] == "toy/engine.py"


def test_imports_in_a_circle_mean_nothing(book: LittleBook) -> None:
    book.write(
        "circle",
        cell("from toy.b import lost", tangle="toy/a.py"),
        cell("from toy.a import lost\nx = lost", tangle="toy/b.py"),
    )
    assert usage(parse_book(book.root)).uses == ()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(x): return x.exp()", ["Value.exp"]),
        ("def f(x): return x.shared()", []),
        ("def f(x): return x.missing()", []),
        ("def f(x: Value): return x.shared()", ["Value", "Value.shared"]),
        ("def f(): return Other(1).shared()", ["Other.shared", "Other"]),
        ("def f():\n    x = Value(1)\n    return x.shared()", ["Value", "Value.shared"]),
        ("def f():\n    x = Value(1)\n    x = 2\n    return x.shared()", ["Value"]),
        ("def f(): return Value.shared", ["Value.shared", "Value"]),
        ("def f(x: str): return x.exp()", []),
        ("def f(): return 'a'.exp(), [].exp()", []),
        ("def f(x): x.exp = 1", ["Value.exp"]),
        ("class C(Value):\n    def f(self): return self.exp()", ["Value", "Value.exp"]),
        ("class C(Value):\n    def exp(self): return super().exp()", ["Value", "Value.exp"]),
        ("class C:\n    def exp(self): return self.exp()", ["C.exp"]),
        ("class C:\n    @staticmethod\n    def f(x): return x.exp()", ["Value.exp"]),
        ("class C(Value):\n    @classmethod\n    def f(cls): return cls.shared", ["Value", "Value.shared"]),
        ("def f():\n    class L:\n        def g(self): return self.exp()", []),
    ],
)
def test_members_count_where_their_class_is_known_or_only_one_has_them(
    book: LittleBook, source: str, expected: list[str]
) -> None:
    assert uses_in_module(book, FROM + source) == expected


def test_an_entry_is_used_by_its_key(book: LittleBook) -> None:
    assert uses_in_module(book, FROM + "f = TABLE['+']\ng = TABLE['-']") == ["TABLE['+']", "TABLE", "TABLE"]


def test_a_use_knows_the_definition_it_stands_in(book: LittleBook) -> None:
    uses_in_module(book, FROM + "class C:\n    def f(self):\n        return helper\n\nx = helper")
    found = [use for use in usage(parse_book(book.root)).uses if use.cell.target == "toy/next.py"]
    assert [(use.within, use.row) for use in found] == [("C.f", 4), ("x", 6)]


def test_examples_use_what_they_import(book: LittleBook) -> None:
    assert uses(book, cell(FROM), cell("helper(1)")) == ["helper"]


def test_examples_use_what_a_tangled_cell_of_the_chapter_brings(book: LittleBook) -> None:
    assert uses(book, cell("def new(): pass", tangle="toy/next.py"), cell("new()")) == ["new"]


def test_a_name_given_again_in_the_notebook_is_no_longer_the_package_s(book: LittleBook) -> None:
    assert uses(book, cell(FROM + "helper = len\nhelper('')\nclass Value: pass\nValue()")) == []


def test_what_the_notebook_makes_is_followed_to_its_class(book: LittleBook) -> None:
    assert uses(book, cell(FROM + "v = Value(1)"), cell("v.shared()")) == ["Value", "Value.shared"]
    assert uses(book, cell("import other\nv = other.Value(1)"), cell("v.exp()")) == []


def test_a_trial_takes_no_name_away(book: LittleBook) -> None:
    trial = cell("def helper(x): return -x\n@extend\nclass Value:\n    def exp(self): return self", trial="true")
    assert uses(book, cell(FROM), trial, cell("helper(1)\nValue.exp")) == ["helper", "Value.exp", "Value"]


def test_what_is_not_on_the_page_is_no_use(book: LittleBook) -> None:
    assert uses(book, cell(FROM), cell("helper(1)", tags="[remove-input]")) == []


def test_ipython_s_commands_are_passed_over(book: LittleBook) -> None:
    assert uses(book, cell(FROM), cell("%matplotlib inline\nhelper(1)"), cell("%%time\nhelper(1)"), cell("1 +")) == [
        "helper"
    ]


def test_names_are_the_same_however_often_they_are_looked_up(book: LittleBook) -> None:
    uses_in_module(book, FROM + "x = helper(helper(1))")
    first, second = (usage(parse_book(book.root)).uses for _ in range(2))
    assert first == second and all(isinstance(use, Use) for use in first)


def test_a_path_keeps_every_step() -> None:
    found = [mention.path for mention in mentions(ast.parse("a.b(c)['k'].d"))]
    assert found == [("a", ".b", "()", "['k']", ".d"), ("a", ".b", "()", "['k']"), ("a", ".b"), ("a",), ("c",)]


def test_global_and_nonlocal_names_are_not_local() -> None:
    source = "def f():\n    global x\n    x = 1\n    return x\n"
    source += "def g(y):\n    def h():\n        nonlocal y\n        return y"
    assert [mention.path for mention in mentions(ast.parse(source))] == [("x",)]
