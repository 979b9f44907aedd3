"""Every live cell of every chapter, in the browser's Python under node, gives what the build recorded.

The browser's `tanh` and its like differ from the C library's in the last bit now and then, and training
carries that on: numbers may differ by TOLERANCE, all other text must be the same.
"""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from look.formulas import node

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PAGES = sorted(path.stem for path in (ROOT / "_build" / "html" / "_static" / "live").glob("*.zip"))
CHAPTERS = [name for name in PAGES if name not in ("graphviz", "library")] or ["no built site"]

TOLERANCE = 1e-6
NUMBER = re.compile(r"-?\b\d+(?:\.\d*)?(?:e[+-]?\d+)?\b")
#: What these tell of is the machine: its time and memory, its collector's visits, its packages. A browser's has others.
MACHINE = re.compile(r"tracemalloc|getsizeof|bytes_for_each|perf_counter|(collector|weigh)\(|print\(step\.backend")
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def run(site: Path, chapter: str, numbers: list[int] | list[str]) -> list[dict[str, Any]]:
    """Run cells of a chapter, or code of a reader's, in a process of its own."""
    command = [node(), str(HERE / "python.mjs"), str(site / "_static" / "live"), f"{chapter}.zip", json.dumps(numbers)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def told(site: Path, chapter: str) -> dict[str, Any]:
    """What the page of a chapter tells its script."""
    text = (site / "book" / f"{chapter}.html").read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json" id="live-page">(.*?)</script>', text, re.S)[1])


def recorded(site: Path, chapter: str) -> list[dict[str, Any]]:
    """The chapter's code cells with the outputs of the build."""
    notebook = json.loads((site.parent / "jupyter_execute" / "book" / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def texts(drawing: str) -> str:
    return "\n".join("".join(part.itertext()).strip() for part in ElementTree.fromstring(drawing).iter()
                     if part.tag.rpartition("}")[2] == "text")


def from_build(cell: dict[str, Any]) -> tuple[str, list[str], str]:
    """Printed text, displays and error of a recorded cell."""
    streams, shown, error = {}, [], ""
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            streams[output["name"]] = "".join(output["text"])
        elif output["output_type"] == "error":
            error = output["ename"]
        elif not any(kind.startswith("application/papermill") for kind in output["data"]):
            data = output["data"]
            form = next(kind for kind in ("text/html", "image/svg+xml", "text/plain") if kind in data)
            text = "".join(data[form])
            shown.append(texts(text) if form == "image/svg+xml" else text if form == "text/plain" else form)
    return "".join(streams.values()), shown, error


def from_page(cell: dict[str, Any]) -> tuple[str, list[str], str]:
    printed, shown = "", []
    for output in cell["outputs"]:
        if "name" in output:
            printed += output["text"]
        else:
            kind = output["kind"]
            shown.append(texts(output["text"]) if kind == "image/svg+xml" else output["text"] if kind == "text/plain" else kind)
    return printed, shown, "" if cell["ok"] else cell["error"]["kind"]


def same(one: str, other: str) -> bool:
    """The same words, and numbers that differ by little."""
    one, other = (ADDRESS.sub(" at 0x…", text.rstrip()) for text in (one, other))
    if one == other:
        return True
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(float(a) == pytest.approx(float(b), rel=TOLERANCE, abs=TOLERANCE * 1e-3) for a, b in pairs)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_cells_give_what_the_build_recorded(site: Path, chapter: str) -> None:
    cells, before = told(site, chapter)["cells"], recorded(site, chapter)
    running = [cell for cell in cells if "needs" not in cell]
    found = run(site, chapter, [cell["n"] for cell in running])
    for cell, outcome in zip(running, found, strict=True):
        where = f"{chapter}, cell {cell['n'] + 1}:\n{''.join(before[cell['n']]['source'])}\n"
        assert outcome["ok"] or cell.get("raises"), where + outcome["error"]["text"]
        if cell.get("hidden") or MACHINE.search("".join(before[cell["n"]]["source"])):
            continue
        (printed, shown, error), (printed_here, shown_here, error_here) = from_build(before[cell["n"]]), from_page(outcome)
        assert error == error_here, where
        assert same(printed, printed_here), f"{where}{printed}\n--- in the page:\n{printed_here}"
        assert len(shown) == len(shown_here), f"{where}{shown}\n--- in the page:\n{shown_here}"
        for there, here in zip(shown, shown_here, strict=True):
            assert same(there, here), f"{where}{there}\n--- in the page:\n{here}"


CHAIN = "class Link: pass\nend = None\nfor _ in range(30_000): last, end = end, Link(); end.last = last\ndel last, end\n'freed'"


def test_only_code_that_awaits_runs_in_a_coroutine(site: Path) -> None:
    codes = ["import asyncio\nawait asyncio.sleep(0)\n'awaited'", "", CHAIN, "async def f():\n    await g()", "1 +"]
    found = run(site, CHAPTERS[0], codes)
    assert [one["awaited"] for one in found] == [True, False, False, False, False]
    assert [one["ok"] for one in found] == [True, True, True, True, False]
    assert [from_page(one)[1] for one in found] == [["'awaited'"], [], ["'freed'"], [], []]
    assert found[-1]["error"]["kind"] == "SyntaxError"


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
