"""The scripts' pure modules, tested where they run without a page: under node."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

TESTS = sorted(Path(__file__).parent.glob("*.test.js"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name.partition(".")[0])
def test_a_module_does_what_its_tests_say(path: Path, tool: Callable[[str], ModuleType]) -> None:
    node, _ = tool("setup").find_node()
    done = subprocess.run([str(node), "--test", "--test-reporter=spec", str(path)], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
