"""What the build recorded of a chapter's cells, and whether a page's Python gives the same.

The browser's `tanh` and its like differ from the C library's in the last bit now and then, and training
carries that on: numbers may differ by TOLERANCE, all other text must be the same.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.stem for path in (ROOT / "_build" / "html" / "_static" / "live").glob("*.zip"))
CHAPTERS = [name for name in PAGES if name not in ("graphviz", "library")] or ["no built site"]

TOLERANCE = 1e-6
NUMBER = re.compile(r"-?\b\d+(?:\.\d*)?(?:e[+-]?\d+)?\b")
#: What these tell of is the machine: its time and memory, its collector's visits, its packages. A browser's has others.
MACHINE = re.compile(r"tracemalloc|getsizeof|bytes_for_each|perf_counter|(collector|weigh)\(|print\(step\.backend")
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


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


def compare(site: Path, chapter: str, found: list[dict[str, Any]]) -> None:
    """All live cells of a chapter ran, in order, and gave what the build recorded."""
    before = recorded(site, chapter)
    running = [cell for cell in told(site, chapter)["cells"] if "needs" not in cell]
    assert [outcome["n"] for outcome in found] == [cell["n"] for cell in running][: len(found)]
    for cell, outcome in zip(running, found, strict=False):
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
    assert len(found) == len(running), f"{chapter}: it ended after cell {found[-1]['n'] + 1}"
