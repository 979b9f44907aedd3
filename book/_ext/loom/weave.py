"""Weave: show on the pages what the cells make of the program.

Each tangled cell gets a caption, its known lines in grey, the lines it removes, and links to the
cells that it belongs with; chapters end with the program so far; two directives make appendices.
Everything is added when a page is written: a page whose links have changed is written again and
not read again, so that nothing is executed twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from docutils import nodes
from look.fold import fold
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector
from sphinx.errors import ExtensionError, NoUri
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from .errors import LoomError
from .links import (
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
    Web,
    index_key,
)
from .model import Cell
from .parse import parse_book

LONG = 4  # so many links stand in a line; more are folded
WHOLE_PROGRAM = "whole-program"
LANGUAGE = "python"
KINDS = {"function": "function in", "class": "class in", "assignment": "variable in"}

_webs: WeakKeyDictionary[Sphinx, Web] = WeakKeyDictionary()


def web_of(app: Sphinx) -> Web:
    """The book's links, computed once in a build."""
    if app not in _webs:
        try:
            _webs[app] = Web(parse_book(Path(app.srcdir)))
        except LoomError as error:
            raise ExtensionError(str(error)) from error
    return _webs[app]


# ------------------------------------------------------------- what is there to be filled


class ProgramSoFar(nodes.General, nodes.Element):
    """Where a chapter shows the program so far."""


class ModuleListing(nodes.General, nodes.Element):
    """Where the whole program shows one of its modules."""


class IdentifierIndex(nodes.General, nodes.Element):
    """Where the index of identifiers stands."""


class ProgramSoFarDirective(SphinxDirective):
    """Show the program so far here, and not at the end of the chapter."""

    def run(self) -> list[nodes.Node]:
        return [ProgramSoFar()]


class WholeProgramDirective(SphinxDirective):
    """A section for each module of the package."""

    def run(self) -> list[nodes.Node]:
        _places(self.env)[self.env.docname] = WHOLE_PROGRAM
        web = web_of(self.env.app)
        return [self.section(target, web.listed[target, ""]) for target in web.modules]

    def section(self, target: str, anchor: str) -> nodes.section:
        section = nodes.section(ids=[anchor], names=[nodes.fully_normalize_name(target)])
        section += nodes.title("", "", nodes.literal("", target))
        section += ModuleListing(target=target)
        self.state.document.note_implicit_target(section, section)
        return section


class IdentifierIndexDirective(SphinxDirective):
    """The index of every identifier."""

    def run(self) -> list[nodes.Node]:
        _places(self.env)[self.env.docname] = "identifier-index"
        return [IdentifierIndex()]


def _places(env: BuildEnvironment) -> dict[str, str]:
    """The appendix pages, each with what it shows."""
    places: dict[str, str] = vars(env).setdefault("loom_places", {})
    return places


class Places(EnvironmentCollector):
    """Remember where the appendices are."""

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        _places(env).pop(docname, None)

    def merge_other(self, app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
        _places(env).update({name: kind for name, kind in _places(other).items() if name in docnames})

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """The directives have noted themselves."""


# --------------------------------------------------------------------- while reading


def code_cells(document: nodes.document) -> Iterator[nodes.container]:
    """The code cells of a page, as MyST-NB leaves them."""
    for node in document.findall(nodes.container):
        if node.get("nb_element") == "cell_code":
            yield node


class NameCells(SphinxTransform):
    """Make the `:name:` of a code cell a target that can be linked to."""

    default_priority = 300

    def apply(self, **options: Any) -> None:
        for node in code_cells(self.document):
            if name := node["cell_metadata"].get("name"):
                node["names"].append(nodes.fully_normalize_name(str(name)))
                self.document.note_explicit_target(node, node)


# --------------------------------------------------------------------- while writing


class Weave(SphinxPostTransform):
    """Add to a page what it says about its cells."""

    default_priority = 150  # before MyST-NB folds hidden input

    def run(self, **options: Any) -> None:
        self.web, self.pen = web_of(self.app), Pen(self.app.builder, self.env.docname)
        for node, view in _matched(code_cells(self.document), self.web.views(self.env.docname)):
            self.dress(node, view)
        self.show_program()
        for listing in list(self.document.findall(ModuleListing)):
            listing.replace_self(self.pen.module(self.web, listing["target"]))
        for index in list(self.document.findall(IdentifierIndex)):
            index.replace_self(self.pen.index(self.web.index()))

    def dress(self, node: nodes.container, view: CellView) -> None:
        """Give a cell its anchors, its caption and what stands below its code."""
        node["ids"] += view.anchors
        if view.cell.target or view.cell.trial:
            node["classes"] += ["loom-cell", *(["loom-trial"] if view.cell.trial else [])]
            node.insert(0, self.pen.caption(view))
            code = next(node.findall(nodes.literal_block))
            if view.known:
                code["highlight_args"] = {**code.get("highlight_args", {}), "hl_lines": list(view.known)}
            node.insert(2, [*map(self.pen.removed, view.removed), *self.pen.relations(view.relations)])

    def show_program(self) -> None:
        """The program so far: where the chapter wants it, or at its end."""
        listings = self.web.program(self.env.docname)
        shown = [self.pen.program(listings)] if listings else []
        places = list(self.document.findall(ProgramSoFar))
        for number, place in enumerate(places):
            place.replace_self(shown if number == 0 else [])
        if not places and shown:
            last = next((child for child in reversed(self.document.children) if isinstance(child, nodes.section)), None)
            (self.document if last is None else last).extend(shown)


def _matched(
    containers: Iterable[nodes.container], views: Iterable[CellView]
) -> Iterator[tuple[nodes.container, CellView]]:
    """Pair the cells on a page with the cells of the chapter, some of which are not shown."""
    left = list(views)
    for node in list(containers):
        code = _source_of(node)
        if code is None:
            continue
        number = next((n for n, view in enumerate(left) if _is_source(code, view.cell)), None)
        if number is not None:
            yield node, left[number]
            del left[: number + 1]


def _source_of(node: nodes.container) -> nodes.literal_block | None:
    """The code of a cell, unless the page does not show it."""
    for part in node.children:
        if isinstance(part, nodes.container) and part.get("nb_element") == "cell_code_source":
            return next(part.findall(nodes.literal_block), None)
    return None


def _is_source(code: nodes.literal_block, cell: Cell) -> bool:
    return code.astext().strip() == cell.source.strip()


def _listing_page(env: BuildEnvironment) -> str | None:
    """The page that lists the whole program."""
    return next((name for name, kind in sorted(_places(env).items()) if kind == WHOLE_PROGRAM), None)


class Pen:
    """Writes what is known about cells as document nodes, for one page."""

    def __init__(self, builder: Builder, docname: str) -> None:
        self.builder = builder
        self.docname = docname
        self.listing_page = _listing_page(builder.env)

    # ------------------------------------------------------------------------ links

    def reference(self, docname: str, anchor: str, *text: nodes.Node) -> nodes.Node:
        """Text that leads somewhere, or the text alone where the output has no such place."""
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
        """The file and the place in it; of a trial, that it is one."""
        node = nodes.paragraph(classes=["loom-caption"])
        if not view.cell.target:
            node += nodes.inline("", "a trial: not part of the package", classes=["loom-file"])
            return node
        node += self.listed(view.listed, view.cell.target)
        if view.place:
            node += nodes.Text(" ")
            node += nodes.inline("", "", nodes.Text("in class "), nodes.literal("", view.place), classes=["loom-place"])
        return node

    def removed(self, removed: Removed) -> nodes.Element:
        """The lines that a cell replaces, and where they came from."""
        # No link in here: what opens a fold can't hold another thing to press. One stands among the relations.
        title = nodes.inline("", "", nodes.Text("replaces these lines of "), nodes.literal("", removed.name))
        origin = nodes.paragraph("", "", nodes.Text("from "), self.chapter(removed.link), classes=["loom-from"])
        return fold([title], origin, _code(removed.source, removed.gone), classes=["loom-removed"], opened=True)

    def relations(self, relations: Iterable[Relation]) -> list[nodes.Node]:
        """The line of links below a cell."""
        items = [nodes.list_item("", self.relation(one), classes=_classes(one)) for one in relations]
        return [nodes.bullet_list("", *items, classes=["loom-links"])] if items else []

    def relation(self, relation: Relation) -> nodes.Element:
        """One relation, folded if it is long."""
        words = nodes.inline("", relation.words, classes=["loom-relation"])
        if len(relation.links) > LONG:
            title = [words, nodes.Text(f" {_count(relation)}")]
            return fold(title, nodes.paragraph("", "", *self.phrases(relation)), classes=["loom-more"])
        return nodes.paragraph("", "", *self.said(relation))

    def phrases(self, relation: Relation) -> list[nodes.Node]:
        """The links of a relation, in words."""
        if relation.words == USES:
            return _joined([self.definition(link) for link in relation.links], ", ")
        by_chapter = [list(links) for _, links in groupby(relation.links, lambda link: link.docname)]
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
        yield nodes.paragraph("", "", self.listed(listing.listed, listing.target), classes=["loom-caption"])
        if listing.names:
            names = _joined([nodes.literal("", name) for name in listing.names], ", ")
            yield nodes.paragraph("", "New or changed in this chapter: ", *names, classes=["loom-news"])
        yield _code(listing.text, listing.marked)

    def module(self, web: Web, target: str) -> list[nodes.Node]:
        """A module of the whole program: each definition with the way to where the book builds it."""
        return [
            nodes.container(
                "",
                *([self.summary(segment.relations, "loom-origin")] if segment.relations else []),
                _code(segment.text),
                ids=list(segment.anchors),
                classes=["loom-listing"],
            )
            for segment in web.segments(target)
        ]

    # ------------------------------------------------------------------------ index

    def index(self, entries: tuple[Entry, ...]) -> list[nodes.Node]:
        """The index: the letters, then every identifier."""
        firsts = {index_key(entry.identifier)[:1].upper(): entry for entry in reversed(entries)}
        letters = [
            nodes.reference("", "", nodes.Text(letter), refuri=f"#{firsts[letter].anchor}", internal=True)
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
        return nodes.definition_list_item("", term, nodes.definition("", self.summary(entry.relations)))

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


# ---------------------------------------------------------------------- what to write again


def read_again(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """A build starts: look at the chapters anew. The whole program has a section for each module."""
    _webs.pop(app, None)
    modules = list(web_of(app).modules)
    before = vars(env).get("loom_modules", modules)
    vars(env)["loom_modules"] = modules
    return [name for name in _places(env) if name in env.found_docs] if before != modules else []


def write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages on which something about cells is to be said that was not said last time."""
    before = _load(_record(app))
    return sorted(name for name, digest in _digests(app).items() if before.get(name) != digest)


def remember(app: Sphinx, error: Exception | None) -> None:
    """A build has succeeded: keep what its pages say."""
    if error is None and app.builder.name not in ("dummy", "linkcheck"):
        _record(app).write_text(json.dumps(_digests(app), indent=1, sort_keys=True), encoding="utf-8")


def _record(app: Sphinx) -> Path:
    return Path(app.doctreedir) / f"loom-{app.builder.name}.json"


def _load(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _digests(app: Sphinx) -> dict[str, str]:
    """For each page that tells of code, the digest of what it tells."""
    web, env = web_of(app), app.env
    page = _listing_page(env)
    said: dict[str, Callable[[], Any]] = {
        name: lambda name=name: (web.views(name), web.program(name), page)  # type: ignore[misc]
        for name in web.chapters
        if web.chapters[name].cells
    }
    for name, kind in _places(env).items():
        if kind == WHOLE_PROGRAM:
            said[name] = lambda: {target: web.segments(target) for target in web.modules}
        else:
            said[name] = lambda: (web.index(), page)
    return {name: _digest(say()) for name, say in said.items() if name in env.found_docs}


def _digest(said: object) -> str:
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the weaver."""
    app.setup_extension("look.fold")
    app.add_directive("program-so-far", ProgramSoFarDirective)
    app.add_directive("whole-program", WholeProgramDirective)
    app.add_directive("identifier-index", IdentifierIndexDirective)
    app.add_env_collector(Places)
    app.add_transform(NameCells)
    app.add_post_transform(Weave)
    app.connect("env-get-outdated", read_again)
    app.connect("env-updated", write_again)
    app.connect("build-finished", remember)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
