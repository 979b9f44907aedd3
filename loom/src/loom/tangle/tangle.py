"""Tangle: from cells to the modules that hold what running the cells in order defines.

A pure function of plain data: cells in, text out, with the place of every line.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from loom.errors import LoomError
from loom.model import Book, Cell, Module, Place
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
    walk = Walk()
    for cell in cells:
        walk.execute(cell)
    return walk.modules()


@dataclass(frozen=True)
class Stages:
    """A book's modules at each chapter's end, by its name,
    and those that each cell with `:keeps:` leaves.
    """

    after: Mapping[str, Mapping[str, Module]]
    left: Mapping[Cell, Mapping[str, Module]]

    @property
    def whole(self) -> Mapping[str, Module]:
        """The modules at the book's end."""
        return list(self.after.values())[-1]


def stages(book: Book) -> Stages:
    """What `tangle` gives through each of the chapters, in one walk; "" stands before the first."""
    walk, after, left = Walk(), {"": dict[str, Module]()}, {}
    for chapter in book.chapters:
        for cell in chapter.cells:
            if cell.target:
                walk.execute(cell)
            if cell.target and cell.keeps:
                left[cell] = walk.modules()
        after[chapter.docname] = walk.modules()
    return Stages(after, left)


class Walk:
    """Executes tangled cells in their order; what has come of them can be had at any time."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.drafts: dict[str, Draft] = {}
        self.laid_out: dict[str, Module] = {}  # modules that no cell has changed since
        self.place: Place | None = None  # of the last cell

    def execute(self, cell: Cell) -> None:
        """Execute one more cell."""
        target = cell.target or ""
        draft = self.drafts.setdefault(target, Draft(target, self.clock))
        check_owner(draft, self.drafts, statements(cell))
        turn = draft.execute(cell)
        check_cell(draft, self.drafts, turn)
        self.laid_out.pop(target, None)
        self.place = cell.place()

    def modules(self) -> dict[str, Module]:
        """The modules as they stand now."""
        return {target: self._module(target) for target in sorted(self.drafts)}

    def _module(self, target: str) -> Module:
        if target not in self.laid_out:
            self.laid_out[target] = module = lay_out(self.drafts[target])
            self._check(module)
        return self.laid_out[target]

    def _check(self, module: Module) -> None:
        """What Python reads in its cells it must read in the module, too."""
        if (wrong := _wrong_line(module.text)) is not None:
            line, why = wrong
            place = next((place for place in module.lines[line - 1 :] if place), self.place)
            raise LoomError(
                f"Python reads this in its cell, and not in {module.target}: {why}", place
            )


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
