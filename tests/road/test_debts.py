"""Debts: a list that may only shrink."""

from __future__ import annotations

import pytest
from loom.errors import LoomError
from loom.model import Place
from road.debts import Fault, debts, fresh, pruned, stale

LIST = """# A comment.

terms book/one: tape
terms book/one: floor # a hill's
constructs book/two: a chain (`a < b`) # why not
"""
TAPE = Fault("terms", "book/one", "tape", Place("book/one.md", 7), "too early")
CHAIN = Fault("constructs", "book/two", "a chain (`a < b`)", Place("book/two.md", 7), "too new")
SLOPE = Fault("terms", "book/two", "slope", Place("book/two.md", 9), "too early")


def test_an_entry_is_a_kind_a_chapter_and_what_it_is_about() -> None:
    found = list(debts(LIST))
    assert [debt.entry for debt in found] == ["terms book/one: tape", "terms book/one: floor", "constructs book/two: a chain (`a < b`)"]
    assert [debt.reason for debt in found] == ["", "a hill's", "why not"]
    assert str(found[2].place) == "debts.txt:5"


@pytest.mark.parametrize("row", ["terms: tape", "term book/one: tape", "terms book/one tape", "  terms book/one: tape"])
def test_a_line_that_is_no_debt_is_an_error_at_its_place(row: str) -> None:
    with pytest.raises(LoomError, match="debts.txt:2: .* is no debt, such as"):
        list(debts(f"# A comment.\n{row}\n"))


def test_a_fault_that_is_not_listed_is_fresh() -> None:
    assert fresh([TAPE, CHAIN, SLOPE], list(debts(LIST))) == [SLOPE]


def test_an_entry_that_no_longer_applies_is_stale_an_exception_too() -> None:
    assert [debt.entry for debt in stale([TAPE, SLOPE], debts(LIST))] == ["terms book/one: floor", "constructs book/two: a chain (`a < b`)"]


def test_an_entry_that_stands_twice_is_stale() -> None:
    assert [debt.place.line for debt in stale([TAPE], debts("terms book/one: tape\nterms book/one: tape # once more\n"))] == [2]


def test_pruning_takes_out_what_is_stale_and_nothing_else() -> None:
    assert pruned(LIST, [TAPE, CHAIN, SLOPE]) == LIST.replace("terms book/one: floor # a hill's\n", "")
