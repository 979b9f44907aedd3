"""Weave: show on the pages what the cells make of the program.

Each tangled cell gets a caption, its known lines in grey, the lines it removes, and links to the
cells that it belongs with; chapters end with the program so far; two directives make appendices.
Everything is added when a page is written.  A build that keeps its doctrees therefore writes a page
whose links have changed, and does not read it again; one that starts anew, as `make book` does,
reads all of them, and takes the outputs of cells from where they are kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from docutils import nodes
from loom.errors import LoomError
from loom.links.web import CellView, Web
from loom.model import Cell
from loom.read.chapters import parse_book
from loom.sphinx.pen import Pen
from loom.sphinx.running import BookError
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

WHOLE_PROGRAM, INDEX = "whole-program", "identifier-index"

_webs: WeakKeyDictionary[Sphinx, Web] = WeakKeyDictionary()


def web_of(app: Sphinx) -> Web:
    """The book's links, computed once in a build."""
    if app not in _webs:
        try:
            _webs[app] = Web(parse_book(Path(app.srcdir)))
        except LoomError as error:
            raise BookError(str(error)) from None
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
        _appendices(self.env).setdefault(self.env.docname, set()).add(WHOLE_PROGRAM)
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
        _appendices(self.env).setdefault(self.env.docname, set()).add(INDEX)
        return [IdentifierIndex()]


def _appendices(env: BuildEnvironment) -> dict[str, set[str]]:
    """The appendix pages, each with what it shows."""
    found: dict[str, set[str]] = vars(env).setdefault("loom_appendices", {})
    return found


def _listing_page(env: BuildEnvironment) -> str | None:
    """The page that lists the whole program."""
    return min(
        (name for name, shown in _appendices(env).items() if WHOLE_PROGRAM in shown), default=None
    )


class Appendices(EnvironmentCollector):
    """Remembers where the appendices are; their directives have noted it."""

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        """Forget a page."""
        _appendices(env).pop(docname, None)

    def merge_other(
        self, app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment
    ) -> None:
        """Take over what another process has read."""
        _appendices(env).update(
            {name: shown for name, shown in _appendices(other).items() if name in docnames}
        )

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """There is nothing left to do."""


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

    default_priority = 250  # after MyST-NB has folded hidden input

    def run(self, **options: Any) -> None:
        self.web = web_of(self.app)
        self.pen = Pen(self.app.builder, self.env.docname, _listing_page(self.env))
        for node, view in _matched(code_cells(self.document), self.web.views(self.env.docname)):
            self.dress(node, view)
        self.show_program()
        for listing in list(self.document.findall(ModuleListing)):
            listing.replace_self(self.pen.module(self.web.segments(listing["target"])))
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
                code["highlight_args"] = {
                    **code.get("highlight_args", {}),
                    "hl_lines": list(view.known),
                }
            node.insert(
                2, [*map(self.pen.removed, view.removed), *self.pen.relations(view.relations)]
            )

    def show_program(self) -> None:
        """The program so far: where the chapter wants it, or at its end."""
        listings = self.web.program(self.env.docname)
        shown = [self.pen.program(listings)] if listings else []
        places = list(self.document.findall(ProgramSoFar))
        for number, place in enumerate(places):
            place.replace_self(shown if number == 0 else [])
        if not places and shown:
            last = next(
                (
                    child
                    for child in reversed(self.document.children)
                    if isinstance(child, nodes.section)
                ),
                None,
            )
            (self.document if last is None else last).extend(shown)


def shown_cells(
    app: Sphinx, docname: str, document: nodes.document
) -> Iterator[tuple[nodes.container, Cell]]:
    """The cells whose code a page shows, each with the cell of the chapter that it is."""
    for node, view in _matched(code_cells(document), web_of(app).views(docname)):
        yield node, view.cell


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
    for part in node.findall(nodes.container):
        if part.get("nb_element") == "cell_code_source":
            return next(part.findall(nodes.literal_block), None)
    return None


def _is_source(code: nodes.literal_block, cell: Cell) -> bool:
    return code.astext().strip() == cell.source.strip()


# ---------------------------------------------------------------------- what to write again


def read_again(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """A build starts: look at the chapters anew.
    The whole program has a section for each module.
    """
    _webs.pop(app, None)
    modules = list(web_of(app).modules)
    before = vars(env).get("loom_modules", modules)
    vars(env)["loom_modules"] = modules
    return (
        [name for name in _appendices(env) if name in env.found_docs] if before != modules else []
    )


def write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages on which something about cells is to be said that was not said last time."""
    before = _load(_record(app))
    return sorted(name for name, digest in _digests(app).items() if before.get(name) != digest)


def remember(app: Sphinx, error: Exception | None) -> None:
    """A build has succeeded: keep what its pages say."""
    if error is None and app.builder.name not in ("dummy", "linkcheck"):
        _record(app).write_text(
            json.dumps(_digests(app), indent=1, sort_keys=True), encoding="utf-8"
        )


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
    found = {name: _said(app, name) for name in (*web_of(app).chapters, *_appendices(app.env))}
    return {name: _digest(said) for name, said in found.items() if name in app.env.found_docs}


def _said(app: Sphinx, docname: str) -> object:
    """All that a page tells of code."""
    web, shown = web_of(app), _appendices(app.env).get(docname, set())
    listed = (
        {target: web.segments(target) for target in web.modules} if WHOLE_PROGRAM in shown else None
    )
    index = web.index() if INDEX in shown else None
    return web.views(docname), web.program(docname), listed, index, _listing_page(app.env)


def _digest(said: object) -> str:
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def add_style(app: Sphinx, config: Config) -> None:
    """Bring the style of labels, links and lists."""
    config.html_static_path = [*config.html_static_path, str(Path(__file__).parent / "static")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the weaver."""
    app.setup_extension("loom.sphinx.fold")
    app.add_directive("program-so-far", ProgramSoFarDirective)
    app.add_directive("whole-program", WholeProgramDirective)
    app.add_directive("identifier-index", IdentifierIndexDirective)
    app.add_env_collector(Appendices)
    app.add_transform(NameCells)
    app.add_post_transform(Weave)
    app.connect("config-inited", add_style)
    app.add_css_file("css/loom.css", priority=906)
    app.connect("env-get-outdated", read_again)
    app.connect("env-updated", write_again)
    app.connect("build-finished", remember)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
