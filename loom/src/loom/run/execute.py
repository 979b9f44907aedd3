"""Run a chapter's cells in a kernel, by its plan.

The kernel is always this interpreter's own, whatever kernels are installed. A hidden cell before
the chapter's cells and one behind them open and close the chapter there; they never reach a page.
"""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from loom.inside.notebook import PLACE
from loom.inside.plan import BuildPlan
from loom.model import Book
from loom.read.chapters import parse_chapter
from loom.read.contents import extensions, find_chapter, package, reading_order
from loom.run.beside import runtime_paths
from loom.run.snapshots import Snapshots, write_plan
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

FIRST = """\
import os, sys
sys.path.insert(0, os.environ["LOOM_PATH"])
import loom.inside.notebook
del sys.path[0]
loom.inside.notebook.begin({chapter!r}, {key!r})
del loom, os, sys"""

LAST = "__import__('loom.inside.notebook').inside.notebook.end()"

DECISIVE_TAGS = ("raises-exception", "skip-execution")

_PLACED = re.compile(r"\S+\.md(:\d+)?: ")  # what a session complains of says itself where
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+\b")
_GLUED = "application/papermill.record/"
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Failure:
    """What went wrong in a chapter, and where."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return (
            self.message
            if _PLACED.match(self.message)
            else f"{self.path}:{self.line}: {self.message}"
        )


@dataclass(frozen=True)
class Run:
    """A chapter's notebook after its run, and what went wrong in it."""

    notebook: NotebookNode
    failure: Failure | None
    seconds: float


def prepare(plan: BuildPlan, cells: Iterable[tuple[str, Iterable[str]]]) -> NotebookNode:
    """The notebook that runs: a chapter's code cells, each source with its tags, between the two
    hidden ones.

    It holds what decides the outputs and nothing else, so that they can be kept under it.
    """
    made = [_code(FIRST.format(chapter=plan["chapter"], key=plan["key"]))]
    made += [_code(source, [tag for tag in tags if tag in DECISIVE_TAGS]) for source, tags in cells]
    made.append(_code(LAST))
    for index, cell in enumerate(made):
        cell.id = f"cell-{index}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook: NotebookNode = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=made, metadata={"kernelspec": kernel}
    )
    return notebook


def execute(
    notebook: NotebookNode,
    plan: BuildPlan,
    home: Path,
    folder: Path,
    timeout: int | None = None,
    watch: Callable[[int, NotebookNode], None] | None = None,
) -> Run:
    """Run a prepared notebook with `folder` as its current one;
    `watch` sees each cell that is done.
    """
    started = time.perf_counter()
    resources = {"metadata": {"path": str(folder)}}
    # In how many pieces a cell's text arrives is chance.
    client = _Client(
        notebook, timeout=timeout, record_timing=False, coalesce_streams=True, resources=resources
    )
    client.plan_path = write_plan(plan, home)
    client.watch = watch
    failure = None
    try:
        client.execute()
    except CellExecutionError as error:
        failure = _failure(plan, notebook, client.current, error.ename, error.evalue)
    except CellTimeoutError:
        failure = _failure(plan, notebook, client.current, "", f"not done after {timeout} s")
    except DeadKernelError:
        failure = _failure(plan, notebook, client.current, "", "the kernel died")
    for cell in notebook.cells:
        cell.outputs = [
            _settled(output) for output in cell.outputs if PLACE not in output.get("data", {})
        ]
    return Run(notebook, failure, time.perf_counter() - started)


class _Client(NotebookClient):
    plan_path: Path
    current: int = 0
    watch: Callable[[int, NotebookNode], None] | None = None

    def create_kernel_manager(self) -> Any:
        manager = super().create_kernel_manager()
        manager.kernel_spec_manager = _OwnKernel(self.plan_path)
        return manager

    async def async_execute_cell(
        self,
        cell: NotebookNode,
        cell_index: int,
        execution_count: int | None = None,
        store_history: bool = True,
    ) -> NotebookNode:
        self.current = cell_index
        try:
            return await super().async_execute_cell(
                cell, cell_index, execution_count, store_history
            )
        finally:
            if self.watch is not None:
                self.watch(cell_index, cell)


class _OwnKernel(KernelSpecManager):
    """Knows one kernel, this interpreter's own, and tells it where the plan and the loom are."""

    def __init__(self, plan: Path) -> None:
        super().__init__()
        self.environment = {
            "LOOM_PLAN": str(plan),
            "LOOM_PATH": str(Path(__file__).resolve().parents[2]),
            "PYTHONHASHSEED": "0",
        }

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        del kernel_name
        return KernelSpec(**{**get_kernel_dict(), "env": self.environment})


def _settled(output: NotebookNode) -> NotebookNode:
    """An output without addresses in memory, which are others at each run."""
    if "text" in output:
        output.text = _ADDRESS.sub(" at 0x…", output.text)
    for kind, value in output.get("data", {}).items():
        if kind.endswith("text/plain"):
            output.data[kind] = _ADDRESS.sub(" at 0x…", value)
    if output.output_type == "error":
        output.evalue = _ADDRESS.sub(" at 0x…", output.evalue)
        output.traceback = [_ADDRESS.sub(" at 0x…", row) for row in output.traceback]
    return output


def _code(source: str, tags: Iterable[str] = ()) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_code_cell(  # type: ignore[no-untyped-call]
        source, metadata={"tags": sorted(tags)}
    )
    return cell


def _failure(plan: BuildPlan, notebook: NotebookNode, index: int, name: str, value: str) -> Failure:
    """Where a cell failed: the kernel says it in an output;
    a cell that did not even parse is parsed here.
    """
    path, cells = plan["path"], plan["cells"]
    message = value if name in ("", "ChapterError") else f"{name}: {value}".removesuffix(": ")
    message = _ANSI.sub("", message).rstrip()
    if not 0 < index <= len(cells):
        return Failure(path, 1, message)
    cell = notebook.cells[index]
    for output in cell.outputs:
        if name and PLACE in output.get("data", {}):
            place = output["data"][PLACE]
            return Failure(place["path"], place["line"], message)
    row = 1
    try:
        ast.parse(cell.source)
    except SyntaxError as error:
        row = error.lineno or 1
    return Failure(path, cells[index - 1]["line"] + row - 1, message)


# ---------------------------------------------------------------------------- one chapter, by hand


def run_chapter(
    root: Path, chapter: str, against: Path | None = None, say: Callable[[str], None] = print
) -> bool:
    """Try one chapter without building pages, telling each cell's outputs; True when nothing went
    wrong.

    With `against`, the package is taken from that folder instead of from the chapters before, and
    the chapter's end is not compared with anything.
    """
    names = reading_order(root)
    docname = find_chapter(root, chapter, names)
    earlier = names[: names.index(docname)] if against is None else ()
    # A chapter that is not written yet keeps nobody from trying the next one.
    written = [name for name in earlier if (root / f"{name}.md").is_file()]
    chapters = tuple(parse_chapter(root, name, extensions(root)) for name in (*written, docname))
    book = Book(root, package(root), chapters)
    snapshots = Snapshots(book, root / "_build" / "loom", runtime_paths(root))
    plan = snapshots.plan(docname) if against is None else snapshots.plan_against(docname, against)
    cells = snapshots.chapter(docname).cells

    def watch(index: int, cell: NotebookNode) -> None:
        if 0 < index <= len(cells):
            one = cells[index - 1]
            marks = [one.target or "", "trial" if one.trial else "", *one.tags]
            say(f"── {one.path}:{one.line}  {' '.join(filter(None, marks))}".rstrip())
            for output in cell.outputs:
                if text := _text(output):
                    say(text)

    notebook = prepare(plan, [(cell.source, cell.tags) for cell in cells])
    run = execute(notebook, plan, snapshots.home, (root / plan["path"]).parent, watch=watch)
    say(f"\n{run.failure or f'{docname}: {len(cells)} cells in {run.seconds:.1f} s'}")
    return run.failure is None


def _text(output: NotebookNode) -> str:
    """An output as a terminal can show it."""
    if output.output_type == "stream":
        return str(output.text).rstrip("\n")
    if output.output_type == "error":
        return _ANSI.sub("", "\n".join(output.traceback)).rstrip("\n")
    data = {kind.removeprefix(_GLUED): value for kind, value in output.data.items()}
    if PLACE in data:
        return ""
    kinds = f"[{', '.join(kind for kind in data if kind != 'text/plain')}]"
    return f"{data.get('text/plain', '')}  {kinds if kinds != '[]' else ''}".strip()
