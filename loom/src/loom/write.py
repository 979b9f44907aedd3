"""Write the modules to the package's folder: to an importer, all of them or none.

Nothing is recorded anywhere: every module states the digest of its own text, which is how the
loom knows an edit by hand.  While several files change, the package's ``__init__.py`` refuses to
be imported; it gets its own text last.  A run that was killed is completed by the next one, which
starts from the chapters again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import LoomError
from .layout import banner, body_digest
from .model import Module, Place

SUFFIX = ".tangling"  # of a file that is being written
KEPT = ("py.typed",)  # what may lie in the package's folder besides the modules
REFUSAL = """\
raise ImportError(
    "this package was being tangled when the work was interrupted;"
    " run `python -m loom tangle` to complete it"
)
"""
STATED = re.compile(r"# Tangled from the book.* \[(\w{12})\w*\b.*\]")  # also as older looms worded it


@dataclass(frozen=True)
class Survey:
    """How the package's folder differs from the modules that should be in it."""

    changed: tuple[Module, ...]  # to be written
    orphans: tuple[str, ...]  # tangled once, but no chapter gives them any more
    strangers: tuple[str, ...]  # files that the loom never wrote

    @property
    def is_clean(self) -> bool:
        """Does the folder hold the modules and nothing else?"""
        return not (self.changed or self.orphans or self.strangers)


def survey(modules: Mapping[str, Module], root: Path, package: str) -> Survey:
    """Compare the package's folder with the modules."""
    others = [name for name in _files(root, package) if name not in modules]
    orphans = [name for name in others if is_untouched(read(root / name))]
    return Survey(
        tuple(module for module in modules.values() if read(root / module.target) != module.text),
        tuple(orphans),
        tuple(name for name in others if name not in orphans),
    )


def write(
    modules: Mapping[str, Module], root: Path, package: str | None = None, force: bool = False
) -> list[str]:
    """Write the modules below ``root``; returns the files that were changed or removed.

    An edit by hand is an error, unless ``force`` discards it.
    """
    package = package or next((target.partition("/")[0] for target in modules), "")
    if not package:
        return []
    found = survey(modules, root, package)
    if not force:
        for module in found.changed:
            _refuse_lost_edit(read(root / module.target), module)
    door = f"{package}/__init__.py"
    if door in found.strangers:
        raise LoomError("no chapter tangles this file; let one do so, or remove it", Place(door, 1))
    _sweep(root / package)
    _carry_out(modules, found, root, door)
    return sorted([module.target for module in found.changed] + list(found.orphans))


def _carry_out(modules: Mapping[str, Module], found: Survey, root: Path, door: str) -> None:
    """Change the files, with the door closed unless there is only one to change."""
    targets = [module.target for module in found.changed] + list(found.orphans)
    if not targets:
        return
    if len(targets) > 1:
        _replace(root / door, banner(REFUSAL) + REFUSAL)
        targets.append(door)
    for target in sorted(dict.fromkeys(targets), key=lambda name: (name == door, name)):
        if target in modules:
            _replace(root / target, modules[target].text)
        else:
            (root / target).unlink()


def _replace(path: Path, text: str) -> None:
    """Give a file another text, at one stroke."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}{SUFFIX}")
    with fresh.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def _sweep(folder: Path) -> None:
    """Remove what a killed run had not finished writing."""
    for path in folder.rglob(f".*{SUFFIX}"):
        path.unlink()


# ----------------------------------------------------------------------- what is there


def read(path: Path) -> str | None:
    """The text of a file, line ends as they are; nothing if there is no such file."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None


def _files(root: Path, package: str) -> Iterator[str]:
    """The package's files, but for byte code, hidden files and what is kept."""
    for path in sorted((root / package).rglob("*")):
        parts = path.relative_to(root).parts
        hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if path.is_file() and not hidden and path.name not in KEPT:
            yield "/".join(parts)


def is_untouched(text: str | None) -> bool:
    """Is this the text of a module as the loom wrote it, whenever that was?"""
    first, _, body = (text or "").replace("\r\n", "\n").partition("\n")
    stated = STATED.fullmatch(first)
    return stated is not None and stated[1] == body_digest(body)


def _refuse_lost_edit(text: str | None, module: Module) -> None:
    if text is None or is_untouched(text):
        return
    mine, theirs = module.text.split("\n")[1:], text.split("\n")[1:]
    if mine == theirs:
        return
    pairs = zip(mine, theirs, strict=False)
    differing = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(mine), len(theirs)))
    raise LoomError(
        f"edited by hand: here it is neither what the chapters give nor what the loom wrote last;"
        f" take the edit to its chapter (`python -m loom where {module.target}:{differing + 2}`),"
        " or discard it with `python -m loom tangle --force`",
        Place(module.target, differing + 2),
    )
