"""Write what is known about cells as document nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from docutils import nodes
from loom.links.web import (
    DEFINED_IN,
    EXTENDED_IN,
    REPLACED_IN,
    USES,
    CellView,
    Entry,
    Link,
    Listing,
    Relation,
    Removed,
    Segment,
    index_key,
)
from loom.model import Cell
from loom.sphinx.fold import fold
from sphinx.builders import Builder
from sphinx.errors import NoUri

LONG = 4  # so many links stand in a line; more are folded
LANGUAGE = "python"
KINDS = {"function": "function in", "class": "class in", "assignment": "variable in"}


class Pen:
    """Writes what is known about cells as document nodes, for one page."""

    def __init__(self, builder: Builder, docname: str, listing_page: str | None) -> None:
        self.builder = builder
        self.docname = docname
        self.listing_page = listing_page

    # ------------------------------------------------------------------------ links

    def reference(self, docname: str, anchor: str, *text: nodes.Node) -> nodes.Node:
        """Text that leads somewhere, or the text alone where there is no such place."""
        if docname == self.docname and not anchor:
            return nodes.inline("", "", *text)
        try:
            address = self.builder.get_relative_uri(self.docname, docname)
        except NoUri:
            return nodes.inline("", "", *text)
        fragment = f"#{anchor}" if anchor else ""
        return nodes.reference("", "", *text, refuri=address + fragment, internal=True)

    def title(self, link: Link) -> nodes.Text:
        """The title of a chapter, as the pages show it."""
        if link.docname == self.docname:
            return nodes.Text("this chapter")
        title = self.builder.env.titles.get(link.docname)
        return nodes.Text(title.astext() if title else link.chapter)

    def chapter(self, link: Link) -> nodes.Node:
        """A link by its chapter's title."""
        return self.reference(link.docname, link.anchor, self.title(link))

    def definition(self, link: Link) -> nodes.Node:
        """A link by the name of a definition, or by what a cell is good for."""
        if link.name:
            return self.reference(link.docname, link.anchor, nodes.literal("", link.name))
        text = "an example" if link.count == 1 else f"{link.count} examples"
        return self.reference(link.docname, link.anchor, nodes.Text(text))

    def listed(self, anchor: str, text: str) -> nodes.Node:
        """A link into the whole program, if the book shows it."""
        if self.listing_page is None:
            return nodes.literal("", text)
        return self.reference(self.listing_page, anchor, nodes.literal("", text))

    # ------------------------------------------------------------------------ cells

    def caption(self, view: CellView) -> nodes.paragraph:
        """The file and the place in it, and what stays there unseen; of a trial, that it is one."""
        node = nodes.paragraph(classes=["loom-caption"])
        if not view.cell.target:
            node += nodes.inline("", "a trial: not part of the package", classes=["loom-file"])
            return node
        node += self.listed(view.listed, view.cell.target)
        if view.place:
            node += nodes.Text(" ")
            node += nodes.inline(
                "",
                "",
                nodes.Text("in class "),
                nodes.literal("", view.place),
                classes=["loom-place"],
            )
        if view.cell.keeps:
            node += nodes.Text(" ")
            node += nodes.inline("", f"keeps {_kept(view.cell)}", classes=["loom-place"])
        return node

    def removed(self, removed: Removed) -> nodes.Element:
        """The lines that a cell replaces, and where they came from."""
        # What opens a fold cannot hold a link as well: it stands inside.
        title = nodes.inline(
            "", "", nodes.Text("replaces these lines of "), nodes.literal("", removed.name)
        )
        origin = nodes.paragraph(
            "", "", nodes.Text("from "), self.chapter(removed.link), classes=["loom-from"]
        )
        return fold(
            [title],
            origin,
            _code(removed.source, removed.gone),
            classes=["loom-removed"],
            opened=True,
        )

    def relations(self, relations: Iterable[Relation]) -> list[nodes.Node]:
        """The line of links below a cell."""
        items = [
            nodes.list_item("", self.relation(one), classes=_classes(one)) for one in relations
        ]
        return [nodes.bullet_list("", *items, classes=["loom-links"])] if items else []

    def relation(self, relation: Relation) -> nodes.Element:
        """One relation, folded if it is long."""
        words = nodes.inline("", relation.words, classes=["loom-relation"])
        if len(relation.links) > LONG:
            title = [words, nodes.Text(f" {_count(relation)}")]
            return fold(
                title, nodes.paragraph("", "", *self.phrases(relation)), classes=["loom-more"]
            )
        return nodes.paragraph("", "", *self.said(relation))

    def phrases(self, relation: Relation) -> list[nodes.Node]:
        """The links of a relation, in words."""
        if relation.words == USES:
            return _joined([self.definition(link) for link in relation.links], ", ")
        by_chapter = [
            list(links) for _, links in groupby(relation.links, lambda link: link.docname)
        ]
        return _joined([self.phrase(links, relation.named) for links in by_chapter], "; ")

    def phrase(self, links: list[Link], named: bool) -> nodes.Node:
        """The links into one chapter: `tanh`, 2 examples in *Curves*."""
        if not named:
            return self.chapter(links[0])
        found = _joined([self.definition(link) for link in links], ", ")
        where = nodes.emphasis("", "", self.title(links[0]))
        return nodes.inline("", "", *found, nodes.Text(" in "), where)

    # ------------------------------------------------------------------------ program

    def program(self, listings: Iterable[Listing]) -> nodes.Element:
        """The modules as they stand at a chapter's end."""
        parts = [part for listing in listings for part in self.listing(listing)]
        return fold("The program so far", *parts, classes=["loom-program"])

    def listing(self, listing: Listing) -> Iterator[nodes.Node]:
        yield nodes.paragraph(
            "", "", self.listed(listing.listed, listing.target), classes=["loom-caption"]
        )
        if listing.news:
            words = nodes.Text("New or changed in this chapter: ")
            names = _joined([self.definition(link) for link in listing.news], ", ")
            yield nodes.paragraph("", "", words, *names, classes=["loom-news"])
        yield _code(listing.text, listing.marked)

    def module(self, segments: Iterable[Segment]) -> list[nodes.Node]:
        """A module of the whole program:
        each definition with the way to where the book builds it.
        """
        return [self.segment(segment) for segment in segments]

    def segment(self, segment: Segment) -> nodes.container:
        origin = [self.summary(segment.relations, "loom-origin")] if segment.relations else []
        code = _code(segment.text)
        return nodes.container(
            "", *origin, code, ids=list(segment.anchors), classes=["loom-listing"]
        )

    # ------------------------------------------------------------------------ index

    def index(self, entries: tuple[Entry, ...]) -> list[nodes.Node]:
        """The index: the letters, then every identifier."""
        firsts = {index_key(entry.identifier)[:1].upper(): entry for entry in reversed(entries)}
        letters = [
            nodes.reference(
                "", "", nodes.Text(letter), refuri=f"#{firsts[letter].anchor}", internal=True
            )
            for letter in sorted(firsts)
        ]
        items = [self.entry(entry) for entry in entries]
        return [
            nodes.paragraph("", "", *_joined(letters, " "), classes=["loom-letters"]),
            nodes.definition_list("", *items, classes=["loom-index"]),
        ]

    def entry(self, entry: Entry) -> nodes.definition_list_item:
        one = entry.identifier
        text = self.listed(entry.listed, one.name)
        what = KINDS.get(one.kind, "in")
        term = nodes.term("", "", text, ids=[entry.anchor])
        term += nodes.inline("", f" {what} {one.target}", classes=["loom-place"])
        return nodes.definition_list_item(
            "", term, nodes.definition("", self.summary(entry.relations))
        )

    def summary(self, relations: Iterable[Relation], *classes: str) -> nodes.paragraph:
        """All relations in one paragraph."""
        said = [nodes.inline("", "", *self.said(relation)) for relation in relations]
        return nodes.paragraph("", "", *_joined(said, " · "), classes=list(classes))

    def said(self, relation: Relation) -> list[nodes.Node]:
        words = nodes.inline("", relation.words, classes=["loom-relation"])
        return [words, nodes.Text(" "), *self.phrases(relation)]


def _classes(relation: Relation) -> list[str]:
    return [f"loom-{relation.words.replace(' ', '-')}"]


def _count(relation: Relation) -> str:
    """How much a folded relation holds: `3 chapters`, `5 definitions and 12 examples`."""
    named = sum(1 for link in relation.links if link.name)
    shown = sum(link.count for link in relation.links if not link.name)
    counts = [(named, "definition"), (shown, "example")]
    if relation.words in (DEFINED_IN, EXTENDED_IN, REPLACED_IN):
        counts = [(len({link.docname for link in relation.links}), "chapter")]
    return " and ".join(f"{count} {word}{'s' * (count > 1)}" for count, word in counts if count)


def _joined(parts: Iterable[nodes.Node], mark: str) -> list[nodes.Node]:
    """Nodes with a mark between them."""
    found: list[nodes.Node] = []
    for part in parts:
        found += [nodes.Text(mark), part] if found else [part]
    return found


def _code(source: str, marked: Iterable[int] = ()) -> nodes.literal_block:
    """Highlighted code that is not a cell."""
    code = nodes.literal_block(source, source, language=LANGUAGE)
    if lines := list(marked):
        code["highlight_args"] = {"hl_lines": lines}
    return code


def _kept(cell: Cell) -> str:
    """The members that a class given again keeps, in words."""
    return "its other members" if any("*" in name for name in cell.keeps) else ", ".join(cell.keeps)
