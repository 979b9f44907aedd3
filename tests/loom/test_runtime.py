"""A chapter's cells run where their definitions belong, in the order of the book."""

from __future__ import annotations

import inspect
import pickle
import sys
import traceback
from typing import Any

import pytest
from littlebook import LittleBook, cell
from loom.inside.runtime import ChapterError, Comparison

M = "toy/m.py"

VALUE = """
class Value:
    \"\"\"A number.\"\"\"

    def __init__(self, data):
        self.data = data

    def double(self):
        return 2 * self.data
"""

RULES = """
RULES = {}


def rule(g):
    return g


RULES['+'] = rule
"""


def first_chapter(book: LittleBook) -> None:
    book.write("one", cell(VALUE, tangle=M), cell(RULES, tangle=M))


# ---------------------------------------------------------------------------- tangled cells


def test_definitions_live_in_their_module(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    run = notebook("one").run()
    assert run["Value"].__module__ == "toy.m"
    assert sys.modules["toy.m"].Value is run["Value"]
    assert sys.modules["toy"].m is sys.modules["toy.m"]


def test_the_next_chapter_begins_with_the_package_of_the_last(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    book.write("two", cell("from toy.m import Value\nfour = Value(2).double()"))
    assert notebook("two").run()["four"] == 4


def test_instances_pickle(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    value = notebook("one").run()["Value"](3)
    assert pickle.loads(pickle.dumps(value)).double() == 6


def test_a_class_is_the_same_under_each_of_its_names(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    book.write(
        "two",
        cell("import toy.m\nfrom toy.m import Value\nearly = Value(1)"),
        cell("@extend\nclass Value:\n    def half(self):\n        return self.data / 2", tangle=M),
        cell("same = Value is toy.m.Value and isinstance(early, Value)\nhalf = early.half()"),
    )
    run = notebook("two").run()
    assert run["same"] and run["half"] == 0.5
    run.end()


def test_super_works_in_a_class_opened_again(book: LittleBook, notebook: Any) -> None:
    book.write(
        "one",
        cell("class Base:\n    def name(self):\n        return 'base'\n\n\nclass Value(Base):\n    pass", tangle=M),
        cell("@extend\nclass Value:\n    def name(self):\n        return super().name() + '!'", tangle=M),
        cell("name = Value().name()"),
    )
    run = notebook("one").run()
    assert run["name"] == "base!"
    run.end()


def test_a_module_finds_what_earlier_cells_tangled_into_another(book: LittleBook, notebook: Any) -> None:
    book.write(
        "one",
        cell("def f():\n    return 1", tangle="toy/sub/a.py"),
        cell("from toy.sub.a import f\n\n\ndef g():\n    return f() + 1", tangle="toy/b.py"),
        cell("from .b import g", tangle="toy/__init__.py"),
        cell("from toy import g\nfrom toy.sub import a\ntwo = g()"),
    )
    run = notebook("one").run()
    assert run["two"] == 2
    run.end()


def test_what_a_module_imports_is_in_the_notebook_too(book: LittleBook, notebook: Any) -> None:
    book.write("one", cell("import math\n\n\ndef f(x):\n    return math.exp(x)", tangle=M), cell("e = math.e"))
    run = notebook("one").run()
    assert run["e"] == pytest.approx(2.71828, abs=1e-5)
    run.end()


def test_future_features_hold_for_all_cells_of_the_module(book: LittleBook, notebook: Any) -> None:
    book.write(
        "one",
        cell('"""Doc."""\n\nfrom __future__ import annotations', tangle=M),
        cell("class Value:\n    def add(self, other: Value) -> Unknown:\n        return other", tangle=M),
    )
    run = notebook("one").run()
    assert run["Value"].add.__annotations__ == {"other": "Value", "return": "Unknown"}
    assert sys.modules["toy.m"].__doc__ == "Doc."
    run.end()


def test_a_replaced_function_reaches_the_modules_that_imported_it(book: LittleBook, notebook: Any) -> None:
    book.write(
        "one",
        cell("def f():\n    return 1", tangle=M),
        cell("from toy.m import f\n\n\ndef g():\n    return f()", tangle="toy/b.py"),
        cell("def f():\n    return 2", tangle=M, replaces="f"),
        cell("two = g()"),
    )
    run = notebook("one").run()
    assert run["two"] == 2
    run.end()


def test_tracebacks_are_in_chapter_lines(book: LittleBook, notebook: Any) -> None:
    book.write(
        "one",
        "Some prose.",
        cell("def f():\n    # why\n    raise KeyError('here')", tangle=M),
        "More prose.",
        cell("x = 1\nf()", tags="[raises-exception]"),
    )
    run = notebook("one")
    run.step()
    error = run.step()
    frames = traceback.extract_tb(error.__traceback__)[-2:]
    assert [f"{frame.filename}:{frame.lineno}" for frame in frames] == [
        f"book/one.md:{book.line('one', 'x = 1') + 1}",
        book.place("one", "raise KeyError"),
    ]
    assert frames[1].line == "raise KeyError('here')"


def test_the_source_of_a_tangled_function_is_found(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    run = notebook("one").run()
    assert inspect.getsource(run["rule"]) == "def rule(g):\n    return g\n"
    assert inspect.getsource(run["Value"].double).strip() == "def double(self):\n        return 2 * self.data"


def test_a_cell_of_the_same_text_twice_runs_in_order(book: LittleBook, notebook: Any) -> None:
    book.write("one", cell("n = 0"), cell("n += 1"), cell("n += 1"))
    run = notebook("one").run()
    assert run["n"] == 2
    assert run.session.next == 3


# ---------------------------------------------------------------------------- a new head


HEAD = """
class Value:
    \"\"\"A number in a slot.\"\"\"

    __slots__ = ('data',)
    zero = 0
"""


def test_a_new_head_rebuilds_the_class_with_its_members(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    book.write(
        "two",
        cell("from toy.m import Value, RULES\nold = Value"),
        cell("@extend\nclass Value:\n    def fail(self):\n        raise KeyError", tangle=M),
        cell(HEAD, tangle=M, replaces="Value", keeps="Value.*"),
        cell("new = Value(4)\nfour, zero = new.double() // 2, Value.zero"),
    )
    run = notebook("two").run()
    assert run["Value"] is not run["old"] and sys.modules["toy.m"].Value is run["Value"]
    assert (run["four"], run["zero"], run["Value"].__slots__) == (4, 0, ("data",))
    assert not hasattr(run["new"], "__dict__")
    run.end()


def test_a_rebuilt_class_keeps_the_lines_of_its_members(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    book.write(
        "two",
        cell("@extend\nclass Value:\n    def fail(self):\n        raise KeyError", tangle=M),
        cell(HEAD, tangle=M, replaces="Value", keeps="Value.*"),
    )
    run = notebook("two").run()
    frame = None
    try:
        run["Value"](1).fail()
    except KeyError as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
    assert frame is not None
    assert f"{frame.filename}:{frame.lineno}" == book.place("two", "raise KeyError")
    code = run["Value"].double.__code__
    assert f"{code.co_filename}:{code.co_firstlineno}" == book.place("one", "def double")


def test_a_rebuilt_class_reaches_the_modules_that_imported_it(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    book.write("two", cell("from toy.m import Value\n\n\ndef make():\n    return Value(1)", tangle="toy/b.py"))
    book.write("three", cell(HEAD, tangle=M, replaces="Value", keeps="Value.*"), cell("from toy.b import make"))
    run = notebook("three").run()
    assert type(run["make"]()) is run["Value"]
    run.end()


# ---------------------------------------------------------------------------- a class given again

AGAIN = {
    "a dataclass": (
        "from dataclasses import dataclass\n\n\n@dataclass\nclass P:\n    x: int\n    y: int\n    z: int = 0",
        "@dataclass\nclass P:\n    y: int\n    x: int",
        "repr(P(1, 2))",
        "P(y=1, x=2)",
    ),
    "a named tuple": (
        "from typing import NamedTuple\n\n\nclass P(NamedTuple):\n    x: int\n    y: int\n    z: int = 0",
        "class P(NamedTuple):\n    y: int\n    x: int",
        "repr(P(1, 2))",
        "P(y=1, x=2)",
    ),
    "an enum": (
        "from enum import Enum\n\n\nclass P(Enum):\n    A = 2\n    C = 3\n    z = 4",
        "class P(Enum):\n    B = 1\n    A = 2\n    C = 3",
        "[one.name for one in P]",
        ["B", "A", "C"],
    ),
    "a typed dict": (
        "from typing import TypedDict\n\n\nclass P(TypedDict):\n    x: int\n    y: int\n    z: int",
        "class P(TypedDict):\n    y: int\n    x: int",
        "list(P.__annotations__)",
        ["y", "x"],
    ),
    "a protocol": (
        "from typing import Protocol\n\n\nclass P(Protocol):\n    x: int\n    y: int\n    z: int",
        "class P(Protocol):\n    y: int\n    x: int",
        "list(P.__annotations__)",
        ["y", "x"],
    ),
}


@pytest.mark.parametrize("case", AGAIN.values(), ids=list(AGAIN))
def test_a_class_given_again_is_what_its_cell_says(
    case: tuple[str, str, str, Any], book: LittleBook, notebook: Any
) -> None:
    old, new, asked, expected = case
    book.write("one", cell(old, tangle=M))
    book.write("two", cell(new, tangle=M, replaces="P", removes="P.z"), cell(f"shown = {asked}"))
    book.write("three", cell(f"from toy.m import P\nshown = {asked}"))
    run = notebook("two").run()
    assert run["shown"] == expected
    run.end()
    assert notebook("three").run()["shown"] == expected


def test_a_class_given_again_may_be_a_field_short_of_the_one_that_it_keeps(book: LittleBook, notebook: Any) -> None:
    book.write("one", cell(AGAIN["a dataclass"][0], tangle=M))
    new = "@dataclass(order=True)\nclass P:\n    y: float\n    w: int"
    book.write("two", cell(new, tangle=M, replaces="P", keeps="P.x, P.z"), cell("shown = repr(P(1, 2, 3))"))
    run = notebook("two").run()
    assert run["shown"] == "P(x=1, y=2, w=3, z=0)"
    run.end()


# ---------------------------------------------------------------------------- trials

WRONG = {
    "a method": "@extend\nclass Value:\n    def double(self):\n        return 'wrong'",
    "a new method": "@extend\nclass Value:\n    def triple(self):\n        return 'wrong'",
    "an attribute of the class": "Value.double = 3",
    "a deleted method": "del Value.double",
    "a property": "Value.double = property(lambda self: 1)",
    "equality": "@extend\nclass Value:\n    def __eq__(self, other):\n        return True",
    "a function of the module": "import toy.m\ntoy.m.rule = None",
    "the code of a function": "import toy.m\ntoy.m.rule.__code__ = (lambda g: 2).__code__",
    "the code of a method": "Value.__init__.__code__ = (lambda self, data: None).__code__",
    "an entry of a table": "RULES['+'] = None",
    "a new entry": "RULES['*'] = None",
    "a table emptied": "RULES.clear()",
    "the class itself": "import toy.m\nclass Value: pass\ntoy.m.Value = Value",
    "a new name": "import toy.m\ntoy.m.extra = 1",
    "a name gone": "import toy.m\ndel toy.m.rule",
    "a constant": "import toy.m\ntoy.m.STEP = 2",
}


def with_wrong(book: LittleBook, wrong: str, **options: str) -> None:
    book.write("one", cell(VALUE, tangle=M), cell(RULES, tangle=M), cell("STEP = 1", tangle=M))
    book.write(
        "two",
        cell("from toy.m import Value, RULES, rule\nvalue = Value(5)"),
        cell(wrong, **options),
        cell("between = 1"),
        cell("@extend\nclass Value:\n    def half(self):\n        return self.data / 2", tangle=M),
        cell("after = value.double(), Value(1).double(), rule(1), RULES['+'](1), hash(value) is None"),
    )


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_a_trial_is_taken_back_before_the_next_tangled_cell(wrong: str, book: LittleBook, notebook: Any) -> None:
    with_wrong(book, wrong, trial="true")
    run = notebook("two")
    original = sys.modules["toy.m"].Value
    members = dict(vars(original))
    code = original.__init__.__code__
    run.run()
    assert run["after"] == (10, 2, 1, 1, False)
    assert run["Value"] is original is sys.modules["toy.m"].Value
    assert {k: v for k, v in vars(original).items() if k != "half"} == members
    assert original.__init__.__code__ is code
    assert sys.modules["toy.m"].STEP == 1 and not hasattr(sys.modules["toy.m"], "extra")
    run.end()


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_a_trial_is_taken_back_at_the_end_of_the_chapter(wrong: str, book: LittleBook, notebook: Any) -> None:
    with_wrong(book, wrong, trial="true")
    run = notebook("two")
    for _ in range(3):
        assert run.step() is None
    run.session.plan = {**run.session.plan, "after": run.session.plan["before"]}
    run.end()


def test_a_trial_lasts_through_the_untangled_cells_that_follow(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    book.write(
        "two",
        cell("from toy.m import Value"),
        cell("@extend\nclass Value:\n    def double(self):\n        return 'wrong'", trial="true"),
        cell("shown = Value(1).double()"),
        cell("@extend\nclass Value:\n    def double(self):\n        return 'also wrong'", trial="true"),
        cell("shown += Value(1).double()"),
    )
    run = notebook("two").run()
    assert run["shown"] == "wrongalso wrong"
    run.end()
    assert run["Value"](1).double() == 2


def test_a_trial_reaches_objects_made_before_it(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    book.write(
        "two",
        cell("from toy.m import Value\nvalue = Value(1)"),
        cell("Value.double = lambda self: 'wrong'\nshown = value.double()", trial=""),
    )
    assert notebook("two").run()["shown"] == "wrong"


def test_a_name_that_a_trial_rebinds_to_an_object_stays(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    book.write("two", cell("from toy.m import Value\nv = Value(1)"), cell("v = Value(2)", trial="true"))
    run = notebook("two").run()
    run.end()
    assert run["v"].data == 2


def test_what_a_trial_leaves_in_the_notebook_stays(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    book.write("two", cell("from toy.m import Value\nresult = Value(3)", trial="true"))
    run = notebook("two").run()
    run.end()
    assert run["result"].double() == 6


# ---------------------------------------------------------------------------- changes without a mark


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_a_change_in_an_unmarked_cell_is_an_error(wrong: str, book: LittleBook, notebook: Any) -> None:
    with_wrong(book, wrong)
    run = notebook("two")
    assert run.step() is None
    error = run.step()
    assert isinstance(error, ChapterError)
    place = book.place("two", wrong.partition("\n")[0])
    assert str(error).startswith(f"{place}: this cell changes ")
    assert "`:trial: true`" in str(error) and "`:tangle:`" in str(error)
    with pytest.raises(ChapterError, match="this cell changes"):
        run.end()


def test_the_message_names_what_was_changed(book: LittleBook, notebook: Any) -> None:
    with_wrong(book, "Value.double = 3")
    run = notebook("two")
    run.step()
    assert "changes toy.m.Value.double, which the book tangles" in str(run.step())


FREE = {
    "objects": "value.data = 3\nvalue.label = 'x'",
    "a subclass": "class Other(Value):\n    def double(self):\n        return 0",
    "a function of the notebook": "def rule(g):\n    return 'mine'",
    "a module imported": "import toy.m as m",
    "annotations looked at": "Value.__annotations__",
    "a copy": "import copy\ncopy.copy(value)",
    "a pickle": "import pickle\npickle.dumps(value, 0)",
    "its own memory": "import toy.m\ntoy.m._cache['x'] = 1",
}


@pytest.mark.parametrize("free", FREE.values(), ids=list(FREE))
def test_what_changes_no_definition_needs_no_mark(free: str, book: LittleBook, notebook: Any) -> None:
    book.write("one", cell(VALUE, tangle=M), cell("_cache = {}\n\n\ndef rule(g):\n    return g", tangle=M))
    book.write("two", cell("from toy.m import Value, rule\nvalue = Value(5)"), cell(free))
    notebook("two").run().end()


# ---------------------------------------------------------------------------- what the package remembers

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


# ---------------------------------------------------------------------------- as a reader would import it

NOTEBOOK_ONLY = {
    "extend": "x = extend",
    "display": "Y = display",
    "get_ipython": "SH = get_ipython()",
    "in a function": "def f():\n    display(1)",
    "as a decorator in a function": "def f():\n    @extend\n    class C: ...",
}


@pytest.mark.parametrize("source", NOTEBOOK_ONLY.values(), ids=list(NOTEBOOK_ONLY))
def test_a_tangled_cell_may_not_use_what_only_a_notebook_has(source: str, book: LittleBook, refused: Any) -> None:
    book.write("one", cell(source, tangle=M))
    name = next(name for name in ("extend", "display", "get_ipython") if name in source)
    refused(book.place("one", source.split("\n")[0]), f"`{name}` is there in a notebook only")


def test_a_name_that_a_notebook_has_too_may_be_the_packages_own(book: LittleBook, notebook: Any) -> None:
    book.write("one", cell("def display(x):\n    return x\n\n\ndef f(extend):\n    return display(extend)", tangle=M))
    book.write("two", cell("from toy.m import f\none = f(1)"))
    assert notebook("two").run()["one"] == 1


def test_the_package_is_imported_without_what_a_notebook_has(
    book: LittleBook, notebook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import builtins

    def stranger() -> None: ...

    monkeypatch.setattr(builtins, "stranger", stranger, raising=False)
    book.write("one", cell("x = stranger", tangle=M))
    run = notebook("one").run()
    with pytest.raises(ChapterError, match="leaves cannot be imported: toy.m: NameError: name 'stranger'"):
        run.end()
    assert vars(builtins)["stranger"] is stranger and "extend" in vars(builtins)


# ---------------------------------------------------------------------------- executed = tangled


def differences(ran: str, tangled: str) -> list[tuple[str, str, str]]:
    import types

    modules = []
    for source in (ran, tangled):
        module = types.ModuleType("m")
        exec(compile(source, "m", "exec", dont_inherit=True), vars(module))
        modules.append(module)
    return Comparison({"m": modules[0]}, {"m": modules[1]}).differences


SAME = {
    "lines": ("def f(x):\n    return x", "\n\n\ndef f(x):\n    return x"),
    "order": ("a = 1\nb = 2", "b = 2\na = 1"),
    "nested": ("def f():\n    return lambda x: [x for x in x]",) * 2,
    "cached": ("from functools import lru_cache\n@lru_cache\ndef f(): return 1",) * 2,
    "class": ("class C:\n    __slots__ = 'a'\n    def f(self): return super().x",) * 2,
    "nan": ("a = float('nan'), -0.0",) * 2,
    "objects": ("class C: pass\nc = C()\nc.me = c\nc.x = 1",) * 2,
    "a dropped import": ("import math\nfrom math import pi\na = 1", "a = 1"),
    "what a thread has put away": (
        "import threading\nt = threading.local()\nt.x = 1",
        "import threading\nt = threading.local()",
    ),
    "tables": ("def f(): pass\nT = {'a': f, 'b': {1, 2, 3}}",) * 2,
}

DIFFERENT = {
    "body": ("def f(x): return x + 1", "def f(x): return x + 2", "f"),
    "operator": ("def f(x): return x + x", "def f(x): return x - x", "f"),
    "name": ("def f(x): return a(x)", "def f(x): return b(x)", "f"),
    "default": ("def f(x=1): return x", "def f(x=1.0): return x", "f"),
    "keyword default": ("def f(*, x=1): return x", "def f(*, x=2): return x", "f"),
    "argument": ("def f(x): return 1", "def f(*x): return 1", "f"),
    "docstring": ("def f(x): 'a'", "def f(x): 'b'", "f"),
    "annotation": ("def f(x: int): pass", "def f(x: float): pass", "f"),
    "inner function": ("def f(): return lambda: 1", "def f(): return lambda: 2", "f"),
    "zero": ("def f(): return 0.0", "def f(): return -0.0", "f"),
    "method": ("class C:\n    def f(self): return 1", "class C:\n    def f(self): return 2", "C.f"),
    "method gone": ("class C:\n    def f(self): return 1", "class C: pass", "C.f"),
    "method missing": ("class C: pass", "class C:\n    def f(self): return 1", "C.f"),
    "hash": ("class C: pass", "class C:\n    __hash__ = None", "C.__hash__"),
    "layout": ("class C: pass", "class C:\n    __slots__ = ()", "C"),
    "bases": ("class C(dict): pass", "class C(list): pass", "C"),
    "class docstring": ("class C: 'a'", "class C: 'b'", "C.__doc__"),
    "class annotation": ("class C: x: int", "class C: x: float", "C"),
    "static": ("class C:\n    def f(): pass", "class C:\n    @staticmethod\n    def f(): pass", "C.f"),
    "property": (
        "class C:\n    @property\n    def f(self): return 1",
        "class C:\n    @property\n    def f(self): return 2",
        "C.f",
    ),
    "cached": (
        "from functools import lru_cache\n@lru_cache\ndef f(): return 1",
        "from functools import lru_cache\n@lru_cache\ndef f(): return 2",
        "f",
    ),
    "constant": ("a = 1", "a = 2", "a"),
    "entry": ("def f(): pass\nT = {'a': f}", "def f(): pass\nT = {'a': None}", "T"),
    "order of entries": ("T = {1: 1, 2: 2}", "T = {2: 2, 1: 1}", "T"),
    "list": ("a = [1, 2]", "a = [1, 3]", "a"),
    "set": ("a = {1, 2}", "a = {1, 3}", "a"),
    "module docstring": ("'a'", "'b'", "__doc__"),
    "attribute of an object": ("class C: pass\nc = C()\nc.x = 1", "class C: pass\nc = C()\nc.x = 2", "c"),
    "slot of an object": (
        "class C:\n    __slots__ = 'x'\nc = C()\nc.x = 1",
        "class C:\n    __slots__ = 'x'\nc = C()\nc.x = 2",
        "c",
    ),
    "function missing": ("", "def f(): pass", "f"),
    "function too many": ("def f(): pass", "", "f"),
    "closure": (
        "def make(n):\n    def g(): return n\n    return g\nf = make(1)",
        "def make(n):\n    def g(): return n\n    return g\nf = make(2)",
        "f",
    ),
}


LIBRARY = {
    "fraction": "from fractions import Fraction\na = Fraction({})",
    "decimal": "from decimal import Decimal\na = Decimal('{}.0')",
    "path": "from pathlib import Path\na = Path('{}')",
    "pattern": "import re\na = re.compile('{}')",
    "deque": "from collections import deque\na = deque([{}])",
    "date": "from datetime import date\na = date(2000, 1, {})",
    "namespace": "from types import SimpleNamespace\na = SimpleNamespace(x={})",
    "bytearray": "a = bytearray(b'{}')",
    "mapping proxy": "from types import MappingProxyType\na = MappingProxyType({{1: {}}})",
    "count": "from itertools import count\na = count({})",
    "frozenset of tuples": "a = frozenset([(1, {})])",
    "random": "from random import Random\na = Random({})",
    "counter": "from collections import Counter\na = Counter('x' * {})",
    "default dictionary": "from collections import defaultdict\na = defaultdict(lambda: {})",
    "array": "from array import array\na = array('d', [{}])",
    "partial": "from functools import partial\na = partial(max, {})",
    "bound method": "class C:\n    def __init__(self, x): self.x = x\n    def f(self): pass\na = C({}).f",
    "method of a list": "a = [{}].append",
    "cache": "from functools import lru_cache\n@lru_cache(maxsize={})\ndef a(): return 1",
    "attribute getter": "from operator import attrgetter\na = attrgetter('x{}')",
    "context variable": "from contextvars import ContextVar\na = ContextVar('a', default={})",
    "type variable": "from typing import Literal, TypeVar\na = TypeVar('a', bound=Literal[{}])",
    "alias": "from typing import Literal\na = list[Literal[{}]]",
    "float of its own class": "class F(float): pass\na = F({})",
    "attribute of such a float": "class F(float): pass\na = F(1)\na.x = {}",
    "queue of its own class": "from collections import deque\nclass D(deque): pass\na = D([{}])",
    "function in a deque": "from collections import deque\na = deque([lambda: {}])",
    "class in a table": "def make(n):\n    class C: x = n\n    return C\na = {{'c': make({})}}",
    "object of a class in a function": "def make(n):\n    class C: x = n\n    return C()\na = make({})",
    "far down": "a = [{}]\nfor _ in range(500): a = [a]",
    "field of a dataclass": "from dataclasses import dataclass, field\n@dataclass\nclass C:\n    a: int = field(default={})",
    "closure": "def f(n): return lambda: n\na = [f({})]",
    "struct": "from struct import Struct\na = Struct('<{}I')",
    "named tuple": "from collections import namedtuple\nP = namedtuple('P', 'x')\na = P({})",
    "enum made by a call": "from enum import Enum\nE = Enum('E', 'A B')\na = E({})",
    "flag": "from enum import Flag\nclass E(Flag):\n    A = 1\n    B = 2\na = E({})",
    "single dispatch": "from functools import singledispatch\n@singledispatch\ndef a(x): return {}\n@a.register\ndef b(x: int): ...",
    "context manager": "from contextlib import contextmanager\n@contextmanager\ndef a(): yield {}",
    "logger": "import logging\na = logging.getLogger('{}')",
    "parser of arguments": "from argparse import ArgumentParser\na = ArgumentParser('{}')\na.add_argument('x', type=int)",
    "queue": "from queue import Queue\na = Queue({})",
    "chain of dictionaries": "from collections import ChainMap\na = ChainMap({{}}, {{1: {}}})",
    "template": "from string import Template\na = Template('{}')",
    "ordered dictionary": "from collections import OrderedDict\na = OrderedDict(x={})",
    "structure of C": "import ctypes\nclass S(ctypes.Structure):\n    _fields_ = [('x', ctypes.c_char * {})]\na = S().x, ctypes.sizeof(S)",
    "new type": "from typing import NewType, Literal\na = NewType('a', Literal[{}])",
    "annotated": "from typing import Annotated\na = Annotated[int, {}]",
    "data class with slots": "from dataclasses import dataclass\n@dataclass(slots=True, frozen=True)\nclass C:\n    x: int\n"
    "    def f(self): return __class__\na = C({})",
    "reloaded decorator": "import functools\ndef d(f):\n    @functools.wraps(f)\n    def g(*a): return f(*a)\n    return g\n@d\ndef a(): return {}",
}


@pytest.mark.parametrize("source", LIBRARY.values(), ids=list(LIBRARY))
def test_values_of_the_library_are_compared(source: str) -> None:
    one, two = source.format(1), source.format(2)
    assert differences(one, one) == []
    assert [name.rpartition(".")[2] for _, name, _ in differences(one, two)][0] in ("a", "x", "_fields_")


NO_TWO_ALIKE = {
    "a generator": "a = (x for x in 'ab')",
    "a frame in a table": "import sys\na = [sys._getframe()]",
}


@pytest.mark.parametrize("source", NO_TWO_ALIKE.values(), ids=list(NO_TWO_ALIKE))
def test_what_cannot_be_compared_is_said(source: str) -> None:
    ((_, name, why),) = differences(source, source)
    assert name == "a"
    assert "which cannot be compared; begin the name with an underscore" in why
    assert differences(source.replace("a = ", "_a = "), source.replace("a = ", "_a = ")) == []


NEW_ONES_ARE_EMPTY = ["threading.Lock()", "threading.RLock()", "threading.local()", "threading.Event()",
                      "weakref.WeakKeyDictionary()", "object()"]  # fmt: skip


@pytest.mark.parametrize("made", NEW_ONES_ARE_EMPTY)
def test_what_holds_nothing_compares_equal(made: str) -> None:
    assert differences(*[f"import threading, weakref\na = {made}"] * 2) == []


FOLLOWED = {
    "from p import m": "from toy import m",
    "import p.m": "import toy.m",
    "import p.m as m": "import toy.m as m",
    "from . import m": "from . import m",
    "from .m import N": "from .m import B, N",
}


@pytest.mark.parametrize("how", FOLLOWED.values(), ids=list(FOLLOWED))
@pytest.mark.parametrize("what", ["value", "base", "default", "object", "member"])
def test_what_is_replaced_is_followed_through_its_module(how: str, what: str, book: LittleBook, refused: Any) -> None:
    prefix = {"from toy import m": "m.", "import toy.m": "toy.m.", "import toy.m as m": "m.", "from . import m": "m."}
    m = prefix.get(how, "")
    made = {
        "value": f"A = [{m}N]",
        "base": f"class A({m}B): ...",
        "default": f"def A(x={m}N): ...",
        "object": f"A = {m}B()",
        "member": f"A = {m}B.f",
    }[what]
    book.write("one", cell("N = 3\n\n\nclass B:\n    def f(self): ...", tangle=M))
    book.write("two", cell(f"{how}\n\n{made}", tangle="toy/n.py"))
    new, name = {
        "value": ("N = 4", "N"), "default": ("N = 4", "N"), "member": ("@extend\nclass B:\n    def f(self, x): ...", "B.f")
    }.get(what, ("class B:\n    x = 5\n\n    def f(self): ...", "B"))  # fmt: skip
    book.write("three", cell(new, tangle=M, replaces=name))
    at = new.split("\n")[-1].strip() if what == "member" else new.split("\n")[0]
    refused(book.place("three", at), f"`{name}` is replaced here, but `A` ({book.place('two', made)})")


def test_the_end_notices_a_base_and_an_object_of_a_class_that_was_replaced() -> None:
    import types

    sources = {"p.m": "class B:\n    x = 5\n", "p.n": "from p.m import B\nclass A(B): pass\nb = B()\nt = [b]"}
    modules: list[dict[str, types.ModuleType]] = []
    for _ in range(2):
        made = {name: types.ModuleType(name) for name in sources}
        modules.append(made)
        for name, source in sources.items():
            sys.modules.update(made)
            exec(compile(source, "m", "exec", dont_inherit=True), vars(made[name]))
    for name in sources:
        del sys.modules[name]
    ran, tangled = modules
    assert Comparison(ran, tangled).differences == []
    exec("class B:\n    x = 5", vars(ran["p.m"]))
    vars(ran["p.n"])["B"] = vars(ran["p.m"])["B"]
    found = {name: why for module, name, why in Comparison(ran, tangled).differences if module == "p.n"}
    assert found == {
        "A": "B, from which the class is made: it is the B that was replaced",
        "b": "its class: it is the B that was replaced",
        "t": "[0]: its class: it is the B that was replaced",
    }


@pytest.mark.parametrize("pair", SAME.values(), ids=list(SAME))
def test_the_same_definitions_compare_equal(pair: tuple[str, str]) -> None:
    assert differences(*pair) == []


@pytest.mark.parametrize("case", DIFFERENT.values(), ids=list(DIFFERENT))
def test_another_definition_is_noticed_by_name(case: tuple[str, str, str]) -> None:
    ran, tangled, name = case
    assert differences(ran, tangled)[0][1] == name


def test_where_a_module_lies_is_no_difference(book: LittleBook, notebook: Any) -> None:
    source = "from pathlib import Path\n\nHERE = Path(__file__).parent\nTEXT = str(HERE / 'x')"
    book.write("one", cell(source, tangle=M))
    book.write("two", cell("y = 1", tangle=M), cell("import toy.m"))
    notebook("one").run().end()
    notebook("two").run().end()


def test_the_end_names_a_definition_that_did_not_run(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    book.write("two", cell("def left_out():\n    pass", tangle=M), cell("x = 1"))
    run = notebook("two")
    run.session.next = 1
    with pytest.raises(ChapterError) as error:
        run.end()
    assert str(error.value) == (
        f"{book.place('two', 'def left_out')}: toy.m.left_out is not what the chapter ran: "
        "the package defines it, but it did not run"
    )


def test_the_end_names_a_definition_that_ran_otherwise(book: LittleBook, notebook: Any) -> None:
    first_chapter(book)
    run = notebook("one").run()
    run["Value"].double = lambda self: 3
    with pytest.raises(ChapterError, match="toy.m.Value.double is not what the chapter ran") as error:
        run.end()
    assert str(error.value).startswith(book.place("one", "def double"))


def test_a_package_that_does_not_import_is_named(book: LittleBook, notebook: Any) -> None:
    book.write("one", cell("import nowhere_to_be_found", tangle=M))
    book.write("two", cell("x = 1"))
    with pytest.raises(ChapterError, match="the package that book/two.md begins with cannot be imported: toy.m"):
        notebook("two")
