"""Which texts of modules may be overwritten: those that the loom wrote, and those that git keeps.

What the loom writes it notes in an untracked file, by digest.  Where that file is gone, as in a
fresh clone, or where another branch's text has come, git is asked whether it has the text in a
commit, or has made it itself while merging.  Any other text is somebody's work.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from loom import files

# How the first line of every module starts, also of older looms; in a conflict,
# markers may stand above it.
BANNER = re.compile("^# Tangled from the book", re.MULTILINE)
KEPT = 5000  # digests, the last ones


class Known:
    """The texts known to the loom, by the record in its folder, and to git."""

    def __init__(self, home: Path) -> None:
        self.record = home / "written"

    def note(self, texts: Iterable[str]) -> None:
        """Remember some texts as the loom's own; done before they are written."""
        before, new = self._digests(), list(dict.fromkeys(map(digest, texts)))
        after = [*(one for one in before if one not in new), *new][-KEPT:]
        if after != before:
            files.replace(self.record, "".join(f"{one}\n" for one in after))

    def has(self, path: Path, text: str) -> bool:
        """May this text of a file be overwritten, as it can be had again?"""
        text = text.replace("\r\n", "\n")
        if not text.strip():
            return path.name == "__init__.py"
        return bool(BANNER.search(text)) and (digest(text) in self._digests() or in_git(path, text))

    def _digests(self) -> list[str]:
        try:
            return self.record.read_text(encoding="ascii", errors="replace").split()
        except FileNotFoundError:
            return []


def digest(text: str) -> str:
    """What a text is remembered by."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def in_git(path: Path, text: str) -> bool:
    """Has a commit held this text of the file, or has git put it together in a merge?"""
    blob = _git(path.parent, "hash-object", "--stdin", given=text)
    if not blob:
        return False
    if _git(path.parent, "rev-parse", "--verify", "--quiet", f"AUTO_MERGE:./{path.name}") == blob:
        return True
    search = ["log", "-1", "-m", "--format=%H", "--all", "--reflog", f"--find-object={blob}"]
    return bool(_git(path.parent, *search, "--", path.name))


def _git(folder: Path, *words: str, given: str = "") -> str:
    """What git says; nothing if there is no git, no repository or no answer."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            input=given.encode(),
            capture_output=True,
            check=False,
            env=own,
        )
    except OSError:
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""
