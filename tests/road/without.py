"""A book without its workshops, and runs of its chapters.

A chapter that meets the same package with and without workshops, and leaves the same behind, has the same plan
in both books: what the build runs is what would run here, so it is not run again.  Others run in a kernel,
as in a build; that a run went well is kept under the plan's key, in the folder of the loom's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from loom.model import Book, Cell, Chapter
from loom.run.execute import execute, prepare
from loom.run.snapshots import Snapshots

COMPILER = "micrograd/compile.py"
STAND_IN = Path(__file__).with_name("stand_in.py")
TIME = 600  # seconds for a cell


def without(book: Book, last: str) -> Book:
    """The road alone, up to its last chapter: an appendix tells of the whole book.

    The stand-in is tangled where a workshop would have begun the compiler.
    """
    names = [chapter.docname for chapter in book.chapters]
    chapters = list(book.chapters[: names.index(last) + 1])
    made = next((cell.chapter for chapter in chapters for cell in chapter.cells if cell.target == COMPILER), "")
    if made in book.workshops:
        cell = Cell("the-stand-in", 0, STAND_IN.read_text(encoding="utf-8").strip("\n"), "the-stand-in.md", 1, COMPILER)
        chapters[names.index(made)] = Chapter("the-stand-in", "the-stand-in.md", "The stand-in", (cell,))
    return replace(book, chapters=tuple(chapters)).road


def shortened(book: Book, shorter: Mapping[str, Mapping[str, str]]) -> Book:
    """A book whose chapters give other values to some names of theirs, such as the number of steps."""
    return replace(book, chapters=tuple(_shortened(one, shorter.get(one.docname, {})) for one in book.chapters))


def _shortened(chapter: Chapter, values: Mapping[str, str]) -> Chapter:
    cells = []
    left = set(values)
    for cell in chapter.cells:
        source = cell.source
        for name, value in values.items():
            source, times = re.subn(rf"^{name} = .*$", f"{name} = {value}", source, flags=re.MULTILINE)
            left -= {name} if times else set()
        cells.append(replace(cell, source=source))
    assert not left, f"{chapter.path} gives no value to {', '.join(sorted(left))}"
    return replace(chapter, cells=tuple(cells))


class Road:
    """The runs of a book's road, beside those of the book itself."""

    def __init__(self, book: Book, last: str, home: Path, paths: tuple[str, ...] = (),
                 shorter: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self.home = home
        self.whole = Snapshots(book, home, paths)
        self.alone = Snapshots(shortened(without(book, last), shorter or {}), home, paths)

    def is_the_same(self, docname: str) -> bool:
        """Is a run of this chapter in the book a run of it on the road?"""
        return self.whole.plan(docname)["key"] == self.alone.plan(docname)["key"]

    def run(self, docname: str) -> str:
        """Run a chapter of the road; what went wrong, if anything did."""
        plan = self.alone.plan(docname)
        kept = self.home / "road" / plan["key"]
        if kept.is_file():
            return ""
        cells = [(cell.source, cell.tags) for cell in self.alone.chapter(docname).cells]
        run = execute(prepare(plan, cells), plan, self.home, (self.alone.book.root / plan["path"]).parent, TIME)
        if run.failure:
            return str(run.failure)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(f"{docname} ran without the workshops in {run.seconds:.1f} s\n", encoding="utf-8")
        return ""
