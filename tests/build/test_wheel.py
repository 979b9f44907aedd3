"""The package installs from what a checkout builds, alone, and brings nothing else."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest


def run(*words: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation"]
    run(*pip, "--wheel-dir", folder, root, cwd=folder)
    (found,) = folder.glob("micrograd_book-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps", wheel, cwd=folder)
    return python


def metadata(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode())


def test_only_the_package_is_inside(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"micrograd", wheel.name.rsplit("-py3", 1)[0] + ".dist-info"}
    assert "micrograd/py.typed" in names and "micrograd/engine.py" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_nothing_is_needed_and_drawing_is_an_extra(wheel: Path) -> None:
    stated = metadata(wheel)
    needs = stated.get_all("Requires-Dist") or []
    assert stated["Name"] == "micrograd-book"  # `micrograd` is somebody else's
    assert [need for need in needs if "extra ==" not in need] == []
    assert any(need.startswith("graphviz") and "extra == 'draw'" in need for need in needs)
    assert stated["Requires-Python"] == ">=3.11"


def test_it_works_where_nothing_else_is_installed(installed: Path, tmp_path: Path) -> None:
    program = """
from micrograd.engine import Value
a = Value(2.0); b = Value(-3.0)
f = (a * b + a).relu() + a * a
f.backward()
print(f.data, a.grad)
"""
    assert run(installed, "-I", "-c", program, cwd=tmp_path).split() == ["4.0", "4.0"]


def test_it_brings_neither_the_loom_nor_a_library(installed: Path, tmp_path: Path) -> None:
    program = """
import importlib.util as u
print([name for name in ("loom", "look", "exercises", "numpy", "graphviz") if u.find_spec(name)])
import sys; before = set(sys.modules)
import micrograd.engine
tops = {name.split(".")[0] for name in set(sys.modules) - before}
print(sorted(tops - set(sys.stdlib_module_names) - {"micrograd"}))
"""
    assert run(installed, "-I", "-c", program, cwd=tmp_path).split("\n")[:2] == ["[]", "[]"]
