"""No stale package is tested: a run of tests begins by asking whether it is what the chapters say."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHAPTER = """\
---
file_format: mystnb
---

# One

```{code-cell} python
:tangle: micrograd/__init__.py
x = 1
```
"""


class Checkout:
    """A repository with a little book, its package, the conftest.py of this one, and two tests."""

    def __init__(self, root: Path, conftest: Path) -> None:
        self.root, self.chapter = root, root / "book" / "one.md"
        for name in ("book", "tests/engine", "tests/loom"):
            (root / name).mkdir(parents=True)
        (root / "_toc.yml").write_text("format: jb-book\nroot: book/one\n")
        (root / "_config.yml").write_text("sphinx: {config: {loom_package: micrograd}}\n")
        self.chapter.write_text(CHAPTER)
        shutil.copy(conftest, root / "tests" / "conftest.py")
        (root / "tests/engine/test_x.py").write_text("import micrograd\n\ndef test_x(): assert micrograd.x > 0\n")
        (root / "tests/loom/test_y.py").write_text("def test_y(): pass\n")
        subprocess.run([sys.executable, "-m", "loom", "tangle"], cwd=root, check=True, capture_output=True)

    def test(self, *words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words],
            cwd=self.root, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def edit(self, old: str, new: str) -> None:
        self.chapter.write_text(self.chapter.read_text().replace(old, new))


@pytest.fixture
def checkout(tmp_path: Path, root: Path) -> Checkout:
    return Checkout(tmp_path, root / "tests" / "conftest.py")


def test_a_stale_package_is_not_tested_and_the_chapters_line_is_named(checkout: Checkout) -> None:
    assert checkout.test()[0] == 0
    checkout.edit("x = 1", "x = 2")
    for words in ([], ["tests/engine/test_x.py::test_x", "-k", "x"]):
        code, said = checkout.test(*words)
        assert code == 1 and "1 passed" not in said
        assert "@@ book/one.md:9" in said and "python -m loom tangle" in said
    checkout.edit("x = 2", "x = (")
    code, said = checkout.test()
    assert code == 1 and "book/one.md:9: not Python" in said
    checkout.edit("x = (", "x = 1")
    assert checkout.test()[0] == 0


def test_an_edit_by_hand_is_not_tested_either(checkout: Checkout) -> None:
    path = checkout.root / "micrograd" / "__init__.py"
    path.write_text(path.read_text() + "y = 1\n")
    code, said = checkout.test("tests/engine")
    assert code == 1 and "-y = 1" in said


def test_the_looms_own_tests_run_beside_a_stale_package(checkout: Checkout) -> None:
    checkout.edit("x = 1", "x = 2")
    assert checkout.test("tests/loom")[0] == 0
    assert checkout.test("tests/loom", "tests/engine")[0] == 1


def test_a_package_without_its_book_is_tested_as_it_is(checkout: Checkout) -> None:
    path = checkout.root / "micrograd" / "__init__.py"
    path.write_text(path.read_text() + "y = 1\n")
    (checkout.root / "_toc.yml").unlink()
    shutil.rmtree(checkout.root / "book")
    assert checkout.test()[0] == 0


def test_another_package_than_the_repositorys_is_tested_as_it_is(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout.root / "micrograd").rename(checkout.root / "elsewhere")
    other = checkout.root / "other" / "micrograd"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("x = 3\n")
    monkeypatch.setenv("PYTHONPATH", str(other.parent))
    assert checkout.test("tests/engine")[0] == 0
