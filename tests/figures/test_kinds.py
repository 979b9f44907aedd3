"""A kind of explorable is one file in Python and one script, all three of one name."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "book" / "figures" / "explorables"
SCRIPTS = ROOT / "pages" / "explore" / "src" / "kinds"
MADE = {path.stem: re.findall(r'Explorable\(\s*"(\w+)"', path.read_text(encoding="utf-8")) for path in MODULES.glob("*.py")}
KINDS = sorted(name for name, made in MADE.items() if made)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_makes_the_kind_of_its_name(kind: str) -> None:
    assert MADE[kind] == [kind]
    assert callable(getattr(importlib.import_module(f"figures.explorables.{kind}"), kind))


def test_every_kind_has_a_script_and_every_script_a_kind() -> None:
    assert {path.stem for path in SCRIPTS.glob("*.js")} == set(KINDS)


def test_no_kind_needs_another_but_learning() -> None:
    """What several need stands beside them; *learning* is *flow* at several steps."""
    pattern = re.compile(rf"from (?:figures\.explorables\.|'\./)({'|'.join(KINDS)})\b")
    texts = {path: path.read_text(encoding="utf-8") for kind in KINDS for path in (MODULES / f"{kind}.py", SCRIPTS / f"{kind}.js")}
    assert {path.name: pattern.findall(text) for path, text in texts.items() if pattern.findall(text)} == {"learning.js": ["flow"]}
