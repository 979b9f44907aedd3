"""The package as it stands between chapters, and the plan by which one chapter runs.

A snapshot is a folder that holds the package as it stood at the end of a chapter, named by its
content. A chapter's plan says which snapshot comes before it, which one must come out of it, and
for each of its code cells by what digest the kernel knows it, where it stands and where it belongs.
The plan's key stands for everything that decides a chapter's outputs, besides its cells.
"""

from __future__ import annotations

import ast
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from loom import files, inside
from loom.errors import LoomError
from loom.inside.loading import module_name
from loom.inside.plan import BuildPlan, Folded, PlacedCell, Rebuild, SessionPlan, placed
from loom.model import Book, Cell, Chapter, Module, Place
from loom.run.beside import Beside, digest
from loom.tangle.tangle import Stages, stages
from loom.tangle.write import with_doors

Files = Mapping[str, str]
Modules = Mapping[str, Module]


class Snapshots:
    """The package after each chapter of a book, and each chapter's plan.

    `home` is the folder for what is generated; `paths` are the files and folders, relative to the
    book's root, that the chapters' outputs depend on besides the book's own code.
    """

    def __init__(self, book: Book, home: Path, paths: Iterable[str] = ()) -> None:
        self.book = book
        self.home = home
        self.beside = Beside(book.root, paths)

    def chapter(self, docname: str) -> Chapter:
        """The chapter of that name."""
        for chapter in self.book.chapters:
            if chapter.docname == docname:
                return chapter
        raise LoomError(f"the book has no chapter `{docname}`", Place("_toc.yml", 1))

    def after(self, docname: str) -> Modules:
        """The package's modules at the end of a chapter; of none for ""."""
        if docname not in self.stages.after:
            self.chapter(docname)  # which says that there is none
        return self.stages.after[docname]

    @cached_property
    def stages(self) -> Stages:
        """The package's modules between the chapters."""
        return stages(self.book)

    def before(self, docname: str) -> Modules:
        """The package's modules at the start of a chapter."""
        names = ["", *(chapter.docname for chapter in self.book.chapters)]
        return self.after(names[names.index(docname) - 1])

    def store(self, modules: Modules) -> Path:
        """The folder that holds these modules as a package."""
        return store(package_files(self.book.package, modules), self.home)

    def plan(self, docname: str) -> BuildPlan:
        """The plan of a chapter, its snapshots stored."""
        chapter = self.chapter(docname)
        before, after = self.before(docname), self.after(docname)
        plan: SessionPlan = {
            "path": chapter.path,
            "package": self.book.package,
            "paths": self.beside.folders,
            "before": str(self.store(before)),
            "after": str(self.store(after)),
            "futures": {target: _futures(module.text) for target, module in after.items()},
            "places": _places(after),
            "cells": [self._cell(cell) for cell in chapter.cells],
            "beside": [str(self.book.root / path) for path in self.beside.paths],
            "reached": [str(self.book.root / path) for path in self.reached(chapter.cells)],
        }
        packages = [package_files(self.book.package, modules) for modules in (before, after)]
        return _keyed(docname, plan, self.surroundings(chapter.cells), *packages)

    def plan_against(self, docname: str, folder: Path) -> BuildPlan:
        """The plan of a chapter that is tried against a package lying ready in a folder."""
        chapter = self.chapter(docname)
        if not (folder / self.book.package).is_dir():
            missing = f"no package `{self.book.package}`" if folder.is_dir() else "no folder"
            raise LoomError(f"--against {folder}: {missing} is there")
        plan: SessionPlan = {
            "path": chapter.path,
            "package": self.book.package,
            "paths": self.beside.folders,
            "before": str(folder.resolve()),
            "after": None,
            "futures": {cell.target: ["annotations"] for cell in chapter.cells if cell.target},
            "places": {},
            "cells": [_cell(cell) for cell in chapter.cells],
            "beside": [str(self.book.root / path) for path in self.beside.paths],
            "reached": [str(self.book.root / path) for path in self.reached(chapter.cells)],
        }
        return _keyed(docname, plan, self.surroundings(chapter.cells))

    def surroundings(self, cells: Iterable[Cell]) -> Mapping[str, object]:
        """What cells' outputs depend on besides the book: code and data beside it,
        the loom, Python.
        """
        return {
            "beside": {path: digest(held) for path, held in self.reached(cells).items()},
            "inside": {path: digest(file.read_bytes()) for path, file in inside_files().items()},
            "Python": list(sys.version_info[:2]),
        }

    def reached(self, cells: Iterable[Cell]) -> Mapping[str, bytes]:
        """The files beside the package on which cells depend."""
        return self.beside.reached(cell.source for cell in cells)

    def _cell(self, cell: Cell) -> PlacedCell:
        return _cell(cell, {name: self._folded(cell, name) for name in _rebuilt(cell)})

    def _folded(self, cell: Cell, name: str) -> Folded:
        """The class as it stands, folded, after this cell:
        its source and where each line comes from.
        """
        module = self.stages.left[cell][cell.target or ""]
        piece = next(p for p in module.pieces if p.name == name and p.kind == "class")
        rows = module.text.splitlines()[piece.first - 1 : piece.last]
        places = module.lines[piece.first - 1 : piece.last]
        lines = [(place.path, place.line) if place else None for place in places]
        return {"source": "\n".join(rows) + "\n", "lines": lines}


def inside_files() -> dict[str, Path]:
    """What of the loom runs where cells run, by the path that it has there."""
    return {
        f"loom/inside/{file.name}": file
        for file in sorted(Path(inside.__file__).parent.glob("*.py"))
    }


def package_files(package: str, modules: Modules) -> dict[str, str]:
    """The texts of the modules by path, with an empty `__init__.py` where a package has none."""
    return {target: module.text for target, module in with_doors(modules, package).items()}


def store(texts: Files, home: Path) -> Path:
    """Write files into the folder that is named by their content, if it is not there already."""
    folder = home / "snapshots" / digest(_canonical(texts))[:32]
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
        try:
            for path, text in texts.items():
                with files.named(folder / path):
                    files.replace(made / path, text, last=False)
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another build was quicker
                raise
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return folder


def write_plan(plan: BuildPlan, home: Path) -> Path:
    """Put a plan where the kernel reads it."""
    path = home / "plans" / f"{plan['chapter'].replace('/', '.')}-{plan['key'][:16]}.json"
    with files.named(path):
        files.replace(path, json.dumps(plan, indent=1, sort_keys=True), last=False)
    return path


def _keyed(
    chapter: str, plan: SessionPlan, surroundings: Mapping[str, object], *packages: Files
) -> BuildPlan:
    """The key leaves out places, so that prose may move lines, and folders,
    so that the book may move.
    """
    before = plan["before"] if plan["after"] is None else ""
    cells = [_without_places(cell) for cell in plan["cells"]]
    key = digest(_canonical([chapter, plan["package"], cells, surroundings, before, packages]))
    return {**plan, "chapter": chapter, "key": key}


def _without_places(cell: PlacedCell) -> dict[str, object]:
    rebuild = {name: folded["source"] for name, folded in cell["rebuild"].items()}
    return {**{key: value for key, value in cell.items() if key != "line"}, "rebuild": rebuild}


def _cell(cell: Cell, rebuild: Rebuild | None = None) -> PlacedCell:
    return placed(cell.source, cell.line, cell.target, cell.trial, rebuild)


def _rebuilt(cell: Cell) -> list[str]:
    """The classes that this cell gives again, keeping members that are not in it;
    others run as they are written.
    """
    owners = {name.rpartition(".")[0] for name in cell.keeps}
    classes = (
        [node.name for node in ast.parse(cell.source).body if isinstance(node, ast.ClassDef)]
        if owners
        else []
    )
    return [name for name in classes if name in cell.replaces and {name, ""} & owners]


def _futures(text: str) -> list[str]:
    """The features that a module imports from `__future__`."""
    found = [
        n
        for n in ast.parse(text).body
        if isinstance(n, ast.ImportFrom) and n.module == "__future__"
    ]
    return [alias.name for node in found for alias in node.names]


def _places(modules: Modules) -> dict[str, str]:
    """Where each definition of the package was last given, by its dotted name."""
    return {
        f"{module_name(target)}.{piece.name}": str(piece.history[-1].definition.place)
        for target, module in modules.items()
        for piece in module.pieces
        if piece.history
    }


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False).encode()

