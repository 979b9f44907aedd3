"""A chapter as its reader meets it: the words, and the code that is open to the eye, in their
order.

Exercises are left out, and so is what the page folds away or adds by itself; boxes, notes in the
margin, questions and captions are read like the rest.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from loom.model import Cell, Chapter, Place
from loom.read.markdown import ANY, CELL, argument, directive, first_line, is_fence, opened
from loom.read.text import read_text
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

#: Directives that hold nothing to be read here.
APART = {
    "exercise", "math", "image", "glossary", "bibliography", "tableofcontents",
    "program-so-far", "whole-program", "identifier-index", "raw", "mermaid", "toctree",
}  # fmt: skip
CODE = {"code", "code-block", "sourcecode", "run"}
PYTHON = ("", "python", "python3", "py")
#: Roles whose text is no word of the author's; all others show their text,
#: up to a target in angle brackets.
UNREAD = {"cite", "cite:p", "cite:t", "footcite"}
Span = tuple[int, int]
GLUED = re.compile(r"\{[^{}]+\}")
TARGET = re.compile(r"\s*<[^<>]*>$")


@dataclass(frozen=True)
class Prose:
    """A paragraph, a heading, a cell of a table: what it says, each bit of code or formula as one
    word.

    ``bold`` are the spans of ``text`` in bold type, ``links`` those of links;
    ``typed`` is the text without what is code, a formula, or computed by the build.
    """

    text: str
    place: Place
    bold: tuple[Span, ...] = ()
    links: tuple[Span, ...] = ()
    typed: str = ""
    is_title: bool = False

    @property
    def words(self) -> int:
        """How many words it has."""
        return sum(any(map(str.isalnum, word)) for word in self.text.split())


@dataclass(frozen=True)
class Code:
    """Code that meets the reader's eye; ``cell`` is the one whose code it is, if it is a cell's."""

    source: str
    place: Place
    cell: Cell | None = None

    @property
    def lines(self) -> int:
        """How many lines it has that say something."""
        return sum(bool(row.strip()) for row in self.source.splitlines())


@dataclass(frozen=True)
class Text:
    """A chapter as it is read, and the settings at its head."""

    chapter: Chapter
    head: Mapping[str, Any]
    parts: tuple[Prose | Code, ...]

    @property
    def prose(self) -> tuple[Prose, ...]:
        return tuple(part for part in self.parts if isinstance(part, Prose))

    @property
    def code(self) -> tuple[Code, ...]:
        return tuple(part for part in self.parts if isinstance(part, Code))

    @property
    def words(self) -> int:
        return sum(part.words for part in self.prose)

    @property
    def lines(self) -> int:
        return sum(part.lines for part in self.code)


def read(root: Path, chapter: Chapter, extensions: Iterable[str]) -> Text:
    """Read a chapter's file once more, now for its words."""
    reader = _Reader(chapter, parser(frozenset(extensions)))
    tokens = reader.parser.parse(read_text(root, chapter.path))
    head = (
        yaml.safe_load(tokens[0].content) if tokens and tokens[0].type == "front_matter" else None
    )
    return Text(chapter, head if isinstance(head, dict) else {}, tuple(reader.through(tokens, 0)))


@cache
def parser(extensions: frozenset[str]) -> MarkdownIt:
    """What reads MyST's Markdown, down to the words of a line."""
    return create_md_parser(MdParserConfig(enable_extensions=set(extensions)), RendererHTML)


class _Reader:
    """Goes through the blocks of one chapter."""

    def __init__(self, chapter: Chapter, parser: MarkdownIt) -> None:
        self.chapter = chapter
        self.parser = parser
        self.cells = iter(chapter.cells)

    def through(self, tokens: Iterable[Token], above: int) -> Iterator[Prose | Code]:
        """What some blocks show, which begin below line `above` of the file."""
        line, heading = above + 1, ""
        for token in tokens:
            if token.map:
                line = above + first_line(token)
            if token.type == "heading_open":
                heading = token.tag
            elif token.type == "heading_close":
                heading = ""
            elif is_fence(token):
                yield from self.fence(token, line)
            elif token.type == "inline":
                yield from self.said(token, line, heading == "h1")

    def fence(self, token: Token, line: int) -> Iterator[Prose | Code]:
        """What a directive shows, or plain code."""
        name = directive(token)
        if name == "code-cell":
            yield from self.cell(token, line)
        elif name is None or name in CODE:
            language = argument(token).split()[:1] if name != "run" else []
            if (language or [""])[0].lower() in PYTHON and (name or language):
                body = opened(token, ANY)
                yield Code(
                    body.body if name else token.content,
                    Place(self.chapter.path, line + 1 + body.offset),
                )
        elif name not in APART:
            yield from self.words(argument(token), line)
            body = opened(token, ANY)
            yield from self.through(self.parser.parse(body.body), line + body.offset)

    def cell(self, token: Token, line: int) -> Iterator[Prose | Code]:
        """The code of a cell, if it is open, and the words below what it draws."""
        cell = next(self.cells)
        if cell.open:
            yield Code(cell.source, cell.place(), cell)
        figure = (opened(token, CELL).options.get("mystnb") or {}).get("figure") or {}
        yield from self.words(str(figure.get("caption", "")), line)
        for words in spoken(cell):
            yield from self.words(words, line)

    def words(self, text: str, line: int) -> Iterator[Prose]:
        """What a line of text says that stands by itself."""
        for token in self.parser.parseInline(text) if text.strip() else []:
            yield from self.said(token, line)

    def said(self, token: Token, line: int, is_title: bool = False) -> Iterator[Prose]:
        """What a block of running text says."""
        text, typed = "", ""
        spans: dict[str, list[Span]] = {"strong": [], "link": []}
        opened_at: dict[str, int] = {}
        for child in token.children or []:
            kind, _, side = child.type.rpartition("_")
            if side == "open":
                opened_at[kind] = len(text)
            elif side == "close" and kind in spans:
                spans[kind].append((opened_at[kind], len(text)))
            shown, own = visible(child)
            text += shown
            typed += own
        if text.strip():
            bold, links = tuple(spans["strong"]), tuple(spans["link"])
            yield Prose(text, Place(self.chapter.path, line), bold, links, typed, is_title)


def visible(token: Token) -> tuple[str, str]:
    """What a bit of a line shows, and what of it its author has typed as prose."""
    if token.type == "text":
        return token.content, token.content
    if token.type in ("softbreak", "hardbreak"):
        return "\n", "\n"
    if token.type in ("code_inline", "math_inline", "math_single", "substitution_inline"):
        return as_word(token.content), " "
    if token.type == "myst_role":
        return _role(token.meta["name"], token.content)
    return "", ""


def _role(name: str, content: str) -> tuple[str, str]:
    if name in UNREAD:
        return "", ""
    if name in ("data", "grad"):
        return as_word(content), GLUED.sub(" ", content)
    if name == "glue" or name.startswith("glue:"):
        return as_word(content), " "
    if name in ("math", "code", "op", "numref", "eq"):
        return as_word(content), " "
    shown = TARGET.sub("", content)
    return shown, shown


def as_word(content: str) -> str:
    """Code and formulas are looked at as a whole."""
    return "x" * max(1, len(content))


def spoken(cell: Cell) -> list[str]:
    """The question and the caption of an explorable, which a cell draws."""
    if "question=" not in cell.source and "caption=" not in cell.source:
        return []
    try:
        tree = ast.parse(cell.source)
    except SyntaxError:
        return []
    given = [
        keyword
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
    ]
    return [
        keyword.value.value
        for keyword in given
        if keyword.arg in ("question", "caption")
        and isinstance(keyword.value, ast.Constant)
        and isinstance(keyword.value.value, str)
    ]
