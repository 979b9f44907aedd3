"""What newer Pythons have brought to the language: generic functions and classes in their own brackets (PEP 695)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from littlebook import LittleBook, cell
from loom.__main__ import main

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="PEP 695 came with Python 3.12: `make newer`")

M = "toy/m.py"
BOX = """
class Box[T]:
    limit = 3

    def __init__(self, inside: T) -> None:
        self.inside = inside
"""
FIRST = """
def first[T](boxes: list[Box[T]]) -> T:
    return boxes[0].inside
"""
CHANGED = """
@extend
class Box:
    def changed[S](self, change: Callable[[T], S]) -> 'Box[S]':
        return Box(change(self.inside))
"""


@pytest.fixture
def generic(book: LittleBook) -> LittleBook:
    first = "from __future__ import annotations\n\nfrom collections.abc import Callable"
    book.write("one", cell(first, tangle=M), cell(BOX, tangle=M), cell(FIRST, tangle=M))
    book.write("two", cell("from toy.m import Box, first"), cell(CHANGED, tangle=M),
               cell("found = first([Box(2).changed(str)])"))
    return book


def test_a_generic_class_and_a_generic_function_are_tangled(generic: LittleBook) -> None:
    assert main(["tangle", "--root", str(generic.root)]) == 0
    text = (generic.root / M).read_text(encoding="utf-8")
    assert "class Box[T]:" in text
    assert "def first[T](boxes: list[Box[T]]) -> T:" in text
    assert "    def changed[S](" in text
    space: dict[str, Any] = {}
    exec(compile(text, M, "exec"), space)
    assert space["first"]([space["Box"](2).changed(str)]) == "2"


def test_a_generic_class_can_be_extended_while_a_chapter_runs(generic: LittleBook, notebook: Callable[[str], Any]) -> None:
    assert notebook("two").run()["found"] == "2"


def test_what_a_type_parameter_names_is_not_looked_for_in_the_module(book: LittleBook) -> None:
    book.write("one", cell("def pair[K, V](key: K, value: V) -> tuple[K, V]:\n    return key, value", tangle=M))
    assert main(["tangle", "--root", str(book.root)]) == 0
    assert "def pair[K, V](key: K, value: V) -> tuple[K, V]:" in (book.root / M).read_text(encoding="utf-8")
