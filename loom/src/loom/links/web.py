"""What pages say about the code: captions, anchors, and links between cells in both directions.

All of it is plain data, computed from the book alone, so that a page whose data is the same as
when it was last written need not be written again.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property

from loom.links.anchors import UNNAMED, Anchors, cell_anchors, listed_anchors, named, reopened
from loom.links.lines import first_line, owners_of, rows_of, runs
from loom.links.usage import Identifier, Use, is_reopened, parsed, usage
from loom.model import Book, Cell, Event, Module, Piece
from loom.python.statements import definitions, statements
from loom.tangle.tangle import stages

DEFINED, EXTENDED, REPLACED = "defined", "extended", "replaced"
DEFINED_IN, EXTENDED_IN, REPLACED_IN = "defined in", "extended in", "replaced in"
USED_IN, USES = "used in", "uses"


@dataclass(frozen=True)
class Link:
    """A place of the book to go to: a code cell, by what is to be read there."""

    docname: str
    anchor: str
    chapter: str
    name: str = ""  # a definition; nothing for a cell that only shows something
    count: int = 1  # of how many such cells this is the first


@dataclass(frozen=True)
class Relation:
    """How a cell is connected: `used in`, and where."""

    words: str
    links: tuple[Link, ...]
    named: bool = True  # whether the links need the names of definitions, and not chapters alone


@dataclass(frozen=True)
class Removed:
    """Lines that a cell takes out of the program, and where they had been put in."""

    name: str
    source: str
    gone: tuple[int, ...]  # the rows that do not come back in what stands there now
    link: Link


@dataclass(frozen=True)
class CellView:
    """All that a page says about one of its cells."""

    cell: Cell
    anchors: tuple[str, ...]
    listed: str = ""  # where the whole program shows its first definition
    place: str = ""  # the class that is being continued
    known: tuple[int, ...] = ()  # rows that repeat what the reader has seen
    removed: tuple[Removed, ...] = ()
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True)
class Listing:
    """A module as it stands at the end of a chapter, and what the chapter did to it."""

    target: str
    listed: str
    text: str
    marked: tuple[int, ...]
    news: tuple[Link, ...]


@dataclass(frozen=True)
class Segment:
    """Neighbouring lines of a module that come from the same definition, and its links."""

    anchors: tuple[str, ...]
    text: str
    relations: tuple[Relation, ...]


@dataclass(frozen=True)
class Entry:
    """A line of the index of identifiers."""

    identifier: Identifier
    anchor: str
    listed: str
    relations: tuple[Relation, ...]


class Web:
    """The book's cells and all links between them."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.stages = stages(book)
        self.modules = self.stages.whole
        self.chapters = {chapter.docname: chapter for chapter in book.chapters}
        self.order = {chapter.docname: number for number, chapter in enumerate(book.chapters)}
        self.anchors = {
            cell: found for chapter in book.chapters for cell, found in cell_anchors(chapter)
        }
        self.listed = dict(listed_anchors(self.modules.values()))
        self.usage = usage(book)

    # ------------------------------------------------------------------------ facts

    @cached_property
    def histories(self) -> dict[Identifier, tuple[Event, ...]]:
        """What the book does to each identifier, in reading order."""
        pieces = {
            (module.target, piece.name): piece
            for module in self.modules.values()
            for piece in module.pieces
        }
        return {
            one: tuple(event for event in pieces[one.target, one.name].history if self._adds(event))
            for one in self.usage.identifiers
            if (one.target, one.name) in pieces
        }

    def _adds(self, event: Event) -> bool:
        """Does it add anything? A class that is reopened for a replacement only is not extended."""
        return event.action != EXTENDED or any(self._new_members(event))

    @cached_property
    def events(self) -> dict[Cell, list[tuple[Identifier, int]]]:
        """What each cell does: the identifiers,
        each with the number of the event in its history.
        """
        found: dict[Cell, list[tuple[Identifier, int]]] = defaultdict(list)
        for one, history in self.histories.items():
            for number, event in enumerate(history):
                found[event.definition.cell].append((one, number))
        return found

    @cached_property
    def uses_of(self) -> dict[Identifier, list[Use]]:
        """The uses of each identifier, in reading order."""
        found: dict[Identifier, list[Use]] = defaultdict(list)
        for use in self.usage.uses:
            found[use.identifier].append(use)
        return found

    @cached_property
    def used_by(self) -> dict[Cell, list[Identifier]]:
        """The identifiers that each cell uses."""
        found: dict[Cell, list[Identifier]] = defaultdict(list)
        for use in self.usage.uses:
            if use.identifier not in found[use.cell]:
                found[use.cell].append(use.identifier)
        return found

    def time(self, cell: Cell) -> tuple[int, int]:
        """When a reader comes by."""
        return self.order[cell.chapter], cell.index

    # ------------------------------------------------------------------------ links

    def link(self, cell: Cell, name: str = "") -> Link:
        """The way to a cell, or to a definition in it."""
        anchor = self.anchors[cell].get(name) or next(iter(self.anchors[cell].values()), "")
        return Link(cell.chapter, anchor, self.chapters[cell.chapter].title, name)

    def address(self, target: str, name: str = "") -> str:
        """The anchor of a definition in the whole program; of its module,
        if the definition did not stay.
        """
        return self.listed.get((target, name), self.listed[target, ""])

    def view(self, cell: Cell) -> CellView:
        """All that a page says about a cell."""
        anchors = tuple(dict.fromkeys(self.anchors[cell].values()))
        if not cell.target:
            return CellView(cell, anchors, known=_known(cell) if cell.trial else ())
        return CellView(
            cell, anchors, self.address(cell.target, _main_name(cell)), _place(cell), _known(cell),
            tuple(self._removed(cell)), tuple(self._relations(cell)),
        )  # fmt: skip

    def _removed(self, cell: Cell) -> Iterator[Removed]:
        """What a cell takes out of the program; one statement that gave several names, once."""
        seen: set[str] = set()
        for one, number in self.events[cell]:
            event = self.histories[one][number]
            if event.removed and event.removed not in seen:
                seen.add(event.removed)
                gone = _gone(event.removed, event.definition.source)
                yield Removed(
                    one.name, event.removed, gone, self._event_link(self._version(one, number - 1))
                )

    def _version(self, one: Identifier, number: int) -> Event:
        """The event that gave the text that was in force after event ``number``."""
        history = self.histories[one]
        return next(event for event in reversed(history[: number + 1]) if event.action != EXTENDED)

    def _event_link(self, event: Event) -> Link:
        return self.link(event.definition.cell, event.definition.name)

    def _relations(self, cell: Cell) -> Iterator[Relation]:
        """The relations of a tangled cell, those with earlier cells first."""
        done = self.events[cell]
        several = len({*named(cell)} - reopened(cell)) > 1
        yield from _relation(
            DEFINED_IN,
            (link for one, number in done for link in self._origin(one, number)),
            several,
        )
        yield from _relation(
            EXTENDED_IN, (link for one, number in done for link in self._extensions(one, number))
        )
        yield from _relation(
            REPLACED_IN, (link for one, number in done for link in self._next(one, number)), several
        )
        yield from _relation(
            USED_IN, self._grouped(use for one, number in done for use in self._uses(one, number))
        )
        yield from _relation(USES, self._used(cell))

    def _origin(self, one: Identifier, number: int) -> Iterator[Link]:
        """Where something that is extended or replaced was defined."""
        if number:
            yield self._event_link(self.histories[one][0])

    def _extensions(self, one: Identifier, number: int) -> Iterator[Link]:
        """What a class gets later, said where it starts."""
        if number == 0:
            for event in self.histories[one]:
                yield from self._new_members(event)

    def _new_members(self, event: Event) -> Iterator[Link]:
        """The members that an extension adds, apart from those that it replaces."""
        cell, prefix = event.definition.cell, f"{event.definition.name}."
        if event.action == EXTENDED:
            for one in definitions(cell):
                if one.name.startswith(prefix) and one.name not in cell.replaces:
                    yield replace(self.link(cell, one.name), name=one.name.removeprefix(prefix))

    def _next(self, one: Identifier, number: int) -> Iterator[Link]:
        """Where a definition is given again; said where it was given itself."""
        history = self.histories[one]
        later = (event for event in history[number + 1 :] if event.action == REPLACED)
        if history[number].action != EXTENDED and (event := next(later, None)):
            yield self._event_link(event)

    def _uses(self, one: Identifier, number: int) -> Iterator[Use]:
        """The uses of one version of a definition: up to where the next one is given."""
        history = self.histories[one]
        here = history[number].definition.cell
        if history[number].action == EXTENDED:
            return
        since = self.time(here) if self._version(one, number) is not history[0] else (-1, 0)
        later = [event for event in history[number + 1 :] if event.action == REPLACED]
        until = self.time(later[0].definition.cell) if later else (len(self.order), 0)
        for use in self.uses_of[one]:
            if (
                use.cell != here
                and since <= self.time(use.cell) < until
                and not _is_inside(use, one)
            ):
                yield use

    def _grouped(self, uses: Iterable[Use]) -> Iterator[Link]:
        """A link for each definition that uses something, and one for all examples of a chapter."""
        inside: dict[str, dict[str, Cell]] = defaultdict(dict)
        shown: dict[str, dict[Cell, None]] = defaultdict(dict)
        for use in sorted(uses, key=lambda use: (self.time(use.cell), use.row)):
            if use.within:
                inside[use.cell.chapter][use.within] = use.cell
            else:
                shown[use.cell.chapter][use.cell] = None
        for docname in sorted({*inside, *shown}, key=self.order.__getitem__):
            yield from (self.link(cell, name) for name, cell in inside[docname].items())
            if cells := list(shown[docname]):
                first = self.link(cells[0])
                yield Link(first.docname, first.anchor, first.chapter, count=len(cells))

    def _used(self, cell: Cell) -> Iterator[Link]:
        """Where to find what a cell uses, in the version that the reader has met last."""
        own = {one for one, _ in self.events[cell]} | {
            one for one in self.histories if self._is_open(cell, one)
        }
        for one in self.used_by[cell]:
            if one not in own and (history := self.histories.get(one)):
                known = [
                    n
                    for n, event in enumerate(history)
                    if self.time(event.definition.cell) < self.time(cell)
                ]
                yield self._event_link(self._version(one, known[-1] if known else 0))

    def _is_open(self, cell: Cell, one: Identifier) -> bool:
        return one.target == cell.target and one.name in reopened(cell)

    # ------------------------------------------------------------------------ pages

    def views(self, docname: str) -> tuple[CellView, ...]:
        """What a chapter's page says about its cells."""
        chapter = self.chapters.get(docname)
        return tuple(self.view(cell) for cell in chapter.cells) if chapter else ()

    def program(self, docname: str) -> tuple[Listing, ...]:
        """The modules that a chapter has worked on, as they stand at its end."""
        chapter = self.chapters.get(docname)
        touched = {cell.target for cell in chapter.cells if cell.target} if chapter else set[str]()
        if not touched:
            return ()
        modules = self.stages.after[docname]
        return tuple(self._listing(modules[target], docname) for target in sorted(touched))

    def _listing(self, module: Module, docname: str) -> Listing:
        """A module with what a chapter added to it or changed in it."""
        rows, owners, first = rows_of(module), owners_of(module), first_line(module)
        new = [piece for piece in module.pieces if _is_news(piece, docname)]
        marked = [
            line
            for line in range(first, len(rows) + 1)
            if rows[line - 1].strip() and owners[line - 1] in new
        ]
        news = tuple(self._event_link(_given(piece)) for piece in new if piece.kind not in UNNAMED)
        text, shifted = "\n".join(rows[first - 1 :]), tuple(line - first + 1 for line in marked)
        return Listing(module.target, self.address(module.target), text, shifted, news)

    def segments(self, target: str) -> tuple[Segment, ...]:
        """A module of the finished program, cut where its definitions meet."""
        module = self.modules[target]
        return tuple(self._segment(module, *run) for run in runs(module))

    def _segment(self, module: Module, first: int, last: int, piece: Piece | None) -> Segment:
        text = "\n".join(module.text.split("\n")[first - 1 : last])
        if piece is None or piece.kind in UNNAMED:
            return Segment((), text, ())
        alike = [
            other.name
            for other in module.pieces
            if (other.first, other.last) == (piece.first, piece.last)
        ]
        anchors = tuple(self.listed[module.target, name] for name in alike)
        return Segment(anchors, text, self._history_relations(piece.history))

    def _history_relations(self, history: Iterable[Event]) -> tuple[Relation, ...]:
        """Where the book builds a definition."""
        history = tuple(event for event in history if self._adds(event))
        words = ((DEFINED_IN, DEFINED), (EXTENDED_IN, EXTENDED), (REPLACED_IN, REPLACED))
        return tuple(
            relation
            for saying, action in words
            for relation in _relation(
                saying, (self._event_link(e) for e in history if e.action == action), False
            )
        )

    def index(self) -> tuple[Entry, ...]:
        """The index of identifiers, in alphabetical order."""
        anchors = Anchors("identifier")
        ordered = sorted(self.histories, key=lambda one: (index_key(one), one.name, one.target))
        return tuple(
            Entry(
                one,
                anchors.new(one.name),
                self.address(one.target, one.name),
                self._everything(one),
            )
            for one in ordered
        )

    def _everything(self, one: Identifier) -> tuple[Relation, ...]:
        home = {event.definition.cell for event in self.histories[one]}
        uses = (use for use in self.uses_of[one] if use.cell not in home or use.within != one.name)
        used = _relation(USED_IN, self._grouped(use for use in uses if not _is_inside(use, one)))
        return (*self._history_relations(self.histories[one]), *used)


def index_key(one: Identifier) -> str:
    """Under which word an identifier is looked up: a member under its own,
    whatever its underscores.
    """
    return one.short.strip("_").lower() or one.short


def _relation(words: str, links: Iterable[Link], named: bool = True) -> Iterator[Relation]:
    """A relation, unless there is nothing to tell. Chapters alone are told once each."""
    found = tuple(dict.fromkeys(links))
    if not named:
        found = tuple({link.docname: link for link in reversed(found)}.values())[::-1]
    if found:
        yield Relation(words, found, named)


def _gone(old: str, new: str) -> tuple[int, ...]:
    """The rows of an old text that a new one does not repeat."""
    before, after = old.split("\n"), new.split("\n")
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    kept = {row for block in blocks for row in range(block.a, block.a + block.size)}
    return tuple(
        number for number, row in enumerate(before, 1) if row.strip() and number - 1 not in kept
    )


def _is_inside(use: Use, one: Identifier) -> bool:
    """Does a class, or a definition in it, mention the class itself?"""
    within = use.within or ""
    return use.cell.target == one.target and (
        within == one.name or within.startswith(f"{one.name}.")
    )


def _main_name(cell: Cell) -> str:
    return next(iter(named(cell)), "")


def _place(cell: Cell) -> str:
    """The class that a cell continues, if it does nothing else."""
    names = {statement.names[0] if statement.extends else "" for statement in statements(cell)}
    return names.pop() if len(names) == 1 else ""


def _known(cell: Cell) -> tuple[int, ...]:
    """The rows that only reopen a class."""
    nodes = (
        node
        for node in parsed(cell.source).body
        if isinstance(node, ast.ClassDef) and is_reopened(node)
    )
    return tuple(
        row for node in nodes for row in range(node.decorator_list[0].lineno, node.lineno + 1)
    )


def _given(piece: Piece) -> Event:
    """The event that gave a piece the text that it has."""
    return next(event for event in reversed(piece.history) if event.action != EXTENDED)


def _is_news(piece: Piece, docname: str) -> bool:
    return any(
        event.definition.cell.chapter == docname and event.action != EXTENDED
        for event in piece.history
    )
