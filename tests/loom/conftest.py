"""What the loom's tests share."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from littlebook import PACKAGE, LittleBook, Notebook
from loom.inside.extend import extend


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


@pytest.fixture
def refused(book: LittleBook, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Check that tangling the little book is an error: its place, its exit code, nothing written."""
    from loom.__main__ import main

    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in book.root.rglob("*") if path.is_file()}

    def check(place: str, *messages: str) -> str:
        before = files()
        assert main(["tangle", "--root", str(book.root)]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"loom: {place}: "), said
        for message in messages:
            assert message in said
        assert files() == before
        return said

    return check


@pytest.fixture
def tangled(book: LittleBook) -> Callable[..., str]:
    """The text of a tangled module of the little book, below its banner."""
    from loom.read.chapters import parse_book
    from loom.tangle.tangle import tangle

    def text(target: str = f"{PACKAGE}/m.py", through: str | None = None) -> str:
        return tangle(parse_book(book.root), through)[target].text.partition("\n")[2]

    return text
