"""Lay a module out as a careful person would write it, and remember where each line is from."""

from __future__ import annotations

import ast

from loom.model import Module, Piece, Place
from loom.python.imports import import_lines, imported, is_plain
from loom.python.lookups import words
from loom.python.statements import Statement
from loom.tangle.draft import Block, Draft

BANNER = "# Tangled from the book: edit its chapters, then run `python -m loom tangle`."


def lay_out(draft: Draft) -> Module:
    """The text of a module, below a banner that says where it comes from."""
    page = _Page()
    for block in draft.docstring:
        page.write(block, 0)
    _write_imports(draft, page)
    for number, block in enumerate(draft.blocks):
        above = draft.blocks[number - 1] if number else None
        page.write(block, _blanks(above, block) if above else page.blanks_at_start(block))
    body = "".join(f"{text}\n" for text, _ in page.lines)
    return Module(
        draft.target,
        f"{BANNER}\n{body}",
        (None, *(place for _, place in page.lines)),
        tuple(page.pieces),
    )


# ------------------------------------------------------------------------- imports


def _write_imports(draft: Draft, page: _Page) -> None:
    kept = [block for block in draft.imports if _is_needed(block, draft)]
    plain: dict[object, list[Block]] = {}
    for block in kept:
        if is_plain(block.statement):
            plain.setdefault(imported(block.statement), []).append(block)
    package = draft.target.partition("/")[0]
    for group in import_lines([imported(b[0].statement) for b in plain.values()], package):
        for number, (text, found) in enumerate(group):
            page.write_import(text, [b for one in found for b in plain[one]], 0 if number else 1)
    for block in kept:
        if not is_plain(block.statement):
            page.write(block, 1)


def _is_needed(block: Block, draft: Draft) -> bool:
    """Is the import used?  If it never was, no replacement has made it superfluous."""
    if not is_plain(block.statement) or draft.target.endswith("__init__.py"):
        return True
    what = imported(block.statement)
    if what.module == "__future__" or what.is_reexport or what.bound not in draft.lost_words:
        return True
    return any(
        what.bound in words(node)
        for other in draft.everything()
        if not is_plain(other.statement)
        for node in other.statement.own_nodes()
    )


# ------------------------------------------------------------------------ blank rows


def _is_long(block: Block) -> bool:
    """A definition that wants air around it."""
    return block.kind in ("function", "class") and block.statement.last > block.statement.first


def _blanks(above: Block, block: Block, most: int = 2) -> int:
    """The blank rows between two blocks; ``most`` is two in a module and one in a class."""
    upper, lower = above.seat, block.seat
    if _is_long(above) or _is_long(block):
        return most
    if _are_together(upper, lower) or _are_together(above.statement, block.statement):
        return 0
    if {above.kind, block.kind} & {"function", "class"}:
        return most
    same_table = above.kind == block.kind == "entry" and _table(above) == _table(block)
    return 0 if same_table and upper.cell != lower.cell else 1


def _are_together(upper: Statement, lower: Statement) -> bool:
    """Has the author put them next to each other?"""
    return upper.cell == lower.cell and upper.last + 1 == lower.first


def _table(block: Block) -> str:
    return block.title.partition("[")[0]


def _blanks_below_head(owner: Block, member: Block) -> int:
    node = owner.statement.node
    if not isinstance(node, ast.ClassDef) or ast.get_docstring(node, clean=False) is None:
        return 0
    if _is_long(member) or member.seat.cell != owner.cell:
        return 1
    return min(member.seat.first - owner.statement.head - 1, 1)


# -------------------------------------------------------------------------- the page


class _Page:
    """The lines below the banner, each with its place, and the pieces that they hold."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, Place | None]] = []
        self.pieces: list[Piece] = []

    def write(self, block: Block, blanks: int) -> None:
        """Write a block below so many blank rows."""
        self.lines += [("", None)] * blanks
        first, before = self._next_line(), len(self.pieces)
        if block.members:
            self._write_class(block)
        else:
            self._write_rows(block, block.statement.first, block.statement.last)
        self.pieces[before:before] = self._pieces(block, first)

    def write_import(self, text: str, blocks: list[Block], blanks: int) -> None:
        """Write an import that several cells may have asked for."""
        self.lines += [("", None)] * blanks
        first = self._next_line()
        place = min(blocks, key=lambda block: block.time).place
        self.lines += [(row, place) for row in text.split("\n")]
        for block in blocks:
            self.pieces += self._pieces(block, first)

    def blanks_at_start(self, block: Block) -> int:
        """The blank rows above the first block that is no import."""
        return 2 if self.lines and block.kind in ("function", "class") else 1

    def _next_line(self) -> int:
        return len(self.lines) + 2  # counted from 1, below the banner

    def _write_rows(self, block: Block, first: int, last: int) -> None:
        rows = block.cell.source.split("\n")
        self.lines += [(rows[row - 1], block.cell.place(row)) for row in range(first, last + 1)]

    def _write_class(self, block: Block) -> None:
        self._write_rows(block, block.statement.first, block.statement.head)
        members = [member for member in block.members if not member.statement.is_filler]
        members = members or block.members[:1]
        self.write(members[0], _blanks_below_head(block, members[0]))
        for above, member in zip(members, members[1:], strict=False):
            self.write(member, _blanks(above, member, most=1))

    def _pieces(self, block: Block, first: int) -> list[Piece]:
        kind = "member" if block.owner else block.kind
        return [
            Piece(name, kind, first, len(self.lines) + 1, tuple(events))
            for name, events in block.history.items()
        ]
