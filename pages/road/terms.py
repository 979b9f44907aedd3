"""Terms: each is told what it means before, or where, it is first used.

A term is defined where it first stands in bold type, or where the glossary's first link leads, if
that is in an earlier chapter or there is no bold type.  A chapter's title only says what is to
come. The glossary's line `% everyday: rule, step, …` names those that are words of every day as
well:
where they mean what everybody means, nobody can tell by looking.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from loom.model import Place

from road.text import Prose, Text

OPENING = re.compile(r"^`{3,}\{glossary\}$", re.MULTILINE)
EVERYDAY = re.compile(r"^% everyday: *(.*)$", re.MULTILINE)
LINK = re.compile(r"\]\((?:([\w/-]+)\.md)?(?:#([\w-]+))?\)")


@dataclass(frozen=True)
class Term:
    """A term of the glossary: the chapter and the label that its entry first leads to,
    and whether it is technical.
    """

    name: str
    chapter: str = ""
    label: str = ""
    technical: bool = True

    def found(self, prose: Prose) -> Iterator[tuple[int, int]]:
        """Where some text uses it, in whatever number; links to other pages only name them."""
        for match in _pattern(self.name).finditer(prose.text):
            if not any(
                first <= match.start() and match.end() <= last for first, last in prose.links
            ):
                yield match.span()


@dataclass(frozen=True)
class Known:
    """A term, where it is defined if it is, and its first use on the road if there is any."""

    term: Term
    defined: Place | None
    used: Place | None


def glossary(text: str) -> tuple[Term, ...]:
    """The terms of the glossary's page."""
    everyday = set(_everyday(text))
    opening = OPENING.search(text)
    rows = text[opening.end() :].split("\n```")[0].split("\n") if opening else []
    found: list[Term] = []
    names: list[str] = []
    told: list[str] = []

    def close() -> None:
        chapter, label = next(iter(LINK.findall(" ".join(told))), ("", ""))
        found.extend(Term(name, chapter, label, name not in everyday) for name in names)
        names.clear()
        told.clear()

    for row in rows:
        if row.startswith(" "):
            told.append(row)
        elif row:
            if told:
                close()
            names.append(row)
    close()
    return tuple(found)


def strange(text: str) -> list[str]:
    """What is named as a word of every day and is no term."""
    names = {term.name for term in glossary(text)}
    return [name for name in _everyday(text) if name not in names]


def _everyday(text: str) -> list[str]:
    return [
        name.strip() for line in EVERYDAY.findall(text) for name in line.split(",") if name.strip()
    ]


def known(
    terms: Iterable[Term], texts: Sequence[Text], road: Sequence[Text], labels: Mapping[str, Place]
) -> list[Known]:
    """What becomes of each term: its definition in any of the texts,
    its first use in those of the road.
    """
    return [Known(term, _defined(term, texts, labels), _used(term, road)) for term in terms]


def late(found: Iterable[Known], order: Sequence[str]) -> Iterator[Known]:
    """The technical terms that the road uses before they are defined, or that nobody defines."""

    def position(place: Place) -> tuple[int, int]:
        return order.index(place.path), place.line

    for one in found:
        if (
            one.term.technical
            and one.used
            and (not one.defined or position(one.used) < position(one.defined))
        ):
            yield one


def _defined(term: Term, texts: Iterable[Text], labels: Mapping[str, Place]) -> Place | None:
    paths = [text.chapter.path for text in texts]
    bold = next(
        (prose.place for text in texts for prose in text.prose if _is_bold(term, prose)), None
    )
    linked = labels.get(term.label) if term.label else _first_line(paths, term.chapter)
    if bold and linked and linked.path in paths:
        return linked if paths.index(linked.path) < paths.index(bold.path) else bold
    return bold or linked


def _is_bold(term: Term, prose: Prose) -> bool:
    return any(
        first <= one and other <= last
        for one, other in term.found(prose)
        for first, last in prose.bold
    )


def _first_line(paths: Iterable[str], chapter: str) -> Place | None:
    return next(
        (Place(path, 1) for path in paths if chapter and path.endswith(f"/{chapter}.md")), None
    )


def _used(term: Term, road: Iterable[Text]) -> Place | None:
    said = (prose for text in road for prose in text.prose if not prose.is_title)
    return next((prose.place for prose in said if any(True for _ in term.found(prose))), None)


def _pattern(name: str) -> re.Pattern[str]:
    """A term as it may stand in a sentence; what has capitals of its own keeps them."""
    words = r"[\s-]+".join(map(re.escape, re.split(r"[ -]", name)))
    return re.compile(
        rf"(?<![\w-]){words}(?:e?s)?(?![\w-])", re.IGNORECASE if name[0].islower() else 0
    )
