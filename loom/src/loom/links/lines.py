"""The lines of a module, and the definitions that they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from loom.links.anchors import UNNAMED
from loom.model import Module, Piece


def first_line(module: Module) -> int:
    """The first line that comes from the book; the banner above it is not for readers."""
    return next((number for number, place in enumerate(module.lines, 1) if place), 1)


def rows_of(module: Module) -> list[str]:
    """The module's lines."""
    return module.text.rstrip("\n").split("\n")


def runs(module: Module) -> Iterator[tuple[int, int, Piece | None]]:
    """The lines of a module as runs that belong to the same innermost piece;
    its head is one run.
    """
    rows, owners = rows_of(module), owners_of(module)
    for _, group in groupby(
        range(first_line(module), len(rows) + 1), lambda line: _span(owners[line - 1])
    ):
        run = [line for line in group if rows[line - 1].strip()]
        if run:
            yield run[0], run[-1], owners[run[0] - 1]


def _span(piece: Piece | None) -> tuple[int, int]:
    """What the lines of a piece have in common; all that comes before the definitions is one."""
    return (0, 0) if piece is None or piece.kind in UNNAMED else (piece.first, piece.last)


def owners_of(module: Module) -> list[Piece | None]:
    """The smallest piece around each line; a blank line belongs to what is above it."""
    rows = rows_of(module)
    owners: list[Piece | None] = [None] * len(rows)
    for piece in sorted(module.pieces, key=lambda piece: piece.first - piece.last):
        for line in range(piece.first, piece.last + 1):
            owners[line - 1] = piece
    for line, row in enumerate(rows):
        if line and not row.strip():
            owners[line] = owners[line - 1]
    return owners
