"""What the page's Python of one chapter gets: cells, the package before and after, the loom's
runtime.

Pure functions of the book; no Sphinx.
"""

from __future__ import annotations

import ast
import json
import symtable
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import loom
from loom.inside.plan import CellPlan, PageCell, PagePlan, digest
from loom.model import Cell
from loom.python.reach import imports
from loom.run.snapshots import Snapshots, inside_files, package_files
from parcels import stand_in, texts

HERE = Path(__file__).parent
PAGES = HERE.parent

#: What the Python in a browser cannot import, though a build can: it has the standard library,
#: less a few parts, and what the zip brings.
BROUGHT = frozenset(
    {"IPython", "graphviz", "loom", "look", "exercises", "live", "myst_nb", "pyodide", "js"}
)
#: Parts of the standard library that a page has no use for: they are not served.
UNSERVED = frozenset(
    """_pydatetime _pyio asyncio.windows_events asyncio.windows_utils bdb cmd
    concurrent.interpreters curses dbm doctest ensurepip ftplib http idlelib imaplib logging.config
    logging.handlers mailbox modulefinder multiprocessing optparse pdb pickletools plistlib poplib
    pydoc_data smtplib socketserver sqlite3 tarfile tkinter turtle turtledemo urllib.request
    urllib.robotparser venv wave wsgiref xml.dom xml.sax xmlrpc""".split()
)
UNSERVED_CODECS = tuple(
    """big5 cp euc_ gb hp_roman8 hz iso2022 iso8859_ johab koi8_ kz1048 mac_ palmos ptcp
    shift_ tis_""".split()
)
#: Other parts that Python in a browser has none of.
MISSING_STANDARD = UNSERVED | frozenset(
    "fcntl lzma msvcrt pty readline resource ssl termios tty winreg".split()
)


@dataclass(frozen=True)
class LiveCell:
    """A cell as the page sees it.

    ``missing`` names what it needs and a browser lacks (None: it runs); ``shown`` is whether its
    code stands on the page; ``needed`` whether cells on the page use what it binds.
    """

    cell: Cell
    missing: str | None
    shown: bool
    needed: bool


def live_cells(snapshots: Snapshots, docname: str, folders: Iterable[Path]) -> tuple[LiveCell, ...]:
    """A chapter's cells, each with whether a browser can run it."""
    modules = _Modules(package_files(snapshots.book.package, snapshots.after(docname)), folders)
    cells = snapshots.chapter(docname).cells
    uses = [_uses(cell.source) for cell in cells]
    missing: list[str | None] = []
    makers: dict[
        str, str | None
    ] = {}  # who bound a name last: a cell that runs (None), or one that lacks something
    for cell, names in zip(cells, uses, strict=True):
        lacks = modules.missing(cell.source)
        lacks = lacks or next(
            (makers[name] for name in sorted(names.used) if makers.get(name)), None
        )
        if "not-live" in cell.tags:
            lacks = lacks or "the whole of Python"
        missing.append(lacks)
        makers.update(dict.fromkeys(names.bound, lacks))
    wanted: set[str] = set()
    found: list[LiveCell] = []
    for cell, lacks, names in reversed(list(zip(cells, missing, uses, strict=True))):
        makes = bool((names.bound | names.changed) & wanted)
        needed = lacks is None and (cell.shown or bool(cell.target or cell.trial) or makes)
        if needed:
            wanted |= names.used
        found.append(LiveCell(cell, lacks, cell.shown, needed))
    return tuple(reversed(found))


@dataclass(frozen=True)
class _Uses:
    """The page's names that a cell binds, those that it looks up,
    and those whose parts it assigns.
    """

    bound: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()


def _uses(source: str) -> _Uses:
    try:
        top = symtable.symtable(source, "", "exec")
    except SyntaxError:
        return _Uses()
    bound = {
        s.get_name()
        for s in top.get_symbols()
        if s.is_assigned() or s.is_imported() or s.is_namespace()
    }
    used = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    inner = list(top.get_children())
    for scope in inner:
        inner += scope.get_children()
        used |= {s.get_name() for s in scope.get_symbols() if s.is_global() and s.is_referenced()}
        bound |= {s.get_name() for s in scope.get_symbols() if s.is_declared_global()}
    changed = {
        name.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load)
        for name in ast.walk(node.value)
        if isinstance(name, ast.Name)
    }
    return _Uses(frozenset(bound), frozenset(used), frozenset(changed & used))


class _Modules:
    """Which imports lead, directly or through the book's own modules, to what a browser lacks."""

    def __init__(self, package: Mapping[str, str], folders: Iterable[Path]) -> None:
        self.texts = dict(package)
        for folder in folders:
            self.texts |= {
                path.relative_to(folder.parent).as_posix(): path.read_text(encoding="utf-8")
                for path in sorted(folder.rglob("*.py"))
            }
        self.known: dict[str, str | None] = {}

    def missing(self, source: str) -> str | None:
        try:
            tree = ast.parse(source)
        except SyntaxError:
            return None
        lacking = (
            self.of(name) or self.inside(name) for name in imports(tree.body, everywhere=True)
        )
        return next(filter(None, lacking), None)

    def inside(self, name: str) -> str | None:
        """What a function of the book's own, imported by its name, imports when it is called."""
        module, _, function = name.rpartition(".")
        path = module.replace(".", "/")
        text = self.texts.get(f"{path}.py") or self.texts.get(f"{path}/__init__.py") or ""
        found = [
            n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name == function
        ]
        return next(
            filter(None, (self.of(one) for one in imports(found, everywhere=True, optional=False))),
            None,
        )

    def of(self, name: str) -> str | None:
        """What importing a module needs and does not find."""
        if name not in self.known:
            self.known[name] = None  # modules may import each other
            self.known[name] = self._of(name)
        return self.known[name]

    def _of(self, name: str) -> str | None:
        path = name.replace(".", "/")
        text = self.texts.get(f"{path}.py") or self.texts.get(f"{path}/__init__.py")
        if text is not None:
            above = name.rpartition(".")[0]
            inner = (self.of(found) for found in imports(ast.parse(text).body, everywhere=False))
            return (self.of(above) if above else None) or next(filter(None, inner), None)
        top = name.partition(".")[0]
        if {f"{top}.py", f"{top}/__init__.py"} & self.texts.keys() or top in BROUGHT:
            return None
        if top not in sys.stdlib_module_names:
            return top
        return next(
            (part for part in (top, ".".join(name.split(".")[:2])) if part in MISSING_STANDARD),
            None,
        )


# ---------------------------------------------------------------------------- the zip


def chapter_files(
    snapshots: Snapshots, docname: str, folders: Iterable[Path], cells: Iterable[LiveCell]
) -> dict[str, str]:
    """Everything that the page's Python of a chapter holds, by path."""
    book = snapshots.book
    built = snapshots.plan(docname)
    plan: PagePlan = {
        "chapter": docname,
        "path": built["path"],
        "package": built["package"],
        "futures": built["futures"],
        "cells": [_told(one, live.cell) for one, live in zip(built["cells"], cells, strict=True)],
    }
    files = {"plan.json": json.dumps(plan, sort_keys=True, ensure_ascii=False)}
    for part, modules in (
        ("before", snapshots.before(docname)),
        ("after", snapshots.after(docname)),
    ):
        files |= {
            f"{part}/{name}": text for name, text in package_files(book.package, modules).items()
        }
    for folder in folders:
        files |= {
            f"book/{path.relative_to(folder.parent).as_posix()}": path.read_text(encoding="utf-8")
            for path in sorted(folder.rglob("*.py"))
        }
    return files


def _told(one: CellPlan, cell: Cell) -> PageCell:
    """What a page is told of a cell."""
    return {
        "digest": one["digest"],
        "target": one["target"],
        "trial": one["trial"],
        "rebuild": one["rebuild"],
        "source": cell.source,
    }


def runtime_files() -> dict[str, str]:
    """What runs beside the cells, by path."""
    own = {
        "loom/__init__.py": Path(loom.__file__),
        **inside_files(),
        "look/svg.py": PAGES / "look" / "svg.py",
        "exercises/attempt.py": PAGES / "exercises" / "attempt.py",
        "live/page.py": HERE / "inside" / "page.py",
        "live/markdown.py": HERE / "inside" / "markdown.py",
        **stand_in("IPython"),
        **stand_in("myst_nb"),
        "IPython/lib/pretty.py": package_folder("IPython") / "lib" / "pretty.py",
    }
    return texts(own)


def graphviz_files() -> dict[str, str]:
    """The package that writes Graphviz's language; pure Python, and so at home anywhere."""
    folder = package_folder("graphviz")
    return {f"lib/graphviz/{path.relative_to(folder).as_posix()}": path.read_text(encoding="utf-8")
            for path in sorted(folder.rglob("*.py"))}


def package_folder(name: str) -> Path:
    spec = find_spec(name)
    assert spec and spec.origin, f"the package {name} is not installed"
    return Path(spec.origin).parent


def page_data(cells: Iterable[LiveCell]) -> list[dict[str, Any]]:
    """What the script of a page is told of its cells: `runs` on the page, `hidden`,
    or what it `needs`.
    """
    found = []
    for number, live in enumerate(cells):
        if live.missing is not None:
            if live.shown:
                found.append({"n": number, "needs": live.missing})
        elif live.shown or live.needed:
            one: dict[str, Any] = {"n": number, "digest": digest(live.cell.source)[:8]}
            if not live.shown:
                one["hidden"] = True
            if live.cell.target or live.cell.trial:
                one["defines"] = True
            if "raises-exception" in live.cell.tags:
                one["raises"] = True
            found.append(one)
    return found
