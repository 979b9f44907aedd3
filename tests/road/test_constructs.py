"""Constructs of Python: what a piece of code shows."""

from __future__ import annotations

import pytest
from road.constructs import constructs

SHOWN = {
    "f = lambda x: x": "`lambda`",
    "[x for x in xs]": "a list comprehension",
    "{x for x in xs}": "a set comprehension",
    "{x: 1 for x in xs}": "a dict comprehension",
    "sum(x for x in xs)": "a generator expression",
    "f(*xs)": "a star in a call (`f(*xs)`)",
    "f(**xs)": "two stars in a call (`f(**options)`)",
    "def f(*xs): pass": "a star before a parameter (`*xs`)",
    "def f(**xs): pass": "two stars before a parameter (`**options`)",
    "def f(*, x): pass": "a parameter given by its name alone (`*, x`)",
    "def f(x, /): pass": "a parameter given without its name (`x, /`)",
    "a, *b = xs": "a star in unpacking (`first, *rest = xs`)",
    "[*xs, 1]": "a star in a list (`[*xs, y]`)",
    "{**xs}": "two stars in a dictionary",
    "def f(n):\n    return f(n - 1)": "recursion",
    "class A:\n    def f(self):\n        return self.f()": "recursion",
    "f'{x:.2f}'": "a format in an f-string (`{x:.2f}`)",
    "f'{x!r}'": "`!r` in an f-string",
    "a if b else c": "a conditional expression (`a if b else c`)",
    "(x := 1)": "`:=`",
    "with f: pass": "`with`",
    "try:\n    x\nexcept E:\n    y": "`try`",
    "for x in xs:\n    pass\nelse:\n    y": "`else` of a loop",
    "xs[::2]": "a slice with a step (`xs[::2]`)",
    "0 < x < 1": "a chain of comparisons (`a < b < c`)",
    "class A(B): pass": "inheritance (`class A(B)`)",
    "class A:\n    x = 1": "a name in the body of a class",
    "x: int = 1": "an annotated name (`x: int = 0`)",
    "def f(x: int): pass": "annotations (`x: int`, `-> int`)",
    "a = b = 1": "one value for two names (`a = b = 0`)",
    "for i, (a, b) in xs: pass": "unpacking within unpacking (`i, (a, b)`)",
    "class A:\n    def __add__(self, other): pass": "a method for an operator (`__add__`)",
    "class A:\n    def __rmul__(self, other): pass": "a reflected method (`__radd__`)",
    "class A:\n    def __call__(self): pass": "the method `__call__`",
    "class A:\n    @property\n    def x(self): pass": "the decorator `@property`",
    "class A:\n    @x.setter\n    def x(self, y): pass": "the decorator `@….setter`",
    "@cache(maxsize=1)\ndef f(): pass": "the decorator `@cache`",
    "sorted(xs, key=f)": "`key=` in `sorted`, `min` or `max`",
    "zip(a, b, strict=True)": "`zip(…, strict=True)`",
    "getattr(x, 'y')": "`getattr()`",
    "x << 1": "operators on bits",
    "{1, 2}": "a set (`{a, b}`)",
    "match x:\n    case 1: pass": "`match`",
}


@pytest.mark.parametrize("source", SHOWN)
def test_a_construct_is_known_by_its_name(source: str) -> None:
    assert [name for name, _ in constructs(source)] == [SHOWN[source]]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("[x for x in xs if x]", ["a list comprehension", "a condition in a comprehension"]),
        ("[x for x in xs for y in x]", ["a list comprehension", "two loops in a comprehension"]),
        ("def f():\n    def g():\n        yield 1\n    return g", ["a function within a function", "`yield`"]),
        ("def f():\n    global x\n    raise E", ["`global`", "`raise`"]),
        ("def f(xs: list[int]): pass", ["annotations (`x: int`, `-> int`)", "annotations with brackets (`list[int]`)"]),
        ("try:\n    x\nfinally:\n    y", ["`try`", "`finally`"]),
    ],
)
def test_several_come_in_the_order_of_the_page(source: str, names: list[str]) -> None:
    assert [name for name, _ in constructs(source)] == names


@pytest.mark.parametrize(
    "source",
    [
        "import math\nx, y = 1, 2\nx += 1\nxs = [1, 2][0:1]\nd = {'a': 1}\nprint(f'{x}', end='')",
        "def f(x, y=1):\n    if x and not y:\n        return x ** 2\n    for i in range(3):\n        while x: break\n    return None",
        "class A:\n    '''What it is.'''\n    def __init__(self, x):\n        self.x = x\n    def __repr__(self): return 'A'",
        "%timeit f(x)",
        "def f(:",
    ],
)
def test_a_year_of_python_is_taken_for_granted(source: str) -> None:
    assert constructs(source) == []


def test_a_call_of_another_function_is_no_recursion() -> None:
    assert constructs("def f(n):\n    return g(n)\n\ndef g(n):\n    return n\n\nf(1)") == []


def test_a_construct_is_where_it_first_stands() -> None:
    assert constructs("x = 1\ny = [a for a in b]\nz = [a for a in b]\nf = lambda: 1") == [("a list comprehension", 2), ("`lambda`", 4)]
