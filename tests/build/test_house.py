"""The house keeps its floors: imports run one way, and what runs beside a reader's cells needs Python alone."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: Where the code of each part lies, from the ground up.
PARTS = {
    "micrograd": ROOT / "micrograd",
    "loom": ROOT / "loom" / "src" / "loom",
    "figures": ROOT / "book" / "figures",
    "look": ROOT / "pages" / "look",
    "explore": ROOT / "pages" / "explore",
    "exercises": ROOT / "pages" / "exercises",
    "live": ROOT / "pages" / "live",
    "notebooks": ROOT / "pages" / "notebooks",
    "parcels": ROOT / "pages" / "parcels",
    "road": ROOT / "pages" / "road",
    "bench": ROOT / "bench",
}
#: What each may import of the others.
ARROWS = {
    "micrograd": set(),
    "loom": set(),
    "figures": {"micrograd", "bench"},  # the measured numbers stand in bench/
    "look": {"loom"},
    "explore": {"look"},
    "exercises": {"loom", "look"},
    "live": {"loom", "look", "exercises", "parcels"},
    "notebooks": {"loom", "exercises", "parcels"},
    "parcels": set(),
    "road": {"loom", "look"},
    "bench": {"micrograd"},
}
#: Files that run where cells run: in a kernel, in a reader's browser, in a downloaded notebook.
INSIDE = [
    *(f"loom/src/loom/inside/{path.name}" for path in sorted((ROOT / "loom" / "src" / "loom" / "inside").glob("*.py"))),
    "pages/exercises/attempt.py",
    *(f"pages/live/inside/{path.name}" for path in sorted((ROOT / "pages" / "live" / "inside").glob("*.py"))),
    "pages/notebooks/kernel.py",
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "pages" / "parcels" / "stand_ins").rglob("*.py"))),
]
#: What these may ask of one another, by the names that they have there; IPython is a kernel's own.
BESIDE = {"loom", "look", "live", "exercises", "IPython", "pyodide", "js", "figures"}


def imported(path: Path) -> Iterator[str]:
    """The top names of all that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]


@pytest.mark.parametrize("part", PARTS)
def test_imports_run_one_way(part: str) -> None:
    found = {name: path.relative_to(ROOT).as_posix() for path in PARTS[part].rglob("*.py") for name in imported(path)}
    upwards = {name: path for name, path in found.items() if name in PARTS.keys() - {part} - ARROWS[part]}
    assert not upwards, f"{part} imports what stands above it"


def test_the_arrows_make_no_circle() -> None:
    left = dict(ARROWS)
    while ground := [part for part, below in left.items() if not below & left.keys()]:
        for part in ground:
            del left[part]
    assert not left


@pytest.mark.parametrize("part", PARTS)
def test_the_modules_of_a_part_make_no_circle(part: str) -> None:
    """Imports inside of functions count as well, those for types alone too."""
    modules = {".".join(path.relative_to(PARTS[part].parent).with_suffix("").parts).removesuffix(".__init__"): path
               for path in PARTS[part].rglob("*.py")}
    left = {name: set(within(name, path, modules)) - {name} for name, path in modules.items()}
    while ground := [name for name, below in left.items() if not below & left.keys()]:
        for name in ground:
            del left[name]
    assert not left, "these import one another"


def within(name: str, path: Path, modules: dict[str, Path]) -> Iterator[str]:
    """The modules of its own part that a module imports."""
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            source = ".".join(filter(None, [above, node.module or ""]))
            for alias in node.names:
                below = f"{source}.{alias.name}"
                if below in modules:
                    yield below
                elif source in modules and source != package:
                    yield source


@pytest.mark.parametrize("path", INSIDE)
def test_what_runs_beside_a_readers_cells_needs_python_alone(path: str) -> None:
    assert set(imported(ROOT / path)) <= sys.stdlib_module_names | BESIDE


def test_the_loom_asks_nothing_of_itself_where_cells_run_but_what_runs_there() -> None:
    """`loom` itself brings `extend` from there; any other room may need what a reader has not got."""
    inside = ROOT / "loom" / "src" / "loom" / "inside"
    nodes = [node for path in inside.glob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    named = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    named |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    own = {name for name in named if name.partition(".")[0] == "loom"}
    assert own and not {name for name in own if not name.startswith("loom.inside.")}
