"""What the repository says of itself is so."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import micrograd

TEXTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]


def load(path: Path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.mark.parametrize("example", re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S))
def test_the_readmes_examples_print_what_they_say(example: str) -> None:
    said = re.findall(r"# prints ([\w.]+)", example)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(example, {})
    assert said and printed.getvalue().split() == said


@pytest.mark.parametrize("name", TEXTS)
def test_links_and_pictures_between_files_exist(root: Path, name: str) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", (root / name).read_text(encoding="utf-8"))
    assert [target for target in targets if "://" not in target and not (root / target).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_commands_that_are_named_exist(root: Path, name: str) -> None:
    makefile = (root / "Makefile").read_text()
    named = set(re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)", (root / name).read_text(encoding="utf-8"), re.M))
    assert named and [one or two for one, two in named if not re.search(rf"^{one or two}:", makefile, re.M)] == []


@pytest.mark.parametrize("name", ["test", "book"])
def test_workflows_are_sound(root: Path, name: str) -> None:
    workflow = load(root / ".github" / "workflows" / f"{name}.yml")
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert [s["uses"] for s in steps if "uses" in s and not re.fullmatch(r"actions/[\w-]+@v\d+", s["uses"])] == []
    assert all("timeout-minutes" in job or "needs" in job for job in workflow["jobs"].values())
    assert workflow["permissions"] == {"contents": "read"}


def test_every_supported_python_is_tested(root: Path) -> None:
    stated = tomllib.loads((root / "pyproject.toml").read_text())["project"]["classifiers"]
    versions = [c.rsplit(" ", 1)[1] for c in stated if c.startswith("Programming Language :: Python :: 3.")]
    matrix = load(root / ".github/workflows/test.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert versions == matrix == ["3.11", "3.12", "3.13", "3.14"]


def test_ci_is_a_sound_script(root: Path) -> None:
    script = root / ".ci" / "run"
    assert script.stat().st_mode & 0o100
    assert subprocess.run(["bash", "-n", script], capture_output=True, encoding="utf-8").stderr == ""


def test_one_version_everywhere(root: Path) -> None:
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    assert load(root / "CITATION.cff")["version"] == version
    assert micrograd.__version__ == version


def test_the_reading_order_names_chapters_that_exist(root: Path) -> None:
    named = re.findall(r"(?:root|file): *(\S+)", (root / "_toc.yml").read_text())
    assert named[0] == "book/index" and len(named) == len(set(named))
    assert [name for name in named if not (root / f"{name}.md").exists()] == []


def test_what_is_made_is_not_committed(root: Path) -> None:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, encoding="utf-8")
    if done.returncode:
        pytest.skip("not a git checkout")
    made = re.compile(r"^(_build|\.venv|node_modules)/|__pycache__|\.egg-info|\.pyc$")
    assert [name for name in done.stdout.split("\0") if made.search(name)] == []
