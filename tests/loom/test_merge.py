"""Branches, merges and clones: what git has, the loom may overwrite; what it has not, is somebody's work."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from littlebook import cell
from loom.__main__ import main

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

ROWS = [f"x{number} = {number}" for number in range(30)]


class Repository:
    """A little book in a repository: chapter `one` gives many rows of toy/m.py, `two` and `three` some more."""

    def __init__(self, book: Any) -> None:
        self.book, self.root = book, book.root
        self.git("init", "-q", "-b", "main")
        (self.root / ".gitignore").write_text("/_build/\n")
        self.write(one="\n".join(ROWS), two="y = 1", three="z = 1")
        self.commit()

    def git(self, *words: str, check: bool = True) -> str:
        own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        done = subprocess.run(
            ["git", *who, *words], cwd=self.root, capture_output=True, text=True, check=check, env=os.environ | own
        )
        return done.stdout + done.stderr

    def write(self, **sources: str) -> None:
        for name, source in sources.items():
            self.book.write(name, cell(source, tangle="toy/m.py"))

    def tangle(self, *options: str) -> int:
        return main(["tangle", "--root", str(self.root), *options])

    def commit(self) -> None:
        assert self.tangle() == 0
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "a step")

    def branch(self, name: str, **sources: str) -> None:
        """A branch of `main` on which some chapters are other ones."""
        self.git("checkout", "-q", "-b", name, "main")
        self.write(**sources)
        self.commit()

    def module(self) -> str:
        return (self.root / "toy/m.py").read_text()

    def forget(self) -> None:
        """As in a fresh clone: nothing is there that git does not keep."""
        shutil.rmtree(self.root / "_build")


@pytest.fixture
def repository(book: Any) -> Repository:
    return Repository(book)


MERGES: dict[str, list[list[str]]] = {
    "merge": [["merge", "-q", "other"]],
    "merge, not committed": [["merge", "--no-commit", "other"]],
    "merge, squashed": [["merge", "--squash", "other"]],
    "cherry-pick": [["cherry-pick", "other"]],
    "cherry-pick, not committed": [["cherry-pick", "-n", "other"]],
    "rebase": [["rebase", "-q", "other"]],
}


@pytest.mark.parametrize("commands", MERGES.values(), ids=MERGES)
def test_branches_that_edit_different_chapters_merge_without_a_conflict(
    repository: Repository, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    repository.branch("other", one="\n".join(ROWS).replace("x2 = 2", "x2 = 'two'"))
    repository.branch("mine", two="y = 2")
    repository.forget()
    capsys.readouterr()
    for command in commands:
        assert "CONFLICT" not in repository.git(*command)
    assert repository.tangle("--check") == 0
    repository.write(three="z = 2")
    assert repository.tangle() == 0
    assert capsys.readouterr() == ("wrote toy/m.py\n", "")
    assert all(text in repository.module() for text in ("x2 = 'two'", "y = 2", "z = 2"))


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
@pytest.mark.parametrize("command", ["merge", "rebase"])
def test_a_conflict_is_settled_in_the_chapters(
    repository: Repository, command: str, style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.branch("other", two="y = 'theirs'")
    repository.branch("mine", two="y = 'ours'", three="z = 3")
    repository.forget()
    repository.git("-c", f"merge.conflictStyle={style}", command, "other", check=False)
    conflicted = repository.module()
    assert "<<<<<<< " in conflicted and "<<<<<<< " in (repository.root / "book/two.md").read_text()
    for options in ([], ["--check"], ["--force"]):
        capsys.readouterr()
        assert repository.tangle(*options) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"loom: {repository.book.place('two', '<<<<<<<')}: a conflict marker of git"), said
        assert repository.module() == conflicted
    repository.write(two="y = 'both'")
    assert repository.tangle("--check") == 1
    assert capsys.readouterr().out.startswith("toy/m.py: in conflict; the chapters are not, and decide what is written\n")
    assert repository.tangle() == 0
    assert "y = 'both'" in repository.module() and "z = 3" in repository.module()
    assert not (repository.root / "_build/loom/discarded").exists(), "git can make it again"


def test_branches_of_an_older_loom_that_conflict_in_every_banner_are_no_work_of_anybodys(repository: Repository) -> None:
    def state(digest: str) -> None:
        text = repository.module()
        (repository.root / "toy/m.py").write_text(text.replace("`.\n", f"`. [{digest}]\n", 1))
        repository.git("commit", "-q", "-a", "--amend", "--no-edit")

    repository.branch("other", one="\n".join(ROWS).replace("x2 = 2", "x2 = 'two'"))
    state("0123456789ab")
    repository.branch("mine", two="y = 2")
    state("ba9876543210, book 0123456789ab")
    repository.forget()
    repository.git("merge", "other", check=False)
    assert repository.module().startswith("<<<<<<< ")
    assert repository.tangle() == 0
    assert "x2 = 'two'" in repository.module() and "y = 2" in repository.module()
    assert not (repository.root / "_build/loom/discarded").exists()


def test_a_module_in_conflict_that_somebody_has_worked_on_is_kept_aside(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.branch("other", two="y = 'theirs'")
    repository.branch("mine", two="y = 'ours'")
    repository.git("merge", "other", check=False)
    worked = repository.module() + "mine = 1\n"
    (repository.root / "toy/m.py").write_text(worked)
    repository.write(two="y = 'both'")
    capsys.readouterr()
    assert repository.tangle() == 0
    copy = capsys.readouterr().err.rstrip().rpartition(" ")[2]
    assert (repository.root / copy).read_text() == worked
    assert "y = 'both'" in repository.module() and "mine" not in repository.module()


def test_a_module_that_one_branch_removes_is_removed(repository: Repository) -> None:
    repository.book.write("four", cell("w = 1", tangle="toy/sub/n.py"))
    repository.commit()
    repository.branch("mine", two="y = 2")
    repository.git("checkout", "-q", "main")
    repository.book.write("four", "Nothing.")
    repository.commit()
    repository.git("checkout", "-q", "mine")
    repository.git("merge", "-q", "main")
    repository.forget()
    assert repository.tangle() == 0
    assert not (repository.root / "toy/sub").exists() and "y = 2" in repository.module()


@pytest.mark.parametrize("state", ["edited", "staged"])
def test_a_hand_edit_is_refused_in_a_repository_too(
    repository: Repository, state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = repository.root / "toy/m.py"
    path.write_text(repository.module() + "mine = 1\n")
    if state == "staged":
        repository.git("add", "-A")
    repository.write(two="y = 2")
    assert repository.tangle() == 2
    assert "edited by hand" in capsys.readouterr().err
    assert repository.module().endswith("mine = 1\n")


@pytest.mark.parametrize("command", [["commit", "-q", "-a", "-m", "by hand"], ["stash", "-q"]])
def test_a_hand_edit_that_git_keeps_may_be_overwritten(repository: Repository, command: list[str]) -> None:
    path = repository.root / "toy/m.py"
    text = repository.module() + "mine = 1\n"
    path.write_text(text)
    repository.git(*command)
    path.write_text(text)
    assert repository.tangle() == 0
    assert "mine" not in repository.module()


def test_an_amended_or_abandoned_state_may_be_overwritten(repository: Repository) -> None:
    repository.branch("mine", two="y = 2")
    old = repository.module()
    repository.git("checkout", "-q", "main")
    repository.git("branch", "-D", "mine")
    repository.forget()
    (repository.root / "toy/m.py").write_text(old)
    assert repository.tangle() == 0
    assert "y = 1" in repository.module()


def without_git(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


def outside_a_repository(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(repository.root / ".git")


@pytest.mark.parametrize("place", [without_git, outside_a_repository])
def test_without_git_the_record_alone_decides(
    repository: Repository, place: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    place(repository, monkeypatch)
    repository.write(two="y = 2")
    assert repository.tangle() == 0
    repository.forget()
    repository.write(two="y = 3")
    assert repository.tangle() == 2
    assert "y = 2" in repository.module()


def test_a_hook_of_git_may_tangle(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    monkeypatch.chdir("/")
    repository.forget()
    repository.write(two="y = 2")
    assert repository.tangle() == 0


def test_line_ends_of_windows_are_no_edit(repository: Repository) -> None:
    repository.forget()
    path: Path = repository.root / "toy/m.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    repository.write(two="y = 2")
    assert repository.tangle() == 0
    assert b"\r" not in path.read_bytes()
