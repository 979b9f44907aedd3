"""A chapter's cells run where their definitions belong, in the order of the book."""

from __future__ import annotations

import inspect
import pickle
import sys
import traceback
from typing import Any

import pytest
from littlebook import RULES, VALUE, LittleBook, cell, first_chapter
from loom.inside.session import ChapterError

M = "toy/m.py"

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
