"""Every live cell of every chapter, in the browser's Python under node, gives what the build recorded.

Where there is a Chromium, its *Run all* is that check (tests/browser/test_run_all.py).
"""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from look.scripts import node
from recorded import CHAPTERS, compare, from_page, same, told

HERE = Path(__file__).parent


def run(site: Path, chapter: str, numbers: list[int] | list[str]) -> list[dict[str, Any]]:
    """Run cells of a chapter, or code of a reader's, in a process of its own."""
    command = [node(), str(HERE / "python.mjs"), str(site / "_static" / "live"), f"{chapter}.zip", json.dumps(numbers)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_cells_give_what_the_build_recorded(site: Path, chromium: Path | None, chapter: str) -> None:
    if chromium:
        pytest.skip("Run all in Chromium is this check")
    running = [cell["n"] for cell in told(site, chapter)["cells"] if "needs" not in cell]
    compare(site, chapter, run(site, chapter, running))


CHAIN = "class Link: pass\nend = None\nfor _ in range(30_000): last, end = end, Link(); end.last = last\ndel last, end\n'freed'"


def test_only_code_that_awaits_runs_in_a_coroutine(site: Path) -> None:
    codes = ["import asyncio\nawait asyncio.sleep(0)\n'awaited'", "", CHAIN, "async def f():\n    await g()", "1 +"]
    found = run(site, CHAPTERS[0], codes)
    assert [one["awaited"] for one in found] == [True, False, False, False, False]
    assert [one["ok"] for one in found] == [True, True, True, True, False]
    assert [from_page(one)[1] for one in found] == [["'awaited'"], [], ["'freed'"], [], []]
    assert found[-1]["error"]["kind"] == "SyntaxError"


@pytest.mark.parametrize("link", ["(last,)", "[last]", "lambda last=last: last", "iter([last])"])
def test_a_chain_of_a_million_is_freed(site: Path, link: str) -> None:
    build = f"last = None\nfor _ in range(1_000_000): last = {link}"
    found = run(site, CHAPTERS[0], [build, "last = None", "'freed'"])
    assert from_page(found[-1])[1] == ["'freed'"]


def test_nothing_in_the_library_needs_what_is_not_served(site: Path) -> None:
    with zipfile.ZipFile(site / "_static" / "live" / "library.zip") as library:
        paths = [path.rpartition(".")[0] for path in library.namelist() if path.endswith((".py", ".pyc"))]
    names = sorted({path.removesuffix("/__init__").replace("/", ".") for path in paths if "__main__" not in path and "-" not in path})
    tries = [f"try:\n    import {name}\nexcept ImportError as error:\n    lacks({name!r}, error)"
             for name in names if name not in ("antigravity", "this", "IPython.display")]
    found = run(site, CHAPTERS[0], ["def lacks(name, error): print(name, error.name)", "\n".join(tries)])
    assert all(one["ok"] for one in found), found[-1]["error"]["text"] + tries[found[-1]["error"]["line"]//4]
    lacking = dict(line.split() for line in from_page(found[-1])[0].splitlines())
    # What a browser has none of: processes, a second interpreter, Windows.
    assert set(lacking) == {
        "concurrent.futures.interpreter", "concurrent.futures.process", "encodings.mbcs", "encodings.oem",
    }, lacking


def test_a_reader_may_ask_for_help(site: Path) -> None:
    one, = run(site, CHAPTERS[0], ["def f():\n    'Half of it.'\nhelp(f)"])
    assert one["ok"], one["error"]
    assert "Half of it." in from_page(one)[0]


def test_numbers_may_differ_by_little_and_words_not_at_all() -> None:
    assert same("loss 0.123456789, 3 steps", "loss 0.123456790, 3 steps")
    assert not same("loss 0.1234", "loss 0.1235")
    assert not same("loss 0.1234", "cost 0.1234")
    assert not same("1 2", "1")
