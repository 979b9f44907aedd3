"""What the page's Python of a chapter is given."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path
from typing import get_type_hints

import pytest
from live import chapter
from live.assets import served
from loom.inside.plan import PageCell, PagePlan
from loom.read.chapters import parse_book
from loom.run.beside import runtime_paths
from loom.run.snapshots import Snapshots
from parcels import archive

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / path for path in runtime_paths(ROOT) if (ROOT / path).is_dir()]
CHAPTERS = [one.docname for one in parse_book(ROOT).chapters if one.cells]


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Snapshots:
    return Snapshots(parse_book(ROOT), tmp_path_factory.mktemp("loom"), runtime_paths(ROOT))


def files(snapshots: Snapshots, docname: str) -> dict[str, str]:
    cells = chapter.live_cells(snapshots, docname, FOLDERS)
    return chapter.chapter_files(snapshots, docname, FOLDERS, cells)


@pytest.mark.parametrize("docname", CHAPTERS)
def test_the_page_holds_the_package_that_the_build_ran(snapshots: Snapshots, docname: str) -> None:
    held = archive(files(snapshots, docname))
    told = snapshots.plan(docname)
    with zipfile.ZipFile(io.BytesIO(held)) as zipped:
        for part in ("before", "after"):
            folder = Path(told[part])
            built = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")}
            found = {name.partition("/")[2]: zipped.read(name) for name in zipped.namelist() if name.startswith(f"{part}/")}
            assert found == built
        plan = json.loads(zipped.read("plan.json"))
        assert [(cell["digest"], cell["target"], cell["trial"]) for cell in plan["cells"]] == [
            (cell["digest"], cell["target"], cell["trial"]) for cell in told["cells"]
        ]


@pytest.mark.parametrize("docname", CHAPTERS[:1])
def test_the_page_is_told_what_its_plan_promises(snapshots: Snapshots, docname: str) -> None:
    plan = json.loads(files(snapshots, docname)["plan.json"])
    assert plan.keys() == get_type_hints(PagePlan).keys()
    assert all(cell.keys() == get_type_hints(PageCell).keys() for cell in plan["cells"])


def test_a_zip_is_the_same_twice_and_whatever_the_order(snapshots: Snapshots) -> None:
    held = files(snapshots, CHAPTERS[3])
    assert archive(held) == archive(dict(reversed(held.items()))) == archive(files(snapshots, CHAPTERS[3]))


def missing(source: str, **modules: str) -> str | None:
    texts = {f"{name.replace('__', '/')}.py": text for name, text in modules.items()}
    return chapter._Modules(texts, ()).missing(source)


@pytest.mark.parametrize(
    ("source", "lacks"),
    [
        ("import math, random", None),
        ("import numpy as np", "numpy"),
        ("from matplotlib import pyplot", "matplotlib"),
        ("import graphviz\nfrom myst_nb import glue\nfrom IPython.display import HTML", None),
        ("def f():\n    import torch", "torch"),
        ("try:\n    import torch\nexcept ImportError:\n    torch = None", "torch"),
        ("import sqlite3", "sqlite3"),
        ("import tkinter", "tkinter"),
        ("import urllib.request", "urllib.request"),
        ("from urllib import parse, request", "urllib.request"),
        ("from xml.dom.minidom import parse", "xml.dom"),
        ("import urllib.parse\nfrom xml.etree import ElementTree", None),
        ("if TYPE_CHECKING:\n    import numpy", None),
        ("from plots import figure", "matplotlib"),
        ("from marks import line", None),
        ("this is not Python", None),
        ("from data import digits", "sklearn"),
        ("from data import moons", None),
        ("from data import bar", None),
    ],
)
def test_imports_say_what_a_browser_lacks(source: str, lacks: str | None) -> None:
    data = (
        "try:\n    import tqdm\nexcept ImportError:\n    tqdm = None\n"
        "def moons():\n    import math\n\ndef digits():\n    try:\n        import sklearn\n    except ImportError:\n        raise\n"
        "def bar():\n    try:\n        import tqdm\n    except ImportError:\n        pass\n"
    )
    assert missing(source, plots="import matplotlib", marks="import math", data=data) == lacks


def test_modules_that_import_each_other_end() -> None:
    assert missing("import a", a="import b", b="import a\nimport numpy") == "numpy"


class Little:
    """Just enough of a book for `live_cells`."""

    def __init__(self, *cells: str | tuple[str, str]) -> None:
        from loom.model import Book, Cell, Chapter

        pairs = [(cell, "") if isinstance(cell, str) else cell for cell in cells]
        made = tuple(
            Cell("c", number, source, "c.md", 1, tags=tuple(tags.split())) for number, (source, tags) in enumerate(pairs)
        )
        self.book = Book(ROOT, "pkg", (Chapter("c", "c.md", "C", made),))

    def after(self, docname: str) -> dict[str, object]:
        return {}

    def chapter(self, docname: str) -> object:
        return self.book.chapters[0]


def judged(*cells: str | tuple[str, str]) -> list[str]:
    found = chapter.live_cells(Little(*cells), "c", ())  # type: ignore[arg-type]
    return [one.missing or ("runs" if one.shown else "behind" if one.needed else "left out") for one in found]


def test_what_a_cell_makes_without_a_browser_later_cells_lack_too() -> None:
    assert judged("import numpy\nx = numpy.ones(2)", "y = x + 1", "print(y)", "z = 1") == ["numpy"] * 3 + ["runs"]


def test_a_cell_can_be_kept_from_running_in_the_page() -> None:
    assert judged(("x = 1", "not-live"), "print(x)") == ["the whole of Python"] * 2


def test_a_name_made_again_is_there_again() -> None:
    assert judged("import numpy\nx = numpy.ones(2)", "x = 1", "print(x)") == ["numpy", "runs", "runs"]


def test_local_names_of_a_function_are_its_own() -> None:
    assert judged("import numpy\ndef f(x):\n    y = x", "y = 1", "print(y)") == ["numpy", "runs", "runs"]
    assert judged("import numpy\ndef f():\n    pass", "g = [f for f in range(2)]") == ["numpy", "runs"]


def test_a_cell_behind_the_page_runs_only_if_the_page_needs_it() -> None:
    assert judged(("x = 1", "remove-cell"), ("y = 2", "remove-cell"), "print(x)") == ["behind", "left out", "runs"]
    assert judged("x = []", ("x[0:] = [2]", "remove-cell"), "print(x)") == ["runs", "behind", "runs"]


def test_the_page_is_told_what_runs() -> None:
    little = Little(("1/0", "raises-exception"), "import numpy", ("z = 1", "remove-input"), "z")
    told = chapter.page_data(chapter.live_cells(little, "c", ()))  # type: ignore[arg-type]
    assert [{key: value for key, value in one.items() if key != "digest"} for one in told] == [
        {"n": 0, "raises": True}, {"n": 1, "needs": "numpy"}, {"n": 2, "hidden": True}, {"n": 3},
    ]


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("json/__init__.py", True),
        ("encodings/utf_8.py", True),
        ("encodings/cp437.py", True),
        ("encodings/mac_roman.py", False),
        ("multiprocessing/pool.py", False),
        ("turtle.py", False),
        ("xml/etree/ElementTree.py", True),
        ("xml/dom/minidom.py", False),
        ("urllib/parse.py", True),
        ("urllib/request.py", False),
        ("_pyrepl/pager.py", True),
        ("_pyrepl/console.py", False),
        ("json/", False),
    ],
)
def test_the_standard_library_is_trimmed(path: str, kept: bool) -> None:
    assert served(path) is kept


def test_what_is_not_served_counts_as_missing() -> None:
    assert chapter.UNSERVED <= chapter.MISSING_STANDARD
    names = {name.partition(".")[0] for name in chapter.UNSERVED if name[0] != "_"}
    assert names - set(sys.stdlib_module_names) <= {"pydoc_data", "smtplib"}
