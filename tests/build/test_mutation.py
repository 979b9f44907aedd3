"""The program behind `make mutants`.  What it finds out takes it long; here is what it can be told without running any."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest


@pytest.fixture(scope="module")
def mutation(root: Path) -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("mutation_run", root / "tests" / "mutation" / "run.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass looks for it
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_every_module_of_the_package_has_its_stages(root: Path, mutation: ModuleType) -> None:
    assert set(mutation.STAGES) == {path.stem for path in (root / "micrograd").glob("*.py")}


def test_every_stage_names_tests_that_there_are(root: Path, mutation: ModuleType) -> None:
    named = {root / "tests" / f"{name}.py" for stages in mutation.STAGES.values() for stage in stages for name in stage}
    assert [path for path in named if not path.exists()] == []
    assert {path.parent for path in named} == {root / folder for folder in mutation.TESTS}


def test_every_survivor_is_explained(mutation: ModuleType) -> None:
    reasons = mutation.explained()
    assert reasons
    assert [key for key, why in reasons.items() if len(why.split()) < 4] == []
    assert {where.split(".")[0] for where, _, _ in reasons} <= set(mutation.STAGES)


def mutant(mutation: ModuleType, after: str) -> object:
    return mutation.Mutant("data", "moons", "a + b", after, f"def moons(a, b):\n    return {after}\n")


def test_a_run_that_was_broken_off_goes_on(mutation: ModuleType, tmp_path: Path) -> None:
    kept = mutation.Results(tmp_path / "build" / "mutants.json")
    one, two = mutant(mutation, "a - b"), mutant(mutation, "a * b")
    kept.add(one, True)
    kept.write()
    again = mutation.Results(tmp_path / "build" / "mutants.json")
    assert again.survived == {one.digest: True}
    assert two.digest not in again.survived
    again.add(two, True)
    again.add(one, False)
    assert again.last == [[*two.key]]


def test_what_came_of_a_mutant_holds_as_long_as_its_tests_stay(
    mutation: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = mutant(mutation, "a - b")
    before = one.digest
    monkeypatch.setattr(mutation, "surroundings", lambda file: "other tests")
    assert one.digest != before


def test_a_mutant_is_shown_to_the_tests_that_reach_its_function(mutation: ModuleType) -> None:
    lines = {"": ["apart"], "3": ["above"], "4": ["first", "file.py"], "6": ["first", "last"], "7": ["below"]}
    known = mutation.Known({}, lines, [])
    inside = mutation.Mutant("data", "moons", "a", "b", "", (4, 6))
    assert known.reaching(inside) == {"apart", "first", "file.py", "last"}
    assert known.reaching(mutant(mutation, "a - b")) is None


def test_what_survives_unexplained_and_what_is_explained_and_killed_are_failures(
    mutation: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = mutant(mutation, "a - b"), mutant(mutation, "a * b")
    results = SimpleNamespace(survived={one.digest: True, two.digest: False})
    assert mutation.judge([one, two], {one.key: "they are the same here"}, results)
    assert not mutation.judge([one, two], {}, results)
    assert "SURVIVED: data.moons" in capsys.readouterr().out
    assert not mutation.judge([two], {two.key: "it was not, after all"}, results)
    assert "killed by now" in capsys.readouterr().out
    assert not mutation.judge([], {("data.circles", "a", "b"): "of a function that went"}, results)
    assert "no such mutant" in capsys.readouterr().out


def test_a_compiler_is_asked_the_same_once(
    mutation: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        asked.append(source.read_text())
        Path(command[-1]).write_text(f"compiled {asked[-1]}")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(mutation.subprocess, "run", run)
    remembering = mutation.Remembering(tmp_path / "compiled")
    source = tmp_path / "machine.c"
    for number, text in enumerate(["one", "one", "two", "one"]):
        source.write_text(text)
        made = tmp_path / f"{number}.so"
        assert remembering(["cc", "-shared", str(source), "-o", str(made)]).returncode == 0
        assert made.read_text() == f"compiled {text}"
    assert asked == ["one", "two"]
