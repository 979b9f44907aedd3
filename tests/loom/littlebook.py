"""Little books for the loom's tests, and a way to run their chapters in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from loom.inside.notebook import hooked
from loom.inside.session import Session
from loom.read.chapters import parse_book
from loom.run.snapshots import Snapshots
from traitlets.config import Config

PACKAGE = "toy"

VALUE = """
class Value:
    \"\"\"A number.\"\"\"

    def __init__(self, data):
        self.data = data

    def double(self):
        return 2 * self.data
"""

RULES = """
RULES = {}


def rule(g):
    return g


RULES['+'] = rule
"""


def cell(source: str, **options: str) -> str:
    """A code cell; `cell("x = 1", tangle="toy/m.py")`."""
    lines = [f":{name}: {value}".rstrip() for name, value in options.items()]
    return "\n".join(["```{code-cell} python", *lines, source.strip("\n"), "```"])


class LittleBook:
    """A book in a folder of its own; its package is called `toy`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.chapters: list[str] = []
        self.settings: list[str] = []

    def write(self, name: str, *blocks: str) -> str:
        """Write a chapter, at the end of the book when it is new; the result is its docname."""
        if name not in self.chapters:
            self.chapters.append(name)
        head = "---\nfile_format: mystnb\n---\n\n"
        text = head + "\n\n".join([f"# The chapter {name}", *blocks]) + "\n"
        path = self.root / "book" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        first, *rest = [f"book/{chapter}" for chapter in self.chapters]
        toc = ["format: jb-book", f"root: {first}", *(["chapters:"] if rest else []), *(f"- file: {c}" for c in rest)]
        (self.root / "_toc.yml").write_text("\n".join(toc) + "\n", encoding="utf-8")
        config = ["title: A little book", "sphinx:", "  config:", f"    loom_package: {PACKAGE}", *self.settings]
        (self.root / "_config.yml").write_text("\n".join(config) + "\n", encoding="utf-8")
        return f"book/{name}"

    def line(self, name: str, text: str) -> int:
        """The line of a chapter in which some text first stands."""
        lines = (self.root / "book" / f"{name}.md").read_text(encoding="utf-8").split("\n")
        return next(number for number, line in enumerate(lines, start=1) if text in line)

    def place(self, name: str, text: str) -> str:
        """`book/name.md:line` of the first line with that text."""
        return f"book/{name}.md:{self.line(name, text)}"


def first_chapter(book: LittleBook) -> None:
    book.write("one", cell(VALUE, tangle=f"{PACKAGE}/m.py"), cell(RULES, tangle=f"{PACKAGE}/m.py"))


class Notebook:
    """A chapter that runs in this process, cell by cell, as it does in a kernel."""

    def __init__(self, root: Path, docname: str) -> None:
        snapshots = Snapshots(parse_book(root), root / "_build" / "loom")
        self.cells = list(snapshots.chapter(docname).cells)
        self.shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
        self.shell.InteractiveTB.set_mode("Minimal")
        self.session = Session(snapshots.plan(docname), self.shell.user_ns)
        self.shell.run_ast_nodes = hooked(self.shell, self.session)
        self.done = 0

    def __getitem__(self, name: str) -> Any:
        return self.shell.user_ns[name]

    def step(self) -> BaseException | None:
        """Run the next cell; the result is what it raised."""
        result = self.shell.run_cell(self.cells[self.done].source)
        self.done += 1
        return result.error_in_exec or result.error_before_exec

    def run(self) -> Notebook:
        """Run all cells, none of which may fail."""
        while self.done < len(self.cells):
            error = self.step()
            if error is not None:
                raise error
        return self

    def end(self) -> None:
        self.session.end()
