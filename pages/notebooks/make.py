"""Assemble a chapter's notebook: a first cell that carries what the others build on, then the
chapter.

Pure functions of the book; no Sphinx.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import loom
import nbformat
import yaml
from exercises.parse import parse_chapter
from loom.inside.plan import NotebookPlan
from loom.model import Cell
from loom.python.reach import imported
from loom.read import markdown
from loom.read.contents import extensions
from loom.read.markdown import Blocks
from loom.read.text import read_text
from loom.run.snapshots import Snapshots, inside_files, package_files
from nbformat import NotebookNode
from parcels import archive, slug, stand_in, texts
from pybtex.database import parse_file  # type: ignore[import-untyped]

from notebooks.plain import (
    Directive,
    Known,
    folded,
    form,
    parts,
    prose,
    python,
    quoted,
    sections,
    words,
)

PAGES = Path(__file__).parent.parent

#: What the first cell brings, besides the package and the folders of the book's settings.
BROUGHT = {
    **inside_files(),
    "loom/__init__.py": Path(loom.__file__),
    "exercises/attempt.py": PAGES / "exercises" / "attempt.py",
    "notebooks/kernel.py": PAGES / "notebooks" / "kernel.py",
    **stand_in("myst_nb"),
}
#: Packages to install, by the module's name.
INSTALLED = {"sklearn": "scikit-learn"}

FIRST = """\
# Run this cell first; then each of the others, from top to bottom.
#
# It holds, packed, what the chapter builds on: {package} as the chapters before have left it,
# `extend`, and the drawing code of the book. It unpacks them into a temporary folder and has them
# imported from there. A cell that begins with %%tangle adds to {package}, as in the book.
# What it brings: {files}.
import base64, io, sys, tempfile, zipfile

PACKED = (
{packed}
)
home = tempfile.mkdtemp(prefix={prefix!r})
zipfile.ZipFile(io.BytesIO(base64.b64decode(PACKED))).extractall(home)
sys.path.insert(0, home + '/brought')

from notebooks.kernel import begin

trial = begin(home)
"""
TRIAL = "trial()  # for the moment: the next %%tangle takes it back\n"
KEPT = ("raises-exception", "skip-execution")


def notebook(
    snapshots: Snapshots,
    docname: str,
    folders: Iterable[Path] = (),
    glued: Mapping[str, str] | None = None,
    site: str = "",
) -> NotebookNode:
    """A chapter's notebook.

    Args:
        snapshots: the book and its package between chapters.
        docname: the chapter.
        folders: folders of code that the chapters' cells import.
        glued: the numbers that the prose names, as the build has found them.
        site: the address of the site, ending in "/"; without it there are no links to other pages.
    """
    chapter = Chapter(snapshots, docname, glued or {}, site)
    made = [first(snapshots, docname, list(folders)), *chapter.cells()]
    for number, cell in enumerate(made):
        cell.id = f"cell-{number}"
    whole: NotebookNode = nbformat.v4.new_notebook(
        cells=made,
        metadata={  # type: ignore[no-untyped-call]
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
    )
    return whole


def first(snapshots: Snapshots, docname: str, folders: list[Path]) -> NotebookNode:
    """The cell that brings what the others build on."""
    files = carried(snapshots, docname, folders)
    packed = base64.b64encode(archive(files)).decode()
    rows = [f"    {packed[k:k + 4000]!r}" for k in range(0, len(packed), 4000)]
    modules = [name.partition("/")[2] for name in files if name.endswith(".py")]
    shown = sorted(name for name in modules if not name.endswith("__init__.py"))
    listed = re.sub(r"(.{1,92})(?: |$)", r"\1\n#   ", ", ".join(shown)).rstrip("\n# ")
    return code(
        FIRST.format(
            package=snapshots.book.package,
            files=listed,
            packed="\n".join(rows),
            prefix=f"{slug(docname)}-",
        ).rstrip("\n"),
        hidden=True,
    )


def carried(snapshots: Snapshots, docname: str, folders: Iterable[Path]) -> dict[str, str]:
    """What the first cell unpacks, by path."""
    book, built = snapshots.book, snapshots.plan(docname)
    sheet = parse_chapter(book.root, docname)
    plan: NotebookPlan = {
        "path": built["path"],
        "package": built["package"],
        "futures": built["futures"],
        "rebuild": {cell["digest"]: cell["rebuild"] for cell in built["cells"] if cell["rebuild"]},
        "exercises": {one.name: {"given": one.given.source if one.given else "",
                                 "checks": [check.source for check in one.checks]}
                      for one in sheet.exercises if one.start is not None},
    }
    files = {"plan.json": json.dumps(plan, sort_keys=True, ensure_ascii=False)}
    files |= {
        f"before/{name}": text
        for name, text in package_files(book.package, snapshots.before(docname)).items()
    }
    files |= {f"brought/{name}": text for name, text in texts(BROUGHT).items()}
    found = snapshots.reached(snapshots.chapter(docname).cells)
    for folder in folders:
        if any((book.root / path).is_relative_to(folder) for path in found):
            files |= {
                f"brought/{path.relative_to(folder.parent).as_posix()}": path.read_text(
                    encoding="utf-8"
                )
                for path in sorted(folder.rglob("*.py"))
            }
    return files | beside(snapshots, found)


def beside(snapshots: Snapshots, found: Mapping[str, bytes]) -> dict[str, str]:
    """What was measured, and the code that tells of it, if cells ask for them:
    single files of the settings.
    """
    modules = {path.partition("/")[0] for path in found if path.endswith(".py")}
    single = [
        path
        for path in snapshots.beside.paths
        if path in found and path.partition("/")[0] in modules
    ]
    return {f"brought/{path.partition('/')[0]}/__init__.py": "" for path in single} | {
        f"brought/{path}": found[path].decode() for path in single}


def tops(sources: Iterable[str]) -> set[str]:
    """The top names of what the sources import."""
    return {name.partition(".")[0] for source in sources for name in imported(source)}


class Chapter:
    """A chapter's text and cells, as a notebook has them."""

    def __init__(
        self, snapshots: Snapshots, docname: str, glued: Mapping[str, str], site: str
    ) -> None:
        self.book = snapshots.book
        self.chapter = snapshots.chapter(docname)
        self.folder = docname.rpartition("/")[0]
        self.blocks = markdown.reader(extensions(self.book.root))
        self.parts = list(parts(read_text(self.book.root, self.chapter.path), self.blocks))
        self.files = carried(snapshots, docname, ())
        self.found = snapshots.reached(self.chapter.cells)
        self.waiting: list[Cell] = list(self.chapter.cells)
        self.site = site
        named = [figure(part.options) for part in self.parts if isinstance(part, Directive)]
        figures = {name: number for number, name in enumerate(filter(None, named), 1)}
        self.known = Known(
            glued,
            figures,
            titles(self.book.root, docname),
            authors(self.book.root),
            self.address,
            self.blocks,
        )
        self.figures = 0
        self.exercises = 0

    def address(self, to: str) -> str | None:
        """Where a link of the chapter leads, on the site."""
        page, _, anchor = to.partition("#")
        if not self.site:
            return None
        if not page:
            paths = tuple(chapter.path for chapter in self.book.chapters)
            page = homes(self.book.root, paths).get(anchor, self.chapter.path)
        else:
            page = f"{self.folder}/{page}".lstrip("/")
        return self.site + re.sub(r"\.md$", ".html", page) + (f"#{anchor}" if anchor else "")

    def cells(self) -> Iterator[NotebookNode]:
        """The cells, text and code, in order."""
        said: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                for number, section in enumerate(sections(part, self.blocks)):
                    if number:
                        yield from text(said)
                        said = []
                    said.append(prose(section, self.known))
                    if section.startswith("# "):
                        said.append(self.preface())
            elif part.name == "code-cell":
                yield from text(said)
                said = []
                yield self.code(self.waiting.pop(0))
                said.append(self.caption(part))
            elif part.name == "exercise":
                yield from text([*said, *self.exercise(part)])
                said = []
                start = next((inner for inner in self.inner(part) if inner.name == "start"), None)
                if start is not None:
                    yield code(f"%%exercise {part.options['name']}\n{start.body}")
                yield from text([folded(title, body) for title, body in self.answers(part)])
            else:
                said.append(self.aside(part))
        yield from text(said)

    def preface(self) -> str:
        """What somebody who opens the notebook has to know."""
        known = {
            *sys.stdlib_module_names,
            self.book.package,
            "figures",
            "loom",
            "myst_nb",
            "IPython",
            "__future__",
            "matplotlib_inline",
            *(name.split("/")[1] for name in self.files if name.startswith("brought/")),
        }
        sources = [cell.source for cell in self.chapter.cells]
        sources += [held.decode() for path, held in self.found.items() if path.endswith(".py")]
        sources += [
            text
            for name, text in self.files.items()
            if name.startswith("before/") and "draw" in name
        ]
        needed = sorted(INSTALLED.get(name, name) for name in tops(sources) - known)
        said = (
            "*A chapter of a book, as a notebook: "
            "run its cells from top to bottom, change them, run them again.*"
        )
        if needed:
            said += f"\n*Some of its cells need {' and '.join(f'`{name}`' for name in needed)}"
            said += (
                " (and Graphviz’s program `dot`, to draw graphs).*"
                if "graphviz" in needed
                else ".*"
            )
        if self.site:
            said += f"\n*[The chapter in the book]({self.site}{self.chapter.docname}.html)*"
        return said

    def code(self, cell: Cell) -> NotebookNode:
        source = cell.source
        if cell.target:
            source = f"%%tangle {cell.target}\n{source}"
        elif cell.trial:
            source = TRIAL + source
        return code(source, [tag for tag in cell.tags if tag in KEPT], hidden=not cell.open)

    def caption(self, part: Directive) -> str:
        if not figure(part.options):
            return ""
        shown: Any = part.options["mystnb"]
        self.figures += 1
        caption = str(shown["figure"].get("caption", ""))
        return f"**Figure {self.figures}.** {words(caption, self.known)}"

    def inner(self, part: Directive) -> list[Directive]:
        return [inner for inner in parts(part.body, self.blocks) if isinstance(inner, Directive)]

    def words(self, body: str) -> str:
        """A body's prose, with the asides in it, without parts that stand elsewhere."""
        said = [self.aside(part) if isinstance(part, Directive) else prose(part, self.known)
                for part in parts(body, self.blocks)]
        return "\n\n".join(filter(None, said))

    def aside(self, part: Directive) -> str:
        """A directive in words."""
        if part.name in ("margin", "admonition", "note", "tip", "warning"):
            return quoted(words(part.title, self.known), self.words(part.body))
        if part.name == "question":
            return self.question(part)
        if part.name == "image":
            return f"*{words(str(part.options.get('alt', part.title)), self.known)}*"
        if part.name in (
            "hint",
            "option",
            "solution",
            "why",
            "wrong",
            "check",
            "start",
            "run",
            "given",
        ):
            return ""  # stands where its exercise or question puts it
        return f"*On the chapter’s page: {words(part.title, self.known) or part.name}.*"

    def exercise(self, part: Directive) -> list[str]:
        self.exercises += 1
        said = [
            f"### Exercise {self.exercises}: {words(part.title, self.known)}",
            self.words(part.body),
        ]
        given = [inner.body for inner in self.inner(part) if inner.name == "given"]
        return [*said, *(f"Before your code there runs\n\n{python(source)}" for source in given)]

    def answers(self, part: Directive) -> Iterator[tuple[str, str]]:
        """What is folded below an exercise: its hints, and the solution."""
        inner = self.inner(part)
        hints = [one for one in inner if one.name == "hint"]
        for number, hint in enumerate(hints, 1):
            yield f"Hint {number}" if len(hints) > 1 else "Hint", self.words(hint.body)
        solved = [python(one.body) for one in inner if one.name == "solution"]
        if solved:
            yield (
                "Solution",
                "\n\n".join(
                    [*solved, *(self.words(one.body) for one in inner if one.name == "why")]
                ),
            )

    def question(self, part: Directive) -> str:
        inner = self.inner(part)
        options = [one for one in inner if one.name == "option"]
        answers = [
            f"- {words(one.title, self.known)}: {'**yes.** ' if 'correct' in one.options else ''}"
            + self.words(one.body).replace("\n", "\n  ")
            for one in options
        ]
        runs = [f"To see for yourself:\n\n{python(one.body)}" for one in inner if one.name == "run"]
        return "\n\n".join([
            f"### Question: {words(part.title, self.known)}", self.words(part.body),
            "\n".join(f"- {words(one.title, self.known)}" for one in options),
            folded("Answer", "\n\n".join(["\n".join(answers), *runs])),
        ])


def code(source: str, tags: Iterable[str] = (), hidden: bool = False) -> NotebookNode:
    metadata: dict[str, Any] = {"tags": sorted(tags)} if tags else {}
    if hidden:
        metadata["jupyter"] = {"source_hidden": True}
    cell: NotebookNode = nbformat.v4.new_code_cell(  # type: ignore[no-untyped-call]
        source, metadata=metadata
    )
    return cell


def text(said: Iterable[str]) -> Iterator[NotebookNode]:
    """One text cell, or none where nothing is said."""
    whole = "\n\n".join(part.strip("\n") for part in said if part.strip())
    if whole:
        yield nbformat.v4.new_markdown_cell(whole)  # type: ignore[no-untyped-call]


@cache
def homes(root: Path, paths: tuple[str, ...]) -> dict[str, str]:
    """The page of every named place of the book."""
    blocks = markdown.reader(extensions(root))
    return {name: path for path in paths for name in names(read_text(root, path), blocks)}


def names(text: str, blocks: Blocks) -> Iterator[str]:
    """The names of a text's places: its targets, and its directives."""
    for token in blocks(text):
        if token.type == "myst_target":
            yield token.content
        elif markdown.is_fence(token) and (kind := markdown.directive(token)):
            found = markdown.opened(token, form(kind))
            yield from filter(None, [str(found.options.get("name", "")), figure(found.options)])
            if kind not in markdown.LITERAL_DIRECTIVES:
                yield from names(found.body, blocks)


def figure(options: Mapping[str, object]) -> str:
    """The name of a cell's figure, if it has a caption."""
    shown = options.get("mystnb")
    captioned = shown.get("figure") if isinstance(shown, dict) else None
    return str(captioned.get("name", "")) if isinstance(captioned, dict) else ""


def titles(root: Path, docname: str) -> dict[str, str]:
    """The titles of a chapter's exercises and questions, by name."""
    sheet = parse_chapter(root, docname)
    found = {one.name: one.title for one in sheet.exercises}
    return found | {one.name: one.title for one in sheet.questions}


@cache
def authors(root: Path) -> dict[str, str]:
    """How a work is referred to in the text, by its key: its authors and its year."""
    found: dict[str, str] = {}
    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8")) or {}
    for path in settings.get("bibtex_bibfiles") or ():
        for key, entry in parse_file(str(root / path)).entries.items():
            names = [" ".join(person.last_names) for person in entry.persons.get("author", [])]
            who = names[0] + " et al." if len(names) > 2 else " and ".join(names)
            found[key] = (
                f"{who} {entry.fields.get('year', '')}".strip().replace("{", "").replace("}", "")
            )
    return found
