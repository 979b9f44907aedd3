"""The modules that cells are tangled into: files of the package,
which any system can hold and Python import.
"""

from __future__ import annotations

import keyword
import sys
from pathlib import PurePosixPath

from loom.errors import LoomError
from loom.model import Book, Cell, Place

# No package may be called so: `import json` would find it instead.
TAKEN = {*sys.stdlib_module_names, "loom"}
# No file on Windows may be called so, whatever its suffix.
RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}


def check_targets(book: Book) -> None:
    """Each target is a module of the package, and no two are the same file anywhere."""
    known: dict[str, tuple[str, Cell]] = {}
    for cell in (cell for chapter in book.chapters for cell in chapter.cells if cell.target):
        target = cell.target or ""
        _check_target(book, target, cell.place())
        for part in _files_and_folders(target):
            other, earlier = known.setdefault(part.casefold().removesuffix(".py"), (part, cell))
            if part == other:
                continue
            same = part.casefold() == other.casefold()
            raise LoomError(
                f"`{part}` and `{other}` ({earlier.place()})"
                f" {'differ only in case' if same else 'are a module and a folder of one name'}; "
                "rename one",
                cell.place(),
            )


def _files_and_folders(target: str) -> list[str]:
    path = PurePosixPath(target)
    return [str(part) for part in (path, *path.parents) if part.parts]


def _check_target(book: Book, target: str, place: Place) -> None:
    path = PurePosixPath(target)
    if (
        path.is_absolute()
        or "\\" in target
        or ".." in path.parts
        or path.parts[:1] != (book.package,)
    ):
        raise LoomError(f"`{target}` is outside the package; name a file in {book.package}/", place)
    if path.suffix != ".py" or str(path) != target:
        raise LoomError(f"`{target}` is no plain path of a Python module (.py)", place)
    if not all(can_be_imported(part) for part in path.with_suffix("").parts):
        raise LoomError(f"`{target}` cannot be imported; use names that Python can spell", place)
    if reserved := [part for part in path.with_suffix("").parts if part.casefold() in RESERVED]:
        raise LoomError(
            f"`{target}` cannot be a file on Windows, which keeps `{reserved[0]}` to itself", place
        )
    for part in (path, *path.parents):
        if (book.root / part).is_symlink():
            raise LoomError(f"`{target}` leads through the symbolic link {part}; remove it", place)


def can_be_imported(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and name != "__pycache__"
