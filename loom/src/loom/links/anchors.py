"""Addresses: how cells, definitions and modules are found on the pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from loom.model import Cell, Chapter, Module
from loom.python.statements import definitions, statements

UNNAMED = ("docstring", "import")
OPERATORS = {
    "+": "plus", "-": "minus", "*": "star", "/": "slash", "%": "percent", "@": "at", "<": "less",
    ">": "greater", "=": "equal", "!": "not", "&": "and", "|": "or", "^": "caret", "~": "tilde",
}  # fmt: skip


def slug(name: str) -> str:
    """A name as part of an address: ``Value.__add__`` is ``value-add``,
    ``T['*']`` is ``t-star``.
    """
    spelled = "".join(f"-{OPERATORS[char]}-" if char in OPERATORS else char for char in name)
    return re.sub(r"[\W_]+", "-", spelled.lower(), flags=re.ASCII).strip("-") or "unnamed"


def module_name(target: str) -> str:
    """The words of a module's path."""
    return " ".join(PurePosixPath(target).with_suffix("").parts)


class Anchors:
    """Makes the anchors of one page, no two of them alike."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix and f"{prefix}-"
        self.taken: set[str] = set()

    def new(self, name: str) -> str:
        """An anchor for one more name."""
        anchor = base = f"{self.prefix}{slug(name)}"
        number = 1
        while anchor in self.taken:
            number += 1
            anchor = f"{base}-{number}"
        self.taken.add(anchor)
        return anchor


def listed_anchors(modules: Iterable[Module]) -> Iterator[tuple[tuple[str, str], str]]:
    """The anchors of the whole program: of each module, under no name, and of each definition."""
    anchors = Anchors()
    modules = list(modules)
    for module in modules:
        yield (module.target, ""), anchors.new(module_name(module.target))
    for module in modules:
        for piece in module.pieces:
            if piece.kind not in UNNAMED:
                yield (
                    (module.target, piece.name),
                    anchors.new(f"{module_name(module.target)} {piece.name}"),
                )


def cell_anchors(chapter: Chapter) -> Iterator[tuple[Cell, dict[str, str]]]:
    """The anchors of a chapter's cells: one for each definition, or one for the cell."""
    anchors = Anchors("code")
    found = {cell: {name: anchors.new(name) for name in named(cell)} for cell in chapter.cells}
    for number, cell in enumerate(chapter.cells, 1):
        if cell.shown:
            yield cell, found[cell] or {"": anchors.new(f"cell {number}")}
        else:
            yield cell, {}


def named(cell: Cell) -> tuple[str, ...]:
    """The names by which a tangled cell can be found; a reopened class is found by its members."""
    if not cell.target:
        return ()
    names = dict.fromkeys(one.name for one in definitions(cell) if one.kind not in UNNAMED)
    again = reopened(cell)
    return (
        *(name for name in names if name not in again),
        *(name for name in names if name in again),
    )


def reopened(cell: Cell) -> set[str]:
    """The classes that a cell continues."""
    return {statement.names[0] for statement in statements(cell) if statement.extends}
