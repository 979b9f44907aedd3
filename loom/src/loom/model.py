"""The book as plain data: chapters, their code cells, and what the cells define."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

#: Tags that take a cell's code from its page, and tags that fold it away there,
#: as MyST-NB reads them.
REMOVING = {"remove-cell", "remove_cell", "remove-input", "remove_input"}
FOLDING = {"hide-cell", "hide-input"}


@dataclass(frozen=True, order=True)
class Place:
    """A line of a file of the book; the path is relative to the book's root."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Cell:
    """A code cell as MyST-NB runs it.

    ``index`` counts the chapter's code cells from 0; ``line`` is the line of the
    chapter's file in which the first line of ``source`` stands.
    """

    chapter: str
    index: int
    source: str
    path: str
    line: int
    target: str | None = None
    replaces: tuple[str, ...] = ()
    trial: bool = False
    tags: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()

    def place(self, row: int = 1) -> Place:
        """The place of a row (counted from 1) of the cell's source."""
        return Place(self.path, self.line + row - 1)

    @property
    def shown(self) -> bool:
        """Is its code on the page?"""
        return not REMOVING & set(self.tags)

    @property
    def open(self) -> bool:
        """Does its code meet the eye there?"""
        return self.shown and not FOLDING & set(self.tags)


@dataclass(frozen=True)
class Chapter:
    """One file of the book, in reading order."""

    docname: str
    path: str
    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Book:
    """All chapters in reading order, and the folder of the package they tell.

    ``workshops`` are the chapters without which the others still make sense: the road goes on
    without them.
    """

    root: Path
    package: str
    chapters: tuple[Chapter, ...]
    workshops: frozenset[str] = frozenset()

    @property
    def road(self) -> Book:
        """The book with its workshops taken out."""
        left = tuple(chapter for chapter in self.chapters if chapter.docname not in self.workshops)
        return replace(self, chapters=left, workshops=frozenset())


@dataclass(frozen=True)
class Definition:
    """A name that a cell defines.

    ``kind`` is one of docstring, import, function, class, member, assignment and entry;
    ``first`` and ``last`` are rows of the cell's source, and include decorators and the
    comments directly above.  A class stands before its members and spans them.
    """

    name: str
    kind: str
    cell: Cell
    first: int
    last: int
    source: str

    @property
    def place(self) -> Place:
        """Where the definition starts in its chapter."""
        return self.cell.place(self.first)


@dataclass(frozen=True)
class Event:
    """What a cell did to a piece: it was 'defined', 'extended' or 'replaced'.

    ``removed`` is the text that a replacement took away.
    """

    action: str
    definition: Definition
    removed: str | None = None


@dataclass(frozen=True)
class Piece:
    """A definition in its module's lines, with all that happened to it on the way."""

    name: str
    kind: str
    first: int
    last: int
    history: tuple[Event, ...]


@dataclass(frozen=True)
class Module:
    """A tangled module; ``lines[i]`` is where the text of line ``i + 1`` was written."""

    target: str
    text: str
    lines: tuple[Place | None, ...]
    pieces: tuple[Piece, ...]
