"""Write the modules to the package's folder: to an importer, all of them or none.

One process writes at a time.  All texts are first written beside the files that they are meant for,
so that a full disk is known before anything has changed.  While several files change, the package's
``__init__.py`` refuses to be imported; it gets its own text last.  A run that was killed is
completed by the next one, which starts from the chapters again.

A file is overwritten if its text can be had again (see ``known``): an edit by hand is refused.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from loom import files
from loom.errors import LoomError
from loom.model import Module, Place
from loom.tangle.known import Known, digest
from loom.tangle.layout import BANNER
from loom.tangle.places import first_difference

KEPT = ("py.typed",)  # what may lie in the package's folder besides the modules
CLOSED = f"""\
{BANNER}
raise ImportError(
    "this package was being tangled when the work was interrupted;"
    " run `python -m loom tangle` to complete it"
)
"""
WHOLE = "the package is as it was"
HALF = "the package may be half written, and refuses to be imported until it is tangled"
Modules = Mapping[str, Module]
Say = Callable[[str], None]


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


def home_of(root: Path) -> Path:
    """The folder for what the loom generates and remembers,
    of a book or of whatever is written elsewhere.
    """
    return root / "_build" / "loom"


def survey(modules: Modules, root: Path, package: str, home: Path | None = None) -> Survey:
    """Compare the package's folder with the modules."""
    modules, known = with_doors(modules, package) if modules else {}, Known(home or home_of(root))
    others = [name for name in _files(root, package) if name not in modules]
    orphans = [name for name in others if known.has(root / name, _there(root, name))]
    return Survey(
        tuple(module for module in modules.values() if read(root, module.target) != module.text),
        tuple(orphans),
        tuple(name for name in others if name not in orphans),
    )


def with_doors(modules: Modules, package: str) -> dict[str, Module]:
    """The modules, with an empty ``__init__.py`` for each folder whose own no chapter tangles."""
    folders = {str(folder) for target in modules for folder in PurePosixPath(target).parents} - {
        "."
    }
    doors = {f"{folder}/__init__.py" for folder in {package} | folders}
    return dict(sorted({**{door: Module(door, "", (), ()) for door in doors}, **modules}.items()))


def _say(text: str) -> None:
    print(f"loom: {text}", file=sys.stderr)


def write(
    modules: Modules,
    root: Path,
    package: str | None = None,
    force: bool = False,
    home: Path | None = None,
    say: Say = _say,
) -> list[str]:
    """Write the modules below ``root``; returns the files that were changed or removed.

    An edit by hand is an error, unless ``force`` discards it: a copy is kept below ``home``, the
    folder for what the loom remembers.
    """
    package = package or next((target.partition("/")[0] for target in modules), "")
    if not package:
        return []
    modules, home = with_doors(modules, package) if modules else {}, home or home_of(root)
    with files.locked(home / "lock", lambda: say("waiting for another tangle to end")):
        found = survey(modules, root, package, home)
        lost = _lost(found, root, Known(home), force)
        for name in lost:
            say(f"{name}: what stood here is kept in {_keep(home, root, name)}")
        _sweep(root / package)
        try:
            _carry_out(modules, found, root, f"{package}/__init__.py", Known(home))
        finally:
            _remove_empty_folders(root / package)
    return sorted([module.target for module in found.changed] + list(found.orphans))


# ------------------------------------------------------------------------ changing the files


def _carry_out(modules: Modules, found: Survey, root: Path, door: str, known: Known) -> None:
    """Change the files, with the door closed unless there is only one to change."""
    targets = {module.target for module in found.changed} | {*found.orphans}
    texts: list[tuple[str, str | None]] = []  # in this order; None is a file to be removed
    if len(targets) > 1:
        targets.add(door)
        texts.append((door, CLOSED))
    for target in sorted(targets, key=lambda name: (name == door, name)):
        texts.append((target, modules[target].text if target in modules else None))
    staged = _stage(modules, texts, root, known)
    state = HALF if len(texts) > 1 else WHOLE
    try:
        for (target, _), fresh in zip(texts, staged, strict=True):
            with _trouble(modules, target, state):
                if fresh is None:
                    (root / target).unlink(missing_ok=True)
                else:
                    os.replace(fresh, root / target)
    finally:
        _clear(staged)


def _stage(
    modules: Modules, texts: list[tuple[str, str | None]], root: Path, known: Known
) -> list[Path | None]:
    """Write all texts beside their files; when one cannot be written, none is left."""
    staged: list[Path | None] = []
    try:
        for target, text in texts:
            with _trouble(modules, target, WHOLE):
                staged.append(None if text is None else files.stage(root / target, text))
        with files.named(known.record):
            known.note([CLOSED, *(module.text for module in modules.values() if module.text)])
    except BaseException:
        _clear(staged)
        raise
    return staged


def _clear(staged: list[Path | None]) -> None:
    for fresh in staged:
        if fresh is not None:
            files.remove(fresh)


@contextmanager
def _trouble(modules: Modules, target: str, state: str) -> Iterator[None]:
    """Say of a file's trouble which chapter it comes from, and how things stand."""
    try:
        yield
    except OSError as error:
        places = [place for place in modules[target].lines if place] if target in modules else []
        tangled = f" (tangled at {places[0]})" if places else ""
        raise LoomError(f"{target}{tangled} cannot be written: {error.strerror}; {state}") from None


def _sweep(folder: Path) -> None:
    """Remove what a killed run had not finished writing."""
    for path in folder.rglob(f".*{files.SUFFIX}"):
        files.remove(path)


def _remove_empty_folders(top: Path) -> None:
    """Remove the folders in which nothing is left but byte code:
    Python would import them all the same.
    """
    folders = [Path(found) for found, _, _ in os.walk(top, topdown=False)]
    for folder in folders:
        if folder.name != "__pycache__" and all(
            path.name == "__pycache__" for path in folder.iterdir()
        ):
            shutil.rmtree(folder)


# ----------------------------------------------------------------------- what is there


def read(root: Path, target: str) -> str | None:
    """The text of a file, line ends as they are; nothing if there is no such file."""
    try:
        return (root / target).read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LoomError(f"{target} cannot be read: {error.strerror}") from None


def _there(root: Path, target: str) -> str:
    return read(root, target) or ""


def _files(root: Path, package: str) -> Iterator[str]:
    """The package's files, but for byte code, hidden files and what is kept."""
    for path in sorted((root / package).rglob("*")):
        parts = path.relative_to(root).parts
        hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if path.is_file() and not hidden and path.name not in KEPT:
            yield "/".join(parts)


# --------------------------------------------------------------------------- edits by hand


def _lost(found: Survey, root: Path, known: Known, force: bool) -> list[str]:
    """The files whose text will be lost to all but the loom; an edit by hand is refused."""
    lost: list[str] = []
    for module in found.changed:
        text = _there(root, module.target)
        if (
            not text.strip()
            or text.splitlines() == module.text.splitlines()
            or known.has(root / module.target, text)
        ):
            continue
        if not force and files.conflict(text) is None:
            raise _edited(module, text)
        lost.append(module.target)
    return lost


def _edited(module: Module, text: str) -> LoomError:
    line, place = first_difference(module, text)
    if not module.lines:
        return LoomError(
            "no chapter tangles this file; let one do so, or remove it", Place(module.target, 1)
        )
    return LoomError(
        "edited by hand: here it is neither what the chapters give nor what the loom or git has "
        "written;"
        f" take the edit to its chapter{f' ({place})' if place else ''},"
        " or discard it with `python -m loom tangle --force`, which keeps a copy",
        Place(module.target, line),
    )


def _keep(home: Path, root: Path, target: str) -> str:
    """Keep a copy of a text that is being discarded; the result is its path."""
    text = _there(root, target)
    path = home / "discarded" / digest(text)[:8] / target
    with files.named(path):
        files.replace(path, text)
    return str(path.relative_to(root) if path.is_relative_to(root) else path)
