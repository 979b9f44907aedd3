"""The chapters' Markdown as any notebook can show it: MyST's directives and roles in plain words.

What is a block, and of which kind, `loom.read.markdown` says; here it is said what becomes of it.
Pure functions of text; no Sphinx.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from docutils.parsers.rst import Directive as Form
from exercises.parse import EXERCISE_PARTS, FORMS, QUESTION_PARTS, BlockForm
from loom.read import markdown
from loom.read.markdown import Blocks
from myst_nb.core.variables import format_plain_text  # type: ignore[import-untyped]

MINUS = re.compile(r"(?<![\w)\]])-(?=[\d.∞])")
GLUED = re.compile(r"\{([^{}]+)\}")
#: What is to be looked at in running text: a role, a link, or code, which stays as it is.
INLINE = re.compile(
    r"\{(?P<role>[a-z:]+)\}`(?P<text>[^`]+)`|(?P<code>(?P<ticks>`+).+?(?P=ticks)(?!`))"
    r"|\[(?P<words>[^\[\]]*)\]\((?P<to>[^()\s]+)\)", re.S)
ATTRIBUTES = re.compile(r"\{[.#][\w -]+\}")
NUMBERED = re.compile(r"^\$\$ *\([\w-]+\)$", re.M)
#: Blocks that stay as they are, and blocks that are only there for MyST.
VERBATIM = ("fence", "code_block")
UNSEEN = ("myst_target", "myst_line_comment", "myst_block_break")
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
    blocks: Blocks = markdown.reader(markdown.JUPYTER_BOOK_EXTENSIONS)  # what reads the text


def parts(text: str, blocks: Blocks) -> Iterator[str | Directive]:
    """A text's prose and its directives, in turn."""
    rows, done = text.split("\n"), 0
    for token in blocks(text):
        if token.level or token.map is None:
            continue
        name = markdown.directive(token) if markdown.is_fence(token) else None
        if name or token.type == "front_matter":
            first, last = token.map
            if name:
                yield "\n".join(rows[done:first])
                found = markdown.opened(token, form(name))
                yield Directive(
                    name, markdown.argument(token), found.options, found.body.strip("\n")
                )
            done = last
    yield "\n".join(rows[done:])


def form(name: str) -> type[Form]:
    """How the directive of this name is to be read."""
    if name == "code-cell":
        return markdown.CELL
    bare = name in (*EXERCISE_PARTS, *QUESTION_PARTS) and name not in FORMS
    return BlockForm if bare else markdown.ANY


def sections(text: str, blocks: Blocks) -> Iterator[str]:
    """A text, divided before each of its upper headings."""
    rows, done = text.split("\n"), 0
    for token in blocks(text):
        if (
            token.type == "heading_open"
            and not token.level
            and token.map
            and token.tag in ("h1", "h2", "h3")
        ):
            yield "\n".join(rows[done : token.map[0]])
            done = token.map[0]
    yield "\n".join(rows[done:])


def prose(text: str, known: Known) -> str:
    """A text without directives: roles become words, links lead to the site;
    code stays as it is.
    """
    rows, said, done = text.split("\n"), [], 0
    for token in known.blocks(text):
        if token.type in VERBATIM + UNSEEN and token.map:
            first, last = token.map
            said += [
                running(rows[done:first], known),
                rows[first:last] if token.type in VERBATIM else [],
            ]
            done = last
    said.append(running(rows[done:], known))
    return "\n".join(row for block in said for row in block).strip("\n")


def running(rows: list[str], known: Known) -> list[str]:
    """Rows of running text in plain words."""
    text = "\n".join(row for row in rows if not ATTRIBUTES.fullmatch(row))
    return words(NUMBERED.sub("$$", text), known).split("\n") if rows else []


def words(text: str, known: Known) -> str:
    """A piece of text in plain words."""

    def said(match: re.Match[str]) -> str:
        if match["role"]:
            return role(match["role"], match["text"], known)
        return link(match["words"], match["to"], known) if match["to"] else match[0]

    return INLINE.sub(said, text)


def role(name: str, text: str, known: Known) -> str:
    """What a role says."""
    words, to = (match["words"], match["to"]) if (match := EXPLICIT.fullmatch(text)) else ("", text)
    if name in ("data", "grad"):
        return "".join(
            glued(part, known) if inner else MINUS.sub("−", part) for part, inner in split(text)
        )
    if name == "glue:text":
        return glued(text, known)
    if name in ("cite", "cite:t"):
        said = ", ".join(known.authors.get(key.strip(), key.strip()) for key in to.split(","))
        return said if name == "cite:t" else f"({said})"
    if name == "numref":
        return (
            words or f"figure {known.figures[to]}" if to in known.figures else words or "the figure"
        )
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
    return (
        f"[{words or known.titles.get(to.lstrip('#'), 'there')}]({address})" if address else words
    )


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
