"""For little books that nobody thought of: every link has a place to lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

from hypothesis import assume, given
from littlebook import PACKAGE, LittleBook, cell
from loom.errors import LoomError
from loom.links.web import Link, Web
from loom.model import Book, Cell, Chapter
from loom.read.chapters import parse_book
from test_properties import books, examples


def web(cells: list[Cell]) -> Web:
    """The links of a book of two chapters that share the cells."""
    half = len(cells) // 2
    parts = {"book/one": cells[:half], "book/two": [replace(cell, chapter="book/two") for cell in cells[half:]]}
    chapters = tuple(Chapter(name, f"{name}.md", name.title(), tuple(part)) for name, part in parts.items())
    try:
        return Web(Book(Path("."), PACKAGE, chapters))
    except LoomError:
        assume(False)
        raise


def links_in(said: object) -> Iterator[Link]:
    """All links in what a page says."""
    if isinstance(said, Link):
        yield said
    elif isinstance(said, tuple):
        for part in said:
            yield from links_in(part)
    elif is_dataclass(said) and not isinstance(said, Cell):
        for field in fields(said):
            yield from links_in(getattr(said, field.name))


@examples(150)
@given(books())
def test_every_link_leads_to_an_anchor_of_its_page(cells: list[Cell]) -> None:
    found = web(cells)
    pages = {name: (found.views(name), found.program(name)) for name in found.chapters}
    anchors = {name: [anchor for view in views for anchor in view.anchors] for name, (views, _) in pages.items()}
    for name in anchors:
        assert len(anchors[name]) == len(set(anchors[name]))
    segments = tuple(found.segments(target) for target in found.modules)
    for link in links_in((*pages.values(), segments, found.index())):
        assert link.anchor in anchors[link.docname]


@examples(150)
@given(books())
def test_every_way_into_the_whole_program_arrives(cells: list[Cell]) -> None:
    found = web(cells)
    there = {anchor for target in found.modules for one in found.segments(target) for anchor in one.anchors}
    there |= {found.address(target) for target in found.modules}
    assert {view.listed for name in found.chapters for view in found.views(name)} <= there
    assert {entry.listed for entry in found.index()} <= there


@examples(150)
@given(books())
def test_the_whole_program_leaves_out_no_line(cells: list[Cell]) -> None:
    found = web(cells)
    for target, module in found.modules.items():
        shown = [row for segment in found.segments(target) for row in segment.text.split("\n") if row.strip()]
        assert shown == [row for row in module.text.split("\n")[1:] if row.strip()]


@examples(150)
@given(books())
def test_a_cell_that_is_said_to_use_another_says_so_itself(cells: list[Cell]) -> None:
    found = web(cells)
    homes = {(name, anchor): view for name in found.chapters for view in found.views(name) for anchor in view.anchors}
    for view in homes.values():
        for link in links_in(tuple(one for one in view.relations if one.words == "used in")):
            there = homes[link.docname, link.anchor]
            back = links_in(tuple(one for one in there.relations if one.words in ("uses", "defined in")))
            assert view in [homes[one.docname, one.anchor] for one in back]


def test_a_book_may_be_read_again_in_the_same_process(book: LittleBook) -> None:
    first = '"""Numbers."""\n\nfrom __future__ import annotations\n\nX = 1\nY = 2'
    book.write("first", cell(first, tangle="toy/a.py"))
    texts = [Web(parse_book(book.root)).modules["toy/a.py"].text for _ in range(2)]
    assert texts[0] == texts[1]
