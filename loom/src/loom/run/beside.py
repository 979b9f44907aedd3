"""What lies beside the package and decides outputs: the files of ``loom_runtime_paths``.

A chapter depends on the modules that its cells import, and on those that these import. It depends
on a file of data if such a module lies in the same folder of the settings, if its cells or such a
module name the file, or if no module lies beside it, as with a lock file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

from loom.errors import LoomError
from loom.model import Place
from loom.python.reach import reached
from loom.read.contents import setting


def runtime_paths(root: Path) -> tuple[str, ...]:
    """The files and folders that the book's settings name as deciding its outputs."""
    paths = setting(root, "loom_runtime_paths") or ()
    if not isinstance(paths, list | tuple):
        raise LoomError(
            "`loom_runtime_paths` is a list of files and folders", Place("_config.yml", 1)
        )
    return tuple(map(str, paths))


class Beside:
    """The files and folders that the settings name.

    Args:
        root: the book's folder.
        paths: the files and folders, relative to it.
    """

    def __init__(self, root: Path, paths: Iterable[str]) -> None:
        self.root = root
        self.paths = tuple(paths)

    @cached_property
    def files(self) -> dict[str, bytes]:
        """All the files, by their paths from the book's folder;
        compiled and hidden ones do not count.
        """
        return {
            name: (self.root / name).read_bytes()
            for path in self.paths
            for name in self._files(path)
        }

    @cached_property
    def modules(self) -> dict[str, str]:
        """The texts of the modules, by the paths under which they are imported."""
        return {
            self._imported_as(name): self.files[name].decode()
            for name in self.files
            if name.endswith(".py")
        }

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """The folders from which cells import."""
        found = [self.root / path for path in self.paths]
        return tuple(dict.fromkeys(str(p.parent) for p in found if p.is_dir() or p.suffix == ".py"))

    def reached(self, sources: Iterable[str]) -> dict[str, bytes]:
        """The files on which cells of these sources depend,
        by their paths from the book's folder.
        """
        sources = list(sources)
        modules = reached(sources, self.modules)
        read = [*sources, *(self.modules[path] for path in modules)]
        files = {name for name in self.files if self._imported_as(name) in modules}
        return {
            name: held
            for name, held in self.files.items()
            if name in files or (not name.endswith(".py") and self._counts(name, files, read))
        }

    def _counts(self, name: str, modules: set[str], read: list[str]) -> bool:
        """Does a file of data count for code that reaches these modules?"""
        home = self._home(name)
        neighbours = [
            other for other in self.files if other.endswith(".py") and self._home(other) == home
        ]
        beside = any(self._home(module) == home for module in modules)
        return not neighbours or beside or any(PurePosixPath(name).name in text for text in read)

    def _home(self, name: str) -> str:
        """The folder of the settings in which a file lies."""
        return next(
            (path for path in self.paths if name.startswith(f"{path}/")), name.rpartition("/")[0]
        )

    def _imported_as(self, name: str) -> str:
        """The path by which a module is imported: from beside its folder,
        or from the book's own.
        """
        home = self._home(name)
        above = home.rpartition("/")[0]
        return name.removeprefix(f"{above}/") if above and home in self.paths else name

    def _files(self, path: str) -> Iterator[str]:
        top = self.root / path
        if not top.exists():
            raise LoomError(
                f"`loom_runtime_paths` names {path}, which does not exist", Place("_config.yml", 1)
            )
        for file in [top] if top.is_file() else sorted(top.rglob("*")):
            parts = file.relative_to(self.root).parts
            if (
                file.is_file()
                and "__pycache__" not in parts
                and not any(part.startswith(".") for part in parts)
            ):
                yield "/".join(parts)


def digest(data: bytes) -> str:
    """What stands for a file's content."""
    return hashlib.sha256(data).hexdigest()
