"""Folded text: `<details>` on the page, plain text elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


class Fold(nodes.General, nodes.Element):
    """What opens and closes; its first child is a `FoldTitle`."""


class FoldTitle(nodes.General, nodes.Element):
    """What stands there when it is closed."""


class FoldBody(nodes.General, nodes.Element):
    """What is hidden until it is opened."""


def fold(
    title: str | Iterable[nodes.Node],
    *children: nodes.Node,
    classes: Iterable[str] = (),
    opened: bool = False,
    ids: Iterable[str] = (),
) -> Fold:
    """A fold named `title` over `children`."""
    shown = [nodes.Text(title)] if isinstance(title, str) else list(title)
    node = Fold("", FoldTitle("", *shown), FoldBody("", *children), classes=["fold", *classes])
    node["ids"] += ids
    node["opened"] = opened
    return node


def visit_fold(self: HTML5Translator, node: Fold) -> None:
    start = self.starttag(node, "details")
    self.body.append(start.replace("<details", "<details open", 1) if node["opened"] else start)


def depart_fold(self: HTML5Translator, node: Fold) -> None:
    self.body.append("</details>\n")


def visit_title(self: HTML5Translator, node: FoldTitle) -> None:
    self.body.append(self.starttag(node, "summary", ""))


def depart_title(self: HTML5Translator, node: FoldTitle) -> None:
    self.body.append("</summary>\n")


def visit_body(self: HTML5Translator, node: FoldBody) -> None:
    self.body.append(self.starttag(node, "div", CLASS="fold-body"))


def depart_body(self: HTML5Translator, node: FoldBody) -> None:
    self.body.append("</div>\n")


def visit_hidden(self: HTML5Translator, node: nodes.Element) -> None:
    """A cell's hidden part: MyST-NB's own markup names it otherwise to eye and ear."""
    prompt = self.encode(node["prompt_show"])
    self.body.append(
        f'<details class="fold hidden-cell"><summary>{prompt}</summary>\n<div class="fold-body">'
    )


def depart_hidden(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append("</div></details>\n")


def through(self: nodes.NodeVisitor, node: nodes.Node) -> None:
    """Elsewhere than on a page there is nothing to fold: the text stands open."""


def setup(app: Sphinx) -> None:
    app.setup_extension("myst_nb")
    app.add_node(HideCodeCellNode, override=True, html=(visit_hidden, depart_hidden))
    for node, visit, depart in (
        (Fold, visit_fold, depart_fold),
        (FoldTitle, visit_title, depart_title),
        (FoldBody, visit_body, depart_body),
    ):
        plain = (through, through)
        app.add_node(node, html=(visit, depart), latex=plain, text=plain, man=plain, texinfo=plain)
