"""Typeset formulas while the book is built, so that a page needs no script to show them.

MathJax runs under node, once for the whole build; a formula becomes a drawing for the eye
and MathML for a screen reader.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from look.scripts import node

logger = logging.getLogger(__name__)
#: What belongs to the formula beside it.
OPENING = re.compile(r"[(\[“‘„]+\Z")
CLOSING = re.compile(r"[.,;:!?)\]”’…]+|-\w+")

SCRIPT = Path(__file__).with_name("typeset.mjs")


class FormulaError(ValueError):
    """What MathJax says of a formula that it can't read."""


class Typesetter:
    """A node process that answers formulas, started when the first one comes."""

    def __init__(self, modules: Path) -> None:
        self.modules = modules
        self.done: dict[tuple[str, bool], str] = {}
        self.process: subprocess.Popen[str] | None = None
        self.owner = 0

    def __call__(self, tex: str, display: bool) -> str:
        key = tex.strip(), display
        if key not in self.done:
            self.done[key] = self.ask(*key)
        return self.done[key]

    def ask(self, tex: str, display: bool) -> str:
        process = self.started()
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise ExtensionError("node ended before it had typeset a formula; its message is above")
        answer = json.loads(line)
        if "error" in answer:
            raise FormulaError(answer["error"])
        return str(answer["html"])

    def started(self) -> subprocess.Popen[str]:
        if self.process is None or self.owner != os.getpid():  # a forked writer needs its own
            if not (self.modules / "mathjax").is_dir():
                raise ExtensionError(f"no MathJax in {self.modules}: `make` installs it")
            self.owner = os.getpid()
            self.process = subprocess.Popen(
                [node(), str(SCRIPT), str(self.modules / "anything.js")],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
            )
        return self.process

    def close(self) -> None:
        if self.process and self.owner == os.getpid():
            assert self.process.stdin and self.process.stdout
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()
            self.process = None


def typeset(self: HTML5Translator, formula: nodes.Element, tex: str, display: bool) -> str:
    typesetter: Typesetter = self.builder.app.look_typesetter  # type: ignore[attr-defined]
    try:
        return typesetter(tex, display)
    except FormulaError as problem:
        logger.warning("formula %r: %s", tex, problem, location=formula, type="look", subtype="tex")
        return f"<code>{self.encode(tex)}</code>"


class TieFormulas(SphinxPostTransform):
    """Keep a formula on one line with the bracket before it and the comma behind it.

    A drawing is a thing of its own to a browser, which would break the line on either side.
    """

    default_priority = 700
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for formula in list(self.document.findall(nodes.math)):
            before, after = neighbour(formula, -1), neighbour(formula, 1)
            opening = OPENING.search(before) if before is not None else None
            closing = CLOSING.match(after) if after is not None else None
            if not opening and not closing:
                continue
            tie = nodes.inline("", "", classes=["tied"])
            formula.parent.replace(formula, tie)
            if before is not None and opening:
                tie += nodes.Text(opening[0])
                swap(before, nodes.Text(before[: opening.start()]))
            tie += formula
            if after is not None and closing:
                tie += nodes.Text(closing[0])
                swap(after, nodes.Text(after[closing.end() :]))


def neighbour(node: nodes.Element, step: int) -> nodes.Text | None:
    """The text right before or behind a node."""
    at = node.parent.index(node) + step
    found = node.parent[at] if 0 <= at < len(node.parent) else None
    return found if isinstance(found, nodes.Text) else None


def swap(old: nodes.Text, new: nodes.Text) -> None:
    """Put one text in the place of another: of this one, not of the first that reads the same."""
    children = old.parent.children
    old.parent[next(at for at, child in enumerate(children) if child is old)] = new


def visit_inline(self: HTML5Translator, formula: nodes.math) -> None:
    self.body.append(self.starttag(formula, "span", "", CLASS="math"))
    self.body.append(typeset(self, formula, formula.astext(), False) + "</span>")
    raise nodes.SkipNode


def visit_display(self: HTML5Translator, formula: nodes.math_block) -> None:
    self.body.append(self.starttag(formula, "div", CLASS="math"))
    if formula.get("number"):
        number = get_node_equation_number(self, formula)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(formula, "Link to this equation")
        self.body.append("</span>")
    self.body.append(typeset(self, formula, aligned(formula), True) + "</div>\n")
    raise nodes.SkipNode


def aligned(formula: nodes.math_block) -> str:
    """The block's TeX; several lines or paragraphs are aligned at their `&`."""
    text = formula.astext()
    if formula.get("nowrap") or r"\begin{" in text:
        return text
    parts = [part.strip() for part in text.split("\n\n") if part.strip()]
    joined = r" \\ ".join(parts)
    return rf"\begin{{aligned}}{joined}\end{{aligned}}" if r"\\" in joined else joined


def start(app: Sphinx) -> None:
    app.look_typesetter = Typesetter(Path(app.config.look_modules))  # type: ignore[attr-defined]


def finish(app: Sphinx, exception: Exception | None) -> None:
    if typesetter := getattr(app, "look_typesetter", None):
        typesetter.close()


def choose(app: Sphinx, config: Any) -> None:
    config.html_math_renderer = "typeset"


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer("typeset", (visit_inline, None), (visit_display, None))
    app.add_post_transform(TieFormulas)
    app.connect("config-inited", choose)
    app.connect("builder-inited", start)
    app.connect("build-finished", finish)
