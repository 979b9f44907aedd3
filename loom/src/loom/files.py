"""Files: given another text at one stroke, and by one process at a time."""

from __future__ import annotations

import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

SUFFIX = ".tangling"  # of a file that is being written
# What git writes around the two sides of a conflict; a lone `=======` may underline a heading.
MARKER = re.compile(r"^(<{7}|\|{7}|>{7})( .*)?$", re.MULTILINE)


def replace(path: Path, text: str, last: bool = True) -> None:
    """Give a file another text: nobody sees half of it, and its mode stays as it was.

    What can be made again need not outlast a power failure, and is written much more quickly.
    """
    fresh = stage(path, text, last)
    try:
        os.replace(fresh, path)
    except OSError:
        remove(fresh)
        raise


def stage(path: Path, text: str, last: bool = True) -> Path:
    """Write a text beside the file that it is meant for,
    under a name that no other process uses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{secrets.token_hex(8)}{SUFFIX}")
    try:
        with fresh.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            if last:
                os.fsync(file.fileno())
        with suppress(FileNotFoundError):  # a new file gets the mode that new files have
            fresh.chmod(stat.S_IMODE(path.stat().st_mode))
    except OSError:
        remove(fresh)
        raise
    return fresh


def remove(path: Path) -> None:
    """Remove a file that may be there."""
    with suppress(OSError):
        path.unlink()


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Have a failure name the file that the loom was asked for, not one on the way to it."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def conflict(text: str) -> int | None:
    """The line of the first conflict marker of git, if there is one."""
    found = MARKER.search(text)
    return text[: found.start()].count("\n") + 1 if found else None


# ----------------------------------------------------------------------------- one at a time


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Keep out other processes that lock the same file; `waiting` is called when one is inside.

    The system opens the lock when its process ends, however it ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        with named(path):  # some file systems know no locks
            if not _try_lock(file):
                waiting()
                while not _try_lock(file):
                    time.sleep(0.05)
        yield


if os.name == "nt":  # pragma: no cover
    import msvcrt

    def _try_lock(file: BinaryIO) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
