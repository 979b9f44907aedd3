"""The Markdown blocks of a text, as MyST-NB sees them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

CODE_CELL = "{code-cell}"
# Directives whose content is shown as it is, so that a cell inside them is only a picture of a cell.
LITERAL_DIRECTIVES = {
    "code-block", "code", "sourcecode", "code-cell", "raw-cell", "parsed-literal",
    "raw", "math", "eval-rst", "mermaid", "literalinclude",
}  # fmt: skip
Blocks = Callable[[str], list[Token]]


def reader(extensions: Iterable[str]) -> Blocks:
    """What reads a text's blocks, with these extensions of Markdown."""
    config = MdParserConfig(enable_extensions=set(extensions))
    blocks_only = dataclasses.replace(config, disable_syntax=[*config.disable_syntax, "inline"])
    parser = create_md_parser(blocks_only, RendererHTML)

    def blocks(text: str) -> list[Token]:
        return list(parser.parse(text + "\n"))

    return blocks


def is_fence(token: Token) -> bool:
    """Does a directive, or code, stand here?"""
    return token.type in ("fence", "colon_fence")


def first_line(token: Token) -> int:
    """The line of a block's first row, counted from 1."""
    return (token.map or [0, 0])[0] + 1


def directive(token: Token) -> str | None:
    """The name of the directive that a fence is, if it is one."""
    found = re.match(r"\{([^}]+)\}", token.info.strip())
    return found[1] if found else None


def argument(token: Token) -> str:
    """What follows the directive's name; of plain code, its language."""
    return re.sub(r"^\{[^}]*\}", "", token.info.strip()).strip()
