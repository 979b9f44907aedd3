"""Read the chapters: from a file's Markdown to a Chapter, from all of them to a Book.

Chapters are read with MyST-NB's own reader, so that what is tangled is what is run.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import yaml
from loom.errors import LoomError
from loom.model import Book, Cell, Chapter, Place
from loom.read import lost
from loom.read.cells import LOOM_OPTIONS, parse_cell, unreadable
from loom.read.contents import entries, excluded, extensions, package, workshops
from loom.read.markdown import (
    CODE_CELL,
    JUPYTER_BOOK_EXTENSIONS,
    Blocks,
    fences,
    first_line,
    hidden,
    is_closed,
    reader,
)
from loom.read.targets import check_targets
from loom.read.text import read_text
from markdown_it.token import Token
from myst_nb.core.read import (  # type: ignore[import-untyped]
    is_myst_markdown_notebook,
    read_myst_markdown_notebook,
)
from myst_parser.config.main import MdParserConfig


def parse_book(root: Path, through: str | None = None) -> Book:
    """Read the book whose ``_toc.yml`` is in ``root``: all of it,
    or no further than ``through``.
    """
    name, syntax, beside = package(root), extensions(root), frozenset(workshops(root))
    chapters: list[Chapter] = []
    for docname, entry in entries(root):
        chapters.append(parse_chapter(root, docname, syntax, entry))
        if docname == through:
            break
    else:
        _check_other_files(root, [chapter.path for chapter in chapters], reader(syntax))
    book = Book(root, name, tuple(chapters), beside)
    check_targets(book)
    return book


def _check_other_files(root: Path, listed: list[str], blocks: Blocks) -> None:
    """A tangled cell in a file that is no chapter would be lost."""
    for path in lost.unlisted(root, listed, excluded(root)):
        try:
            text = (root / path).read_text(encoding="utf-8")
        except (OSError, ValueError):  # no chapter, and none of the loom's business
            continue
        lost.check_unlisted(path, text, blocks)


def parse_chapter(
    root: Path,
    docname: str,
    syntax: tuple[str, ...] = JUPYTER_BOOK_EXTENSIONS,
    entry: Place | None = None,
) -> Chapter:
    """Read one chapter; ``entry`` is where the table of contents lists it."""
    path = f"{docname}.md"
    if not (root / path).is_file():
        if any((root / f"{docname}{suffix}").is_file() for suffix in (".ipynb", ".rst")):
            return Chapter(docname, path, docname, ())
        raise LoomError(f"`{docname}` is listed, but there is no file {path}", entry)
    text = read_text(root, path)
    blocks = reader(syntax)
    tokens = blocks(text)
    lost.Search(root, path, blocks).through(text, tokens)
    found = _checked_fences(tokens, path, text, blocks)
    lost.check_language(_head(tokens), Place(path, 1))
    config = MdParserConfig(enable_extensions=set(syntax))
    cells = _cells(docname, path, text, root, config, found)
    for cell in cells:
        lost.check_cell(cell, LOOM_OPTIONS)
    return Chapter(docname, path, _title(tokens) or docname, cells)


def _head(tokens: list[Token]) -> object:
    """The settings at the top of a chapter."""
    try:
        return (
            yaml.safe_load(tokens[0].content)
            if tokens and tokens[0].type == "front_matter"
            else None
        )
    except yaml.YAMLError:  # MyST-NB will say so
        return None


def _title(tokens: list[Token]) -> str:
    """The chapter's first heading."""
    for token, following in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            return following.content
    return ""


def _cells(
    docname: str, path: str, text: str, root: Path, config: MdParserConfig, found: list[Token]
) -> tuple[Cell, ...]:
    """The code cells, which stand in these fences; they must be the ones that MyST-NB runs."""
    if not is_myst_markdown_notebook(text):
        if found:
            raise LoomError(
                "a code cell in a file that is no notebook; start the file with"
                " `---`, `file_format: mystnb`, `---`",
                Place(path, first_line(found[0])),
            )
        return ()
    cells = tuple(parse_cell(docname, path, index, fence) for index, fence in enumerate(found))
    if [cell.source for cell in cells] != _sources_that_run(path, text, root, config):
        raise LoomError("MyST-NB sees other code cells in this file than the loom", Place(path, 1))
    return cells


def _checked_fences(tokens: list[Token], path: str, text: str, blocks: Blocks) -> list[Token]:
    """The fences of the code cells at the top level; a cell that would be lost is an error."""
    lines = text.split("\n")
    found = []
    for token, level in fences(tokens):
        if not is_closed(token, lines):
            raise LoomError(
                f"this fence is never closed; end it with a line `{token.markup}`",
                Place(path, first_line(token)),
            )
        if not token.info.startswith(CODE_CELL):
            for inner in hidden(token, blocks, ("code-cell",)):
                raise _hidden_cell(Place(path, inner.line))
        elif level or token.type == "colon_fence":
            raise _hidden_cell(Place(path, first_line(token)))
        else:
            found.append(token)
    return found


def _hidden_cell(place: Place) -> LoomError:
    return LoomError(
        "a code cell inside another block is neither run nor tangled;"
        " move it to the top level of the chapter",
        place,
    )


def _sources_that_run(path: str, text: str, root: Path, config: MdParserConfig) -> list[str]:
    """The source of each code cell, from MyST-NB's own reader."""
    try:
        notebook = read_myst_markdown_notebook(text, config=config, path=root / path)
    except Exception as error:  # whatever it is, it belongs to the chapter
        raise unreadable(error, Place(path, 1)) from None
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]
