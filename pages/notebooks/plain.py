"""The chapters' Markdown as any notebook can show it: MyST's directives and roles in plain words.

Pure functions of text; no Sphinx.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import yaml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from myst_nb.core.variables import format_plain_text  # type: ignore[import-untyped]
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

MINUS = re.compile(r"(?<![\w)\]])-(?=[\d.∞])")
GLUED = re.compile(r"\{([^{}]+)\}")
FENCED = re.compile(r"(^ *(```+|~~~+).*?^ *\2 *$)", re.M | re.S)
#: What is to be looked at in running text: a role, a link, or code, which stays as it is.
INLINE = re.compile(
    r"\{(?P<role>[a-z:]+)\}`(?P<text>[^`]+)`|(?P<code>(?P<ticks>`+).+?(?P=ticks)(?!`))"
    r"|\[(?P<words>[^\[\]]*)\]\((?P<to>[^()\s]+)\)", re.S)
ATTRIBUTES = re.compile(r"^\{[.#][\w -]+\}\n", re.M)
TARGET = re.compile(r"^\([\w-]+\)=\n", re.M)
COMMENT = re.compile(r"^%.*\n", re.M)
NUMBERED = re.compile(r"^\$\$ *\([\w-]+\)$", re.M)
NAMED = re.compile(r"\{([\w:-]+)\}\s*(.*)")
EXPLICIT = re.compile(r"(?P<words>.*?)\s*<(?P<to>[^<>]+)>", re.S)


@dataclass(frozen=True)
class Directive:
    """A fenced directive: its name, what stands beside the name, its options and its body."""

    name: str
    title: str
    options: Mapping[str, object]
    body: str


@dataclass(frozen=True)
class Known:
    """What the text refers to: the numbers that the build has glued, and where things are."""

    glued: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, int] = field(default_factory=dict)  # by name
    titles: Mapping[str, str] = field(default_factory=dict)  # of exercises and sections, by name
    authors: Mapping[str, str] = field(default_factory=dict)  # "Linnainmaa 1970", by key
    address: Callable[[str], str | None] = lambda to: None  # a link's address on the site


def parts(text: str, extensions: Iterable[str]) -> Iterator[str | Directive]:
    """A text's prose and its directives, in turn."""
    rows = text.splitlines(keepends=True)
    done = 0
    for token in parser(tuple(extensions)).parse(text):
        if token.level or token.map is None or token.map[0] < done:
            continue
        first, last = token.map
        if token.type == "front_matter":
            done = last
        elif token.type in ("fence", "colon_fence") and (named := NAMED.match(token.info.strip())):
            yield "".join(rows[done:first])
            yield Directive(named[1], named[2].strip(), *opened(token.content))
            done = last
    yield "".join(rows[done:])


@cache
def parser(extensions: tuple[str, ...]) -> MarkdownIt:
    """MyST's own parser, which decides what is a directive."""
    return create_md_parser(MdParserConfig(enable_extensions=set(extensions)), RendererHTML)


def opened(content: str) -> tuple[dict[str, object], str]:
    """A directive's options and its body."""
    if content.startswith("---\n"):
        head, _, body = content[4:].partition("\n---")
        return dict(yaml.safe_load(head) or {}), body.lstrip("\n")
    rows = content.splitlines(keepends=True)
    count = 0
    while count < len(rows) and re.match(r":[\w-]+:", rows[count]):
        count += 1
    options: dict[str, object] = {}
    for row in rows[:count]:
        _, name, value = row.strip().split(":", 2)
        options[name] = value.strip()
    return options, "".join(rows[count:]).strip("\n")


def prose(text: str, known: Known) -> str:
    """A text without directives: roles become words, links lead to the site; code stays as it is."""
    said = FENCED.split(text)  # text, a block of code, its fence; and again
    return "".join(
        part if index % 3 == 1 else running(part, known) for index, part in enumerate(said) if index % 3 != 2
    ).strip("\n")


def running(text: str, known: Known) -> str:
    for pattern in (ATTRIBUTES, TARGET, COMMENT):
        text = pattern.sub("", text)
    text = NUMBERED.sub("$$", text)

    def said(match: re.Match[str]) -> str:
        if match["role"]:
            return role(match["role"], match["text"], known)
        return link(match["words"], match["to"], known) if match["to"] else match[0]

    return INLINE.sub(said, text)


def role(name: str, text: str, known: Known) -> str:
    """What a role says."""
    words, to = (match["words"], match["to"]) if (match := EXPLICIT.fullmatch(text)) else ("", text)
    if name in ("data", "grad"):
        return "".join(glued(part, known) if inner else MINUS.sub("−", part) for part, inner in split(text))
    if name == "glue:text":
        return glued(text, known)
    if name in ("cite", "cite:t"):
        said = ", ".join(known.authors.get(key.strip(), key.strip()) for key in to.split(","))
        return said if name == "cite:t" else f"({said})"
    if name == "numref":
        return words or f"figure {known.figures[to]}" if to in known.figures else words or "the figure"
    if name == "ref":
        return link(words or f"“{known.titles.get(to, to)}”", f"#{to}", known)
    if name == "term":
        return words or to
    return words or f"`{to}`"


def split(text: str) -> list[tuple[str, bool]]:
    """A text's parts, each with whether it stood in braces."""
    return [(part, index % 2 == 1) for index, part in enumerate(GLUED.split(text)) if part]


def glued(name: str, known: Known) -> str:
    """A number that the build has computed, in the form that is asked for."""
    key, _, form = name.partition(":")  # the form as in `loss:.4f`
    if key not in known.glued:
        return "…"  # a notebook that is made without a build
    return MINUS.sub("−", str(format_plain_text(known.glued[key], form or "s")))


def link(words: str, to: str, known: Known) -> str:
    """A link; only its words, where its address is not known."""
    address = to if re.match(r"[a-z]+:", to) else known.address(to)
    return f"[{words or known.titles.get(to.lstrip('#'), 'there')}]({address})" if address else words


def quoted(title: str, body: str) -> str:
    """An aside, set off from the text."""
    rows = [f"**{title}**", "", *body.split("\n")] if title else body.split("\n")
    return "\n".join(f"> {row}".rstrip() for row in rows)


def folded(title: str, body: str) -> str:
    """What opens when one clicks on its title."""
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def python(source: str) -> str:
    """Code that is only shown."""
    return f"```python\n{source.strip()}\n```"
