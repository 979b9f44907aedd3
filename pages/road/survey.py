"""Survey: all that can be said of the road, read from the chapters alone; nothing is run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from loom.model import Book, Place
from loom.read.chapters import parse_book
from loom.read.contents import extensions, parts
from loom.read.text import read_text

from road.debts import Fault
from road.rules import NEW_CONSTRUCTS, First, firsts, undone, unseen
from road.terms import OPENING, Known, Term, glossary, known, late
from road.text import Code, Text, read
from road.way import APPENDICES

WORDS, LINES = 48, 6  # a minute's, with a pencil in hand
BUDGET = 40  # minutes for a chapter
#: What they show of Python is known on the whole road, wherever they stand.
SHOWN_BEFOREHAND = {"preface", "python-that-this-book-uses"}
LABEL = re.compile(r"^\(([\w-]+)\)=$", re.MULTILINE)
NUMBER = re.compile(r"(?<![\w.])\d[\d.,]*(?:e[+-]?\d+)?(?<![.,])")


@dataclass(frozen=True)
class Measure:
    """What a chapter asks of its reader; `over` is why it may take longer than the budget."""

    text: Text
    constructs: tuple[First, ...]
    terms: tuple[Term, ...]

    @property
    def name(self) -> str:
        return self.text.chapter.docname.rpartition("/")[2]

    @property
    def cells(self) -> int:
        return len(self.text.code)

    @property
    def longest(self) -> Code | None:
        return max(self.text.code, key=lambda code: code.lines, default=None)

    @property
    def minutes(self) -> float:
        return self.text.words / WORDS + self.text.lines / LINES

    @property
    def over(self) -> str:
        return str(self.text.head.get("over-budget") or "")

    @property
    def milestone(self) -> str:
        """What has been reached at the chapter's end, in the words of its head."""
        return str(self.text.head.get("milestone") or "")

    @property
    def flags(self) -> list[str]:
        """What is beyond its budget."""
        found = []
        if self.minutes > BUDGET:
            found.append(f"{self.minutes:.0f} minutes")
        if len(self.constructs) > NEW_CONSTRUCTS:
            found.append(f"{len(self.constructs)} new constructs")
        return found


class Survey:
    """The road of the book in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.book: Book = parse_book(root)
        self.parts = parts(root)

    @cached_property
    def road(self) -> tuple[str, ...]:
        """The chapters of the road: those of the parts with a name, up to the appendices."""
        named = [
            name
            for caption, names in self.parts
            if caption not in ("", APPENDICES)
            for name in names
        ]
        return tuple(name for name in named if name not in self.book.workshops)

    @cached_property
    def texts(self) -> Mapping[str, Text]:
        """Every chapter as it is read, by name."""
        syntax = extensions(self.root)
        return {chapter.docname: read(self.root, chapter, syntax) for chapter in self.book.chapters}

    @cached_property
    def firsts(self) -> dict[str, list[First]]:
        """The constructs that each chapter of the road brings."""
        before = [
            text for name, text in self.texts.items() if name.rpartition("/")[2] in SHOWN_BEFOREHAND
        ]
        return firsts(before, [self.texts[name] for name in self.road])

    @cached_property
    def glossary(self) -> str:
        """The text of the page that holds the glossary."""
        pages = (read_text(self.root, chapter.path) for chapter in self.book.chapters)
        return next((page for page in pages if OPENING.search(page)), "")

    @cached_property
    def terms(self) -> list[Known]:
        """The terms of the glossary, where each is defined and first used."""
        chapters = [
            name
            for caption, names in self.parts
            if caption not in ("", APPENDICES)
            for name in names
        ]
        texts = [self.texts[name] for name in chapters]
        return known(
            glossary(self.glossary), texts, [self.texts[name] for name in self.road], self.labels
        )

    @cached_property
    def labels(self) -> dict[str, Place]:
        """Where each label of the book stands."""
        found = {}
        for chapter in self.book.chapters:
            text = read_text(self.root, chapter.path)
            for match in LABEL.finditer(text):
                found[match[1]] = Place(chapter.path, text[: match.start()].count("\n") + 1)
        return found

    def measure(self, name: str) -> Measure:
        """What one chapter asks of its reader."""
        path = self.texts[name].chapter.path
        told = tuple(one.term for one in self.terms if one.defined and one.defined.path == path)
        return Measure(self.texts[name], tuple(self.firsts.get(name, ())), told)

    # ------------------------------------------------------------------------- what is broken

    def faults(self) -> list[Fault]:
        """The rules that are broken, each at its place."""
        return [*self.too_new(), *self.too_early(), *self.hidden(), *self.replaced()]

    def too_new(self) -> Iterator[Fault]:
        """The constructs of chapters that bring too many."""
        for chapter, found in self.firsts.items():
            for one in found if len(found) > NEW_CONSTRUCTS else ():
                told = f"{one.name} is new here, one of {len(found)}"
                yield Fault("constructs", chapter, one.name, one.place, told)

    def too_early(self) -> Iterator[Fault]:
        """The terms that are used before anybody has said what they mean."""
        for one in late(self.terms, [chapter.path for chapter in self.book.chapters]):
            assert one.used is not None
            where = f"is defined at {one.defined}" if one.defined else "is defined nowhere"
            told = f"“{one.term.name}” is used here, and {where}"
            yield Fault("terms", one.used.path.removesuffix(".md"), one.term.name, one.used, told)

    def hidden(self) -> Iterator[Fault]:
        """The names in visible cells that only hidden ones bind; workshops are no better."""
        for chapter in self.book.chapters:
            for one in unseen(chapter):
                told = f"`{one.name}` comes from a cell that no page shows, at {one.bound}"
                yield Fault("hidden", chapter.docname, one.name, one.place, told)

    def replaced(self) -> Iterator[Fault]:
        """What the road takes from its workshops."""
        for one in undone(self.book):
            told = (
                f"`{one.name}` was given last by a workshop, at {one.made}, "
                "without which there is none to replace"
            )
            yield Fault("replaces", one.place.path.removesuffix(".md"), one.name, one.place, told)

    def digits(self, name: str) -> Iterator[tuple[Place, str, str]]:
        """The numbers that are typed in a chapter's prose, each with the words around it.

        A digit by itself counts what is in sight, and a number of the chapter's visible code stands
        there.
        """
        seen = {number for code in self.texts[name].code for number in NUMBER.findall(code.source)}
        for prose in self.texts[name].prose:
            for match in NUMBER.finditer(prose.typed):
                if len(match[0]) == 1 or match[0] in seen:
                    continue
                first, last = max(0, match.start() - 30), match.end() + 30
                row = prose.place.line + prose.typed[: match.start()].count("\n")
                yield (
                    Place(prose.place.path, row),
                    match[0],
                    " ".join(prose.typed[first:last].split()),
                )
