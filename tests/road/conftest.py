"""Little books, as the loom's own tests write them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for folder in (str(HERE), str(HERE.parent / "loom")):
    if folder not in sys.path:
        sys.path.append(folder)

from littlebook import LittleBook  # noqa: E402
from road.survey import Survey  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def book(tmp_path: Path) -> LittleBook:
    return LittleBook(tmp_path)


@pytest.fixture(scope="session")
def survey() -> Survey:
    """The road of the book itself."""
    return Survey(ROOT)
