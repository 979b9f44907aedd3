"""The road's rules that its cells have to keep, one function each;
each gives the places where one is broken.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from loom.links.usage import parsed
from loom.model import Book, Cell, Chapter, Definition, Place
from loom.python.scopes import bound, mentions
from loom.python.statements import definitions

from road.constructs import constructs
from road.text import Text

NEW_CONSTRUCTS = 3  # that one chapter may bring


@dataclass(frozen=True)
class First:
    """The first time that a reader of the road meets a construct."""

    name: str
    place: Place


def firsts(known: Iterable[Text], road: Iterable[Text]) -> dict[str, list[First]]:
    """The constructs that each chapter of the road brings,
    which those known beforehand do not show.
    """
    seen = {name for text in known for code in text.code for name, _ in constructs(code.source)}
    found: dict[str, list[First]] = {}
    for text in road:
        new = found.setdefault(text.chapter.docname, [])
        for code in text.code:
            for name, row in constructs(code.source):
                if name not in seen:
                    seen.add(name)
                    new.append(First(name, Place(code.place.path, code.place.line + row - 1)))
    return found


# ---------------------------------------------------------------- what only a hidden cell defines


@dataclass(frozen=True)
class Unseen:
    """A name in a visible cell that only a hidden cell binds."""

    name: str
    place: Place
    bound: Place


def unseen(chapter: Chapter) -> Iterator[Unseen]:
    """The names that a chapter's visible cells mention, and only its hidden ones bind;
    the first mention of each.
    """
    shown: set[str] = set()
    hidden: dict[str, Place] = {}
    told: set[str] = set()
    for cell in chapter.cells:
        tree = parsed(cell.source)
        names = bound(tree.body)
        if not cell.shown:
            hidden |= {name: cell.place() for name in names}
            continue
        for name, row in _mentioned(tree):
            if name in hidden and name not in shown and name not in told:
                told.add(name)
                yield Unseen(name, cell.place(row), hidden[name])
        shown |= names.keys()


def _mentioned(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The names that a cell takes from those before it;
    a statement may use what one above it has bound.
    """
    own: set[str] = set()
    for statement in tree.body:
        mentioned = [(mention.path[0], mention.row) for mention in mentions(statement)]
        names = bound([statement]).keys()
        # What a function calls is looked up when it runs, and may be itself.
        later = (
            names
            if isinstance(statement, ast.FunctionDef | ast.ClassDef) and not _reopens(statement)
            else set()
        )
        yield from ((name, row) for name, row in mentioned if name not in own and name not in later)
        own |= names


def _reopens(statement: ast.FunctionDef | ast.ClassDef) -> bool:
    """Does it continue a class, which has to be there?"""
    return any(isinstance(one, ast.Name) and one.id == "extend" for one in statement.decorator_list)


# ------------------------------------------------------------------------- what a workshop has made


@dataclass(frozen=True)
class Undone:
    """A definition that a cell of the road replaces although a workshop gave it last."""

    name: str
    place: Place
    made: Place


def undone(book: Book) -> Iterator[Undone]:
    """What cells of the road replace or remove of a workshop's work: without the workshop,
    there is none.
    """
    last: dict[tuple[str, str], Cell] = {}
    for chapter in book.chapters:
        for cell in chapter.cells:
            if not cell.target:
                continue
            if chapter.docname not in book.workshops:
                for name in _gone(cell, [name for target, name in last if target == cell.target]):
                    made = last[cell.target, name]
                    if made.chapter in book.workshops:
                        yield Undone(name, cell.place(), made.place())
            last |= {(cell.target, one.name): cell for one in _given(cell)}


def _gone(cell: Cell, names: Iterable[str]) -> Iterator[str]:
    """Which of these a cell takes away: what it replaces or removes,
    and what a class loses that is given anew.
    """
    for name in names:
        owner = name.partition(".")[0].partition("[")[0]
        if name in (*cell.replaces, *cell.removes):
            yield name
        elif (
            owner != name
            and owner in cell.replaces
            and not {name, f"{owner}.*", "*"} & set(cell.keeps)
        ):
            yield name


def _given(cell: Cell) -> Collection[Definition]:
    """What a cell defines; a class that it opens again is not its work."""
    tree = parsed(cell.source)
    again = {node.name for node in tree.body if isinstance(node, ast.ClassDef) and _reopens(node)}
    return [one for one in definitions(cell) if one.name not in again]
