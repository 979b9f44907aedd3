"""What the loom's tests share."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from littlebook import PACKAGE, LittleBook, Notebook  # noqa: E402
from loom.runtime import extend  # noqa: E402


@pytest.fixture
def book(tmp_path: Path) -> LittleBook:
    return LittleBook(tmp_path)


@pytest.fixture
def clean_python(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a chapter does to this process is undone."""
    monkeypatch.setattr(builtins, "extend", extend, raising=False)
    path, finders, modules = sys.path[:], sys.meta_path[:], set(sys.modules)
    yield
    sys.path[:], sys.meta_path[:] = path, finders
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE and name not in modules]:
        del sys.modules[name]


@pytest.fixture
def notebook(book: LittleBook, clean_python: None) -> Any:
    """Start a chapter of the little book: `notebook("second")`."""
    return lambda name: Notebook(book.root, f"book/{name}")
