"""The command line: `python -m loom`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from littlebook import cell
from loom.__main__ import main

Said = tuple[int, str, str]


@pytest.fixture
def loom(book: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Run a command in the book's folder: exit code, output, errors."""

    def run(*arguments: str) -> Said:
        monkeypatch.chdir(book.root)
        code = main([*arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def two(book: Any) -> Any:
    """A book of two chapters and two modules."""
    book.write(
        "one",
        cell('"""A toy."""\nfrom toy.m import C', tangle="toy/__init__.py"),
        cell("import os\n\nclass C:\n    def f(self):\n        return os", tangle="toy/m.py"),
    )
    book.write(
        "two",
        "Prose.",
        cell("import os\nfrom os import path\n\n@extend\nclass C:\n    def g(self):\n        return path", tangle="toy/m.py"),
        cell("@extend\nclass C:\n    def f(self):\n        return 1, os", tangle="toy/m.py", replaces="C.f"),
        cell("print(C)"),
    )
    return book


# ------------------------------------------------------------------------------- tangle


def test_tangle_writes_the_package(two: Any, loom: Callable[..., Said]) -> None:
    assert loom("tangle") == (0, "wrote toy/__init__.py\nwrote toy/m.py\n", "")
    assert loom("tangle") == (0, "", "")
    assert loom("tangle", "--check") == (0, "", "")
    assert "class C:" in (two.root / "toy/m.py").read_text()


def test_check_shows_what_is_stale_and_which_line_owns_it(two: Any, loom: Callable[..., Said]) -> None:
    loom("tangle")
    before = (two.root / "toy/m.py").read_text()
    two.write("two", cell("@extend\nclass C:\n    def f(self):\n        return 2", tangle="toy/m.py", replaces="C.f"))
    code, out, err = loom("tangle", "--check")
    assert code == 1
    assert "--- toy/m.py (on disk)\n+++ toy/m.py (from the chapters)\n" in out
    assert "-        return 1, os\n" in out and "+        return 2\n" in out
    changed = [line for line in out.splitlines() if line.startswith("@@")]
    assert any(line.endswith(f"@@ {two.place('two', 'return 2')}") for line in changed)
    assert "python -m loom tangle" in err
    assert (two.root / "toy/m.py").read_text() == before


def test_the_diff_can_be_applied(two: Any, loom: Callable[..., Said]) -> None:
    loom("tangle")
    two.write("one", cell("import os\nimport sys\n\nx = 1\n\n\nclass C:\n    def f(self):\n        return sys", tangle="toy/m.py"))
    _, out, _ = loom("tangle", "--check")
    subprocess.run(["git", "apply", "-p0", "-"], input=_plain(out), text=True, cwd=two.root, check=True)
    assert loom("tangle", "--check") == (0, "", "")


def _plain(diff: str) -> str:
    return diff.replace(" (on disk)", "").replace(" (from the chapters)", "")


def test_check_says_that_there_is_no_package_yet(two: Any, loom: Callable[..., Said]) -> None:
    code, out, _ = loom("tangle", "--check")
    assert code == 1
    assert "--- /dev/null\n+++ toy/m.py" in out
    assert not (two.root / "toy").exists()


def test_check_reports_what_no_chapter_tangles(two: Any, loom: Callable[..., Said]) -> None:
    loom("tangle")
    (two.root / "toy/py.typed").touch()
    (two.root / "toy/mine.py").write_text("x = 1\n")
    told = "toy/mine.py: no chapter tangles this file, and the loom did not write it; move it elsewhere, or delete it\n"
    assert loom("tangle", "--check") == (1, told, "")
    assert loom("tangle") == (0, "", f"loom: {told}")


def test_check_reports_a_module_that_is_left_over(two: Any, loom: Callable[..., Said]) -> None:
    loom("tangle")
    path = two.root / "toy/m.py"
    path.rename(two.root / "toy/old.py")
    code, out, _ = loom("tangle", "--check")
    assert code == 1
    assert "toy/old.py: no chapter tangles this module any more\n" in out
    assert loom("tangle") == (0, "wrote toy/m.py\nremoved toy/old.py\n", "")
    assert not (two.root / "toy/old.py").exists()


def test_an_edit_by_hand_is_refused_and_can_be_discarded(two: Any, loom: Callable[..., Said]) -> None:
    loom("tangle")
    path = two.root / "toy/m.py"
    path.write_text(path.read_text() + "x = 1\n")
    code, out, err = loom("tangle")
    line = path.read_text().count("\n")
    assert (code, out) == (2, "")
    assert err.startswith(f"loom: toy/m.py:{line}: edited by hand")
    assert path.read_text().endswith("x = 1\n")
    code, out, err = loom("tangle", "--force")
    assert (code, out) == (0, "wrote toy/m.py\n")
    assert err.startswith("loom: toy/m.py: what stood here is kept in _build/loom/discarded/")


def test_an_error_in_the_book_is_told_with_its_line(book: Any, loom: Callable[..., Said]) -> None:
    book.write("one", cell("x = (", tangle="toy/m.py"))
    assert loom("tangle", "--check") == (2, "", f"loom: {book.place('one', 'x = (')}: not Python: '(' was never closed\n")


def test_a_folder_that_cannot_be_written_is_told(two: Any, loom: Callable[..., Said]) -> None:
    (two.root / "toy").write_text("a file")
    code, _, err = loom("tangle")
    assert code == 2
    assert err.startswith("loom: ") and "toy" in err


# -------------------------------------------------------------------------------- where


def test_where_finds_the_chapter_of_a_module_line(two: Any, loom: Callable[..., Said]) -> None:
    loom("tangle")
    lines = (two.root / "toy/m.py").read_text().split("\n")
    for text, chapter in [("class C:", "one"), ("def f(", "two"), ("return 1, os", "two"), ("return path", "two")]:
        number = next(n for n, line in enumerate(lines, 1) if text in line)
        assert loom("where", f"toy/m.py:{number}") == (0, f"{two.place(chapter, text)}\n", "")


def test_where_finds_the_module_line_of_a_chapter_line(two: Any, loom: Callable[..., Said]) -> None:
    loom("tangle")
    lines = (two.root / "toy/m.py").read_text().split("\n")
    for text, chapter in [("class C:", "one"), ("return 1, os", "two"), ("from os import path", "two")]:
        number = next(n for n, line in enumerate(lines, 1) if text in line)
        assert loom("where", two.place(chapter, text)) == (0, f"toy/m.py:{number}\n", "")


def test_where_takes_a_blank_line_for_what_comes_below(two: Any, loom: Callable[..., Said]) -> None:
    loom("tangle")
    lines = (two.root / "toy/m.py").read_text().split("\n")
    above = lines.index("class C:")
    assert lines[above - 1] == ""
    assert loom("where", f"toy/m.py:{above}") == (0, f"{two.place('one', 'class C:')}\n", "")


def test_where_finds_what_an_import_and_a_reopening_belong_to(two: Any, loom: Callable[..., Said]) -> None:
    loom("tangle")
    lines = (two.root / "toy/m.py").read_text().split("\n")
    place = two.place("two", "import os")
    assert loom("where", place)[1] == f"toy/m.py:{lines.index('import os') + 1}\n"
    place = two.place("two", "@extend")
    assert loom("where", place)[1] == f"toy/m.py:{lines.index('class C:') + 1}\n"


def test_where_says_that_a_line_was_replaced(two: Any, loom: Callable[..., Said]) -> None:
    place = two.place("one", "return os")
    code, _, err = loom("where", place)
    assert code == 2
    assert err.startswith(f"loom: {place}: `C.f` was replaced later, at {two.place('two', 'def f(self)')} (toy/m.py:")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("toy/m.py:1", "loom: toy/m.py:1: the banner, which no chapter holds"),
        ("toy/m.py:99", "lines only"),
        ("book/two.md:7", "loom: book/two.md:7: no line of a tangled cell"),
        ("book/none.md:7", "neither a chapter of the book nor a tangled module"),
        ("toy/m.py", "`toy/m.py` is no FILE:LINE"),
    ],
)
def test_where_says_what_cannot_be_found(two: Any, loom: Callable[..., Said], place: str, message: str) -> None:
    code, out, err = loom("where", place)
    assert (code, out) == (2, "")
    assert message in err


def test_where_takes_paths_as_they_come(
    two: Any, loom: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = two.place("one", "class C:").removeprefix("book/")
    found = loom("where", f"book/{place}")
    assert loom("where", f"{two.root}/book/{place}") == found
    assert loom("where", f"book/{place}:12: some message") == found
    monkeypatch.chdir(two.root / "book")
    assert main(["where", place]) == 0
    assert capsys.readouterr().out == found[1]


# --------------------------------------------------------------------- snapshot and list


def test_snapshot_writes_the_package_of_a_chapter(two: Any, loom: Callable[..., Said], tmp_path: Path) -> None:
    for name in ("book/one", "one", "one.md", "book/one.md"):
        out = tmp_path / name.replace("/", "-")
        assert loom("snapshot", name, "--out", str(out))[0] == 0
        text = (out / "toy/m.py").read_text()
        assert "return os" in text and "def g" not in text


def test_snapshot_of_no_chapter(two: Any, loom: Callable[..., Said], tmp_path: Path) -> None:
    code, _, err = loom("snapshot", "three", "--out", str(tmp_path / "out"))
    assert (code, err) == (2, "loom: no chapter `three`; the book has: book/one, book/two\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("out", [".", "toy", "toy/deep", "../{name}"])
def test_a_snapshot_takes_no_books_package_away(two: Any, loom: Callable[..., Said], out: str) -> None:
    loom("tangle")
    before = (two.root / "toy/m.py").read_text()
    code, _, err = loom("snapshot", "one", "--out", out.format(name=two.root.name))
    assert code == 2
    assert "holds a book, or is part of a package" in err
    assert (two.root / "toy/m.py").read_text() == before
    assert not (two.root / "toy/toy").exists() and not (two.root / "toy/deep").exists()


def test_a_later_snapshot_takes_the_place_of_an_earlier_one(two: Any, loom: Callable[..., Said]) -> None:
    assert loom("snapshot", "one", "--out", "early") == (0, "wrote early/toy/__init__.py\nwrote early/toy/m.py\n", "")
    assert loom("snapshot", "two", "--out", "early") == (0, "wrote early/toy/m.py\n", "")
    assert loom("snapshot", "two", "--out", "early") == (0, "", "")
    assert sorted(path.name for path in (two.root / "early").iterdir()) == ["toy"]


def test_list_tells_every_definition_with_its_places(two: Any, loom: Callable[..., Said]) -> None:
    code, out, _ = loom("list")
    assert code == 0
    rows = {line.split()[2]: line for line in out.splitlines()}
    assert set(rows) == {"__doc__", "C", "os", "path", "C.f", "C.g"}
    assert f"defined {two.place('one', 'def f(self)')}, replaced {two.place('two', 'def f(self)')}" in rows["C.f"]
    assert rows["C.g"].startswith("toy/m.py:")


# --------------------------------------------------------------------------------- usage


def test_the_root_may_be_named(
    two: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir("/")
    assert main(["--root", str(two.root), "tangle"]) == 0
    assert main(["tangle", "--check", "--root", str(two.root)]) == 0
    assert main(["tangle"]) == 2
    assert "no `_toc.yml`" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["weave"], ["where"], ["snapshot", "one"], ["tangle", "--what"]])
def test_what_is_no_command_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage: python -m loom" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["tangle", "where", "snapshot", "list"])
def test_every_command_says_what_it_does(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert len(capsys.readouterr().out.split()) > 20


def test_the_loom_runs_as_a_module(two: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loom", "--root", str(two.root), "tangle"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "wrote toy/__init__.py\nwrote toy/m.py\n"
