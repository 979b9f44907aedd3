"""The Markdown blocks of a text, as MyST and MyST-NB see them.

Whoever wants to know what stands in a chapter asks here: the loom for its cells, others for their
own directives.  What is a directive, what it is given, where its body begins, and whether its fence
is closed is decided in one place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from docutils.parsers.rst import Directive
from docutils.parsers.rst.directives.misc import TestDirective
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_nb.core.read import _MockDirective as CELL  # type: ignore[import-untyped]
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.directives import parse_directive_text
from myst_parser.parsers.mdit import create_md_parser

__all__ = [
    "ANY", "CELL", "CODE_CELL", "JUPYTER_BOOK_EXTENSIONS", "LITERAL_DIRECTIVES",
    "Blocks", "Hidden", "Opened", "argument", "directive", "fences", "first_line", "hidden",
    "is_closed", "is_fence", "opened", "reader",
]  # fmt: skip

CODE_CELL = "{code-cell}"
JUPYTER_BOOK_EXTENSIONS = ("colon_fence", "dollarmath", "substitution", "tasklist")
# Directives whose content is shown as it is: a cell inside them is only a picture of a cell.
LITERAL_DIRECTIVES = {
    "code-block", "code", "sourcecode", "code-cell", "raw-cell", "parsed-literal",
    "raw", "math", "eval-rst", "mermaid", "literalinclude",
}  # fmt: skip
# The form of a directive about which nothing is known: of this class of docutils,
# MyST takes every option.
ANY = TestDirective
Blocks = Callable[[str], list[Token]]


def reader(extensions: Iterable[str]) -> Blocks:
    """What reads a text's blocks, with these extensions of Markdown."""
    return _reader(frozenset(extensions))


@cache
def _reader(extensions: frozenset[str]) -> Blocks:
    blocks_only = MdParserConfig(enable_extensions=set(extensions), disable_syntax=["inline"])
    parser = create_md_parser(blocks_only, RendererHTML)

    def blocks(text: str) -> list[Token]:
        return list(parser.parse(text + "\n"))

    return blocks


# ------------------------------------------------------------------------------------- fences


def is_fence(token: Token) -> bool:
    """Does a directive, or code, stand here?"""
    return token.type in ("fence", "colon_fence")


def fences(tokens: Iterable[Token]) -> Iterator[tuple[Token, int]]:
    """The fences, each with the number of lists and quotations around it."""
    level = 0
    for token in tokens:
        level += token.nesting
        if is_fence(token):
            yield token, level


def first_line(token: Token) -> int:
    """The line of a block's first row, counted from 1."""
    return (token.map or [0, 0])[0] + 1


def is_closed(token: Token, lines: Sequence[str]) -> bool:
    """Does a fence end with marks of its own, and not with the text, whose lines these are?"""
    first, after = token.map or [0, 0]
    last = lines[min(after, len(lines)) - 1].lstrip(" >").rstrip()
    return after - 1 > first and len(last) >= len(token.markup) and not last.strip(token.markup[0])


# --------------------------------------------------------------------------------- directives


def directive(token: Token) -> str | None:
    """The name of the directive that a fence is, if it is one."""
    found = re.match(r"\{([^}]+)\}", token.info.strip())
    return found[1] if found else None


def argument(token: Token) -> str:
    """What follows the directive's name; of plain code, its language."""
    return re.sub(r"^\{[^}]*\}", "", token.info.strip()).strip()


@dataclass(frozen=True)
class Opened:
    """What a directive's fence holds;
    the body begins `offset` rows below the fence's first line.
    """

    options: Mapping[str, Any]
    body: str
    offset: int
    warning: str | None


def opened(token: Token, form: type[Directive]) -> Opened:
    """The options and the body of a directive, as MyST reads one of this form; of a cell, as
    MyST-NB does.

    Raises docutils' MarkupError where the form asks for an argument, and there is none.
    """
    # A cell's options are all of YAML, and its argument is no part of its code.
    is_cell = form is CELL
    content = token.content
    found = parse_directive_text(
        form, "" if is_cell else argument(token), content, validate_options=not is_cell
    )
    warning = found.warnings[0].msg if found.warnings else None
    return Opened(
        found.options,
        "\n".join(found.body),
        _offset(content, found.body, found.body_offset),
        warning,
    )


def _offset(content: str, body: list[str], offset: int) -> int:
    """MyST forgets trailing blank lines after options, and then counts one line too many."""
    lines = content.splitlines()
    while offset and lines[offset : offset + len(body)] != body:
        offset -= 1
    return offset


@dataclass(frozen=True)
class Hidden:
    """A directive inside another one, whose name is `within`;
    `line` is counted as that one's lines are.
    """

    name: str
    within: str
    line: int


def hidden(
    token: Token, blocks: Blocks, sought: Collection[str], above: int = 0
) -> Iterator[Hidden]:
    """The directives of these names inside of a fence, however deep, which begins below line
    `above`.

    One inside of what is shown as it is, is a picture of one.
    """
    name = directive(token)
    if (
        not name
        or name in LITERAL_DIRECTIVES
        or not any(f"{{{one}}}" in token.content for one in sought)
    ):
        return
    above += first_line(token)
    for inner in filter(is_fence, blocks(token.content)):
        if (found := directive(inner)) and found in sought:
            yield Hidden(found, name, above + first_line(inner))
        else:
            yield from hidden(inner, blocks, sought, above)
