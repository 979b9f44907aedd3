"""Plans: what a process that runs a chapter's cells is told.

There are three such processes. The kernel of a build gets a `BuildPlan`, and runs the cells in
order; a page gets a `PagePlan` and a downloaded notebook a `NotebookPlan`, and their readers run
and change cells as they like. Each has plain values only, and travels as JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TypedDict


class Folded(TypedDict):
    """A class as it stands after a cell that gives it again: its text,
    and the file and line that each row is from.
    """

    source: str
    lines: Sequence[tuple[str, int] | None]


Rebuild = Mapping[str, Folded]  # by the name of the class


class CellPlan(TypedDict):
    """What is told of a cell: by what it is recognised, and where it belongs."""

    digest: str
    target: str | None
    trial: bool
    rebuild: Rebuild


class PlacedCell(CellPlan):
    """A cell whose source arrives when it runs: its first line in its file, and how many it has."""

    line: int
    rows: int


class PageCell(CellPlan):
    """A cell that comes with its source."""

    source: str


class Plan(TypedDict):
    """What is told of a chapter, wherever it runs."""

    path: str
    package: str
    futures: Mapping[str, Sequence[str]]  # by target: what the module imports from `__future__`


class SessionPlan(Plan):
    """What a session keeps to: where the package lies, and the cells that are to come."""

    paths: Sequence[str]
    before: str
    after: str | None
    places: Mapping[str, str]  # by dotted name: where a definition was last given
    cells: Sequence[PlacedCell]
    beside: Sequence[str]  # the files and folders beside the package that decide outputs
    reached: Sequence[str]  # the files there that the chapter is known to depend on


class BuildPlan(SessionPlan):
    """The plan of a build's kernel; the key stands for all that decides the chapter's outputs,
    besides its cells.
    """

    chapter: str
    key: str


class PagePlan(Plan):
    """The plan of a page."""

    chapter: str
    cells: Sequence[PageCell]


class Checks(TypedDict):
    """An exercise: the code that runs before an answer, and that which judges it."""

    given: str
    checks: Sequence[str]


class NotebookPlan(Plan):
    """The plan of a downloaded notebook, whose cells hold their own source and target."""

    rebuild: Mapping[str, Rebuild]  # by the cell's digest
    exercises: Mapping[str, Checks]  # by name


def digest(source: str) -> str:
    """What a cell is recognised by."""
    return hashlib.sha256(source.encode()).hexdigest()


def placed(
    source: str,
    line: int = 1,
    target: str | None = None,
    trial: bool = False,
    rebuild: Rebuild | None = None,
) -> PlacedCell:
    """The plan of a cell that begins at a line of its file; one by itself begins at the first."""
    return {
        "digest": digest(source),
        "line": line,
        "rows": len(source.splitlines()),
        "target": target,
        "trial": trial,
        "rebuild": rebuild or {},
    }


def free(plan: Plan, before: str, paths: Sequence[str] = ()) -> SessionPlan:
    """The plan of a session whose reader runs cells in any order and changes them:
    it has none to keep to.
    """
    return {
        "path": plan["path"],
        "package": plan["package"],
        "futures": plan["futures"],
        "paths": paths,
        "before": before,
        "after": None,
        "places": {},
        "cells": [],
        "beside": [],
        "reached": [],
    }


class Step:
    """One code cell, as its plan describes it."""

    def __init__(self, path: str, cell: PlacedCell) -> None:
        self.path = path
        self.digest = cell["digest"]
        self.line = cell["line"]
        self.rows = cell["rows"]
        self.target = cell["target"]
        self.trial = cell["trial"]
        self.rebuild = cell["rebuild"]

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"

    def failed_at(self, error: BaseException | None) -> int:
        """The line, within this cell, that was running when the error was raised."""
        line, traceback = self.line, getattr(error, "__traceback__", None)
        while traceback is not None:
            inside = self.line <= traceback.tb_lineno < self.line + self.rows
            if traceback.tb_frame.f_code.co_filename == self.path and inside:
                line = traceback.tb_lineno
            traceback = traceback.tb_next
        return line
