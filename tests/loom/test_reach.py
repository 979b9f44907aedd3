"""What code reaches by its imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from loom.python.reach import imported, reached
from loom.read.chapters import parse_book
from loom.run.beside import Beside, runtime_paths

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import a", {"a"}),
        ("import a.b as c, d", {"a.b", "d"}),
        ("from a import b", {"a", "a.b"}),
        ("def f():\n    import a", {"a"}),
        ("async def f():\n    import a", {"a"}),
        ("class C:\n    import a", {"a"}),
        ("if x:\n    import a\nelse:\n    import b", {"a", "b"}),
        ("try:\n    import a\nexcept ImportError:\n    import b\nelse:\n    import c\nfinally:\n    import d", set("abcd")),
        ("match x:\n    case 1:\n        import a", {"a"}),
        ("for x in y:\n    pass\nelse:\n    import a", {"a"}),
        ("with x:\n    import a", {"a"}),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", {"b"}),
        ("if not TYPE_CHECKING:\n    import a", {"a"}),
        ("import", set()),
        ("x = 'import a'", set()),
    ],
)
def test_imports_are_found_wherever_they_stand(source: str, modules: set[str]) -> None:
    assert imported(source) == modules


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("from . import x", {"p.q", "p.q.x"}),
        ("from .x import y", {"p.q.x", "p.q.x.y"}),
        ("from ..x import y", {"p.x", "p.x.y"}),
    ],
)
def test_a_relative_import_starts_at_the_modules_own_package(source: str, modules: set[str]) -> None:
    assert imported(source, "p.q") == modules


def test_what_is_imported_imports_in_turn_and_circles_end() -> None:
    texts = {"p/__init__.py": "", "p/a.py": "from p import b", "p/b.py": "from . import a", "p/c.py": "", "d.py": "import p.c"}
    assert reached(["import p.a"], texts) == {"p/__init__.py", "p/a.py", "p/b.py"}
    assert reached(["import d"], texts) == {"d.py", "p/__init__.py", "p/c.py"}
    assert reached(["import e"], texts) == set()


LOADED = """
import json, sys
for folder in json.loads(sys.argv[1]):
    sys.path.insert(0, folder)
for name in sys.argv[2:]:
    __import__(name)
print(*sorted(m.__file__ for m in sys.modules.values() if getattr(m, "__file__", None)), sep="\\n")
"""
BOOK = parse_book(ROOT)
BESIDE = Beside(ROOT, runtime_paths(ROOT))


def ours(docname: str) -> list[str]:
    """The modules beside the package that a chapter's cells name."""
    cells = next(chapter.cells for chapter in BOOK.chapters if chapter.docname == docname)
    named = {name for cell in cells for name in imported(cell.source)}
    return sorted(name for name in named if f"{name.replace('.', '/')}.py" in BESIDE.modules)


@pytest.mark.parametrize("docname", [c.docname for c in BOOK.chapters if ours(c.docname)])
def test_what_a_chapter_imports_is_known(docname: str) -> None:
    """The imports of its cells, done by Python itself."""
    folders = json.dumps([str(ROOT), *BESIDE.folders])
    done = subprocess.run(
        [sys.executable, "-c", LOADED, folders, *ours(docname)],
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    loaded = {ROOT / name for name in BESIDE.files} & {*map(Path, done.stdout.splitlines())}
    cells = next(chapter.cells for chapter in BOOK.chapters if chapter.docname == docname)
    assert loaded and loaded <= {ROOT / name for name in BESIDE.reached(c.source for c in cells)}
