"""What is installed is stated once, exactly, and without saying from which host."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

LOCKS = ["lock.txt", "mutants.txt"]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_version_is_pinned_and_hashed(root: Path, lock: str) -> None:
    text = (root / "requirements" / lock).read_text()
    entries = [entry for entry in re.split(r"\n(?=[A-Za-z0-9])", text) if not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[\w.-]+==[\w.]+", entry) and "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("lock", [f"requirements/{lock}" for lock in LOCKS] + ["package-lock.json"])
def test_no_host_is_named(root: Path, lock: str) -> None:
    text = (root / lock).read_text()
    assert "resolved" not in text
    assert not re.search(r"https?://(?!github\.com/sponsors|opencollective\.com)", text)
    assert "index-url" not in text and "find-links" not in text


@pytest.mark.parametrize("name", ["book", "test", "torch", "local"])
def test_what_was_chosen_is_locked(root: Path, tool, name: str) -> None:
    chosen = re.findall(r"^([\w.-]+)", (root / "requirements" / f"{name}.in").read_text(), re.M)
    assert chosen and set(chosen) <= set(tool("setup").pinned())


def test_npm_packages_are_pinned(root: Path) -> None:
    chosen = json.loads((root / "package.json").read_text())["dependencies"]
    locked = json.loads((root / "package-lock.json").read_text())["packages"]
    assert chosen
    for name, version in chosen.items():
        assert locked[f"node_modules/{name}"]["version"] == version
        assert locked[f"node_modules/{name}"]["integrity"].startswith("sha512-")


def test_pytorch_is_not_in_the_lock_but_what_it_needs_is(tool) -> None:
    pinned = tool("setup").pinned()
    assert "torch" not in pinned and {"sympy", "networkx", "filelock"} <= set(pinned)
    assert not [name for name in pinned if name.startswith(("nvidia", "cuda"))]
