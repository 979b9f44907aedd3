"""What a kernel is told of a chapter and of its cells."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any


def digest(source: str) -> str:
    """What a cell is recognised by."""
    return hashlib.sha256(source.encode()).hexdigest()


class Step:
    """One code cell of the chapter, as the plan describes it; its source arrives when it runs."""

    def __init__(self, path: str, plan: Mapping[str, Any]) -> None:
        self.path = path
        self.digest: str = plan["digest"]
        self.line: int = plan["line"]
        self.rows: int = plan["rows"]
        self.target: str | None = plan["target"]
        self.trial: bool = plan["trial"]
        self.rebuild: dict[str, Any] = plan["rebuild"]

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
