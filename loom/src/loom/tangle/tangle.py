"""Tangle: from cells to the modules that hold what running the cells in order defines.

A pure function of plain data: cells in, text out, with the place of every line.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import lru_cache

from loom.errors import LoomError
from loom.model import Book, Cell, Module
from loom.python.statements import statements
from loom.tangle.checks import check_cell, check_owner
from loom.tangle.draft import Clock, Draft
from loom.tangle.layout import lay_out


def tangle(book: Book, through: str | None = None) -> dict[str, Module]:
    """The package's modules, as they stand at the end of chapter ``through``.

    ``None`` is the end of the book, ``""`` is before its first chapter.
    """
    return tangle_cells(cells_through(book, through))


def cells_through(book: Book, through: str | None = None) -> tuple[Cell, ...]:
    """The tangled cells in reading order, up to the end of a chapter."""
    docnames = [chapter.docname for chapter in book.chapters]
    if through is None:
        count = len(docnames)
    elif through == "":
        count = 0
    elif through in docnames:
        count = docnames.index(through) + 1
    else:
        raise LoomError(f"the book has no chapter `{through}`")
    return tuple(cell for chapter in book.chapters[:count] for cell in chapter.cells if cell.target)


def tangle_cells(cells: Iterable[Cell]) -> dict[str, Module]:
    """The modules that come of executing some tangled cells in this order."""
    cells = tuple(cells)
    clock = Clock()
    drafts: dict[str, Draft] = {}
    for cell in cells:
        target = cell.target or ""
        draft = drafts.setdefault(target, Draft(target, clock))
        check_owner(draft, drafts, statements(cell))
        turn = draft.execute(cell)
        check_cell(draft, drafts, turn)
    modules = {target: lay_out(drafts[target]) for target in sorted(drafts)}
    for module in modules.values():
        if (wrong := _wrong_line(module.text)) is not None:
            line, why = wrong
            place = next((place for place in module.lines[line - 1 :] if place), cells[-1].place())
            raise LoomError(f"Python reads this in its cell, and not in {module.target}: {why}", place)
    return modules


@lru_cache(maxsize=1024)
def _wrong_line(text: str) -> tuple[int, str] | None:
    """The line of a module that Python cannot compile, and why."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text.encode(), "module", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.lineno or 1, error.msg
    return None
