"""The text of the book's files; what would upset line numbers is refused."""

from __future__ import annotations

import re
from pathlib import Path

from loom import files
from loom.errors import LoomError
from loom.model import Place

# What no chapter holds, and what is said of it.
UNWELCOME = {
    "\r": "line ends with a carriage return (CRLF); save the file with LF line ends",
    "\0": "holds the character NUL; remove it",
    # Python's str.splitlines takes these for a line's end, and an editor does not.
    "[\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]": (
        "holds the character {!r}, which ends a line for some programs and not for others; "
        "remove it"
    ),
}


def read_text(root: Path, path: str) -> str:
    """The text of a file of the book, in UTF-8, each of whose lines ends with a line feed alone."""
    text = _decoded(root, path)
    if text.startswith("\ufeff"):
        raise LoomError("starts with a byte order mark; save the file without it", Place(path, 1))
    if marked := files.conflict(text):
        raise LoomError(
            "a conflict marker of git; settle the conflict, and remove it", Place(path, marked)
        )
    for pattern, told in UNWELCOME.items():
        if found := re.search(pattern, text):
            line = text[: found.start()].count("\n") + 1
            raise LoomError(told.format(found.group()), Place(path, line))
    return text


def _decoded(root: Path, path: str) -> str:
    try:
        data = (root / path).read_bytes()
    except OSError as error:
        raise LoomError(f"cannot be read: {error.strerror}", Place(path, 1)) from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LoomError("not UTF-8; save the file as UTF-8", Place(path, line)) from None
