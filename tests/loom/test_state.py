"""What cells leave in the package's memory is put back; what cannot be is named."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from littlebook import LittleBook, cell
from loom.inside.session import ChapterError

M = "toy/m.py"

REMEMBERS = {
    "a counter": (
        "count = 0\n\n\ndef use():\n    global count\n    count += 1\n    return count",
        "count",
    ),
    "a counter in a class": (
        "class C:\n    made = 0\n\n    def __init__(self):\n        C.made += 1\n\n\ndef use():\n    C()\n    return C.made",
        "C.made",
    ),
    "a new attribute of a class": (
        "class C:\n    def __init__(self):\n        C.made = getattr(C, 'made', 0) + 1\n\n\n"
        "def use():\n    C()\n    return C.made",
        "getattr(C, 'made', 0)",
    ),
    "a registry of functions": (
        "REG = {}\n\n\ndef register(f):\n    REG[len(REG)] = f\n    return f\n\n\n"
        "def use():\n    register(use)\n    return len(REG)",
        "len(REG)",
    ),
    "a registry of classes": (
        "class N:\n    kinds = []\n\n    def __init_subclass__(cls):\n        N.kinds.append(cls)\n\n\n"
        "def use():\n    class M(N): pass\n    return len(N.kinds)",
        "len(N.kinds)",
    ),
    "a list of all objects": (
        "class N:\n    made = []\n\n    def __init__(self):\n        N.made.append(self)\n\n\n"
        "def use():\n    N()\n    return len(N.made)",
        "len(N.made)",
    ),
    "an attribute of a function": (
        "def use():\n    use.calls = getattr(use, 'calls', 0) + 1\n    return use.calls",
        "getattr(use, 'calls', 0)",
    ),
    "a default that is a list": ("def use(x=[]):\n    x.append(1)\n    return len(x)", "len(use.__defaults__[0])"),
    "a closure": (
        "def make():\n    n = 0\n\n    def use():\n        nonlocal n\n        n += 1\n        return n\n\n    return use\n\n\n"
        "use = make()",
        "use.__closure__[0].cell_contents",
    ),
    "an object": (
        "class C:\n    n = 0\n\n    def use(self):\n        self.n += 1\n        return self.n\n\n\nONE = C()\n\n\n"
        "def use():\n    return ONE.use()",
        "ONE.n",
    ),
    "an object with slots": (
        "class C:\n    __slots__ = ('n',)\n\n    def use(self):\n        self.n = getattr(self, 'n', 0) + 1\n        return self.n\n\n\n"
        "ONE = C()\n\n\ndef use():\n    return ONE.use()",
        "getattr(ONE, 'n', 0)",
    ),
    "an object in a tuple": (
        "ALL = ([], 1)\n\n\ndef use():\n    ALL[0].append(1)\n    return len(ALL[0])",
        "len(ALL[0])",
    ),
    "a queue": (
        "from collections import deque\n\nQ = deque()\n\n\ndef use():\n    Q.append(1)\n    return len(Q)",
        "len(Q)",
    ),
    "a namespace": (
        "from types import SimpleNamespace\n\nS = SimpleNamespace(n=0)\n\n\ndef use():\n    S.n += 1\n    return S.n",
        "S.n",
    ),
    "a stream of random numbers": (
        "from random import Random\n\nR = Random(7)\nFIRST = Random(7).random()\n\n\n"
        "def use():\n    return 1 if R.random() == FIRST else 2",
        "0 if Random(R.getstate() and 7).getstate() == R.getstate() else 1",
    ),
    "an object behind a method": (
        "class C:\n    n = 0\n\n    def use(self):\n        self.n += 1\n        return self.n\n\n\nuse = C().use",
        "use.__self__.n",
    ),
    "a default behind a cache": (
        "from functools import lru_cache\n\n\n@lru_cache(maxsize=0)\ndef use(seen=[]):\n    seen.append(1)\n    return len(seen)",
        "len(use.__wrapped__.__defaults__[0])",
    ),
    "an object that has any attribute": (
        "class Any:\n    made = 0\n\n    def __getattr__(self, name):\n        if name.startswith('__'):\n            raise AttributeError(name)\n"
        "        return Any()\n\n\nANY = Any()\n\n\ndef use():\n    Any.made += 1\n    return Any.made",
        "Any.made",
    ),
    "a counter with a name of its own": (
        "_count = 0\n\n\ndef use():\n    global _count\n    _count += 1\n    return _count",
        "_count",
    ),
    "a cache": ("_cache = {}\n\n\ndef use():\n    _cache[len(_cache)] = 1\n    return len(_cache)", "len(_cache)"),
}


@pytest.mark.parametrize("case", REMEMBERS.values(), ids=list(REMEMBERS))
def test_what_the_package_remembers_is_put_back_before_the_next_tangled_cell(
    case: tuple[str, str], book: LittleBook, notebook: Any
) -> None:
    source, state = case
    book.write(
        "one",
        cell(source, tangle=M),
        cell("first = use()"),
        cell("second = use()"),
        cell(f"SEEN = {state}", tangle=M),
        cell("third = use()"),
    )
    book.write("two", cell("from toy.m import SEEN, use\nfirst = use()"), cell("second = use()"))
    run = notebook("one").run()
    assert (run["first"], run["second"], run["SEEN"], run["third"]) == (1, 2, 0, 1)
    run.end()
    after = notebook("two").run()
    assert (after["first"], after["second"], after["SEEN"]) == (1, 2, 0)
    after.end()


def test_what_the_package_remembers_is_put_back_after_a_trial_too(book: LittleBook, notebook: Any) -> None:
    source, _ = REMEMBERS["a counter"]
    book.write(
        "one",
        cell(source, tangle=M),
        cell("first = use()"),
        cell("import toy.m\ntoy.m.count = 10\nsecond = use()", trial="true"),
        cell("third = use()"),
        cell("SEEN = count", tangle=M),
    )
    run = notebook("one").run()
    assert (run["first"], run["second"], run["third"], run["SEEN"]) == (1, 11, 12, 0)
    run.end()


ASSIGNS = {
    "a number": ("N = 1", "import toy.m\ntoy.m.N = 2", "toy.m.N"),
    "an attribute of an object": ("class C:\n    x = 1\n\n\nONE = C()", "from toy.m import ONE\nONE.x = 5", "toy.m.ONE"),
    "an attribute of a function": ("def f(): ...", "from toy.m import f\nf.calls = 5", "toy.m.f"),
    "an entry": ("T = {'a': [1]}", "from toy.m import T\nT['b'] = 2", "the contents of toy.m.T"),
    "a table in a table": ("T = {'a': [1]}", "from toy.m import T\nT['a'].append(2)", "the contents of toy.m.T"),
    "a list of a class": ("class C:\n    x = []", "from toy.m import C\nC.x += [1]", "the contents of toy.m.C.x"),
    "by setattr": ("class C:\n    x = 1", "from toy.m import C\nsetattr(C, 'x', 2)", "toy.m.C.x"),
    "under another name": ("T = {}", "from toy.m import T\nt = T\nfor x in 'ab': t[x] = 1", "the contents of toy.m.T"),
    "a function replaced by the package": (
        "def f(): ...\n\n\ndef bend():\n    global f\n    f = None",
        "from toy.m import bend\nbend()",
        "toy.m.f",
    ),
    "a function taken out of a table": (
        "def f(): ...\n\n\nT = {'f': f}\n\n\ndef bend():\n    T.clear()",
        "from toy.m import bend\nbend()",
        "the contents of toy.m.T",
    ),
}


@pytest.mark.parametrize("case", ASSIGNS.values(), ids=list(ASSIGNS))
def test_a_cell_that_itself_assigns_to_the_package_is_named(
    case: tuple[str, str, str], book: LittleBook, notebook: Any
) -> None:
    source, wrong, name = case
    book.write("one", cell(source, tangle=M))
    book.write("two", cell(wrong), cell("x = 1"))
    run = notebook("two")
    error = run.step()
    place = book.place("two", wrong.partition("\n")[0])
    assert str(error).startswith(f"{place}: this cell changes {name}, which the book tangles."), error
    assert run.step() is None
    with pytest.raises(ChapterError) as ended:
        run.end()
    assert str(ended.value) == str(error)


@pytest.mark.parametrize("options", [{}, {"trial": "true"}])
def test_a_cell_that_changes_what_cannot_be_put_back_is_named(
    options: dict[str, str], book: LittleBook, notebook: Any
) -> None:
    source = "from itertools import count\n\n{0} = count()\n\n\ndef use():\n    return next({0})"
    book.write("one", cell(source.format("IDS"), tangle=M))
    book.write("two", cell("from toy.m import use\nuse()", **options))
    run = notebook("two")
    place = book.place("two", "from toy.m import use")
    error = str(run.step())
    assert error.startswith(f"{place}: this cell changes toy.m.IDS (a count), which cannot be put back. Begin the name")
    book.write("one", cell(source.format("_IDS"), tangle=M))
    notebook("two").run().end()


def test_a_plug_in_of_the_notebook_does_not_stay_in_the_package(book: LittleBook, notebook: Any) -> None:
    source, _ = REMEMBERS["a registry of functions"]
    book.write("one", cell(source, tangle=M))
    book.write(
        "two",
        cell("from toy.m import REG, register\n\n\n@register\ndef mine(): ...\n\n\nshown = [f.__name__ for f in REG.values()]"),
        cell("def last(): ...", tangle=M),
    )
    run = notebook("two").run()
    assert run["shown"] == ["mine"] and sys.modules["toy.m"].REG == {}
    run.end()
