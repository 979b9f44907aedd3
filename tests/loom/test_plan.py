"""What the processes that run cells are told: every key that a session asks for is there for each of them."""

from __future__ import annotations

import json
from typing import Any, get_type_hints

from littlebook import LittleBook, cell
from loom.inside import plan as plans
from loom.read.chapters import parse_book
from loom.run.snapshots import Snapshots

CLASS = "class C:\n    def a(self): ...\n\n    def b(self): ..."
AGAIN = cell("class C:\n    def a(self):\n        return 1", tangle="toy/m.py", replaces="C, C.a", keeps="C.b")


def is_told(kind: Any, told: Any) -> bool:
    return set(get_type_hints(kind)) == set(told)


def test_a_build_is_told_what_its_plan_promises(book: LittleBook) -> None:
    book.write("one", cell(CLASS, tangle="toy/m.py"))
    book.write("two", AGAIN, cell("x = 1"))
    built = Snapshots(parse_book(book.root), book.root / "_build" / "loom").plan("book/two")
    again, other = built["cells"]
    assert is_told(plans.BuildPlan, built) and is_told(plans.PlacedCell, again) and is_told(plans.PlacedCell, other)
    assert is_told(plans.Folded, again["rebuild"]["C"]) and other["rebuild"] == {}
    assert json.loads(json.dumps(built))["cells"][1] == other


def test_a_reader_has_no_cells_to_keep_to() -> None:
    told: plans.Plan = {"path": "a.md", "package": "toy", "futures": {}}
    session = plans.free(told, "before", ["book"])
    assert is_told(plans.SessionPlan, session) and {**session, **told} == session
    assert (session["cells"], session["after"], session["paths"], session["before"]) == ([], None, ["book"], "before")


def test_a_cell_by_itself_begins_at_the_first_line() -> None:
    step = plans.Step("a", plans.placed("x = 1\n1 / 0", target="toy/m.py"))
    assert (step.place, step.rows, step.target, step.trial) == ("a:1", 2, "toy/m.py", False)
    assert step.digest == plans.digest("x = 1\n1 / 0") != plans.digest("x = 1")


def test_the_line_that_failed_is_the_last_one_within_the_cell() -> None:
    step = plans.Step("a.md", plans.placed("f()\ng()", line=5))
    try:
        exec(compile("\n\n\n\ndef f():\n    1 / 0\n\nf()", "a.md", "exec"), {})
    except ZeroDivisionError as error:
        assert step.failed_at(error) == 6
    assert step.failed_at(None) == 5
