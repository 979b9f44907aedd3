"""Exercises and questions on the pages: static, folded where a reader should think first.

Checks are part of the page too, folded, so that a reader can run them anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

from docutils import nodes
from docutils.parsers.rst.directives.admonitions import Hint
from loom.sphinx.fold import fold
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .model import Exercise, Fault, Question, Sheet
from .parse import (
    BlockForm,
    ExerciseForm,
    OptionForm,
    QuestionForm,
    WrongForm,
    duplicates,
    parse_text,
)

VERSION = "1"
OPEN = "exercises:open"  # what is being read: an exercise, a question, or nothing
logger = logging.getLogger(__name__)


class Part(nodes.General, nodes.Element):
    """A part of an exercise, until the exercise arranges its parts."""


# ------------------------------------------------------------------------- the whole things


class Whole(SphinxDirective):
    """What exercises and questions have in common."""

    element: ClassVar[str]

    def run(self) -> list[nodes.Node]:
        outer = self.env.temp_data.get(OPEN)
        self.env.temp_data[OPEN] = self.element
        body = nodes.Element()
        try:
            self.state.nested_parse(self.content, self.content_offset, body)
        finally:
            self.env.temp_data[OPEN] = outer
        whole = nodes.container(classes=[self.element])
        self.set_source_info(whole)
        item = self.item()
        if item is None:
            return []  # the chapter's sheet has said what is wrong with it
        whole["classes"] += self.more_classes()
        self.add_name(whole)
        whole["exercise_label"] = f"{self.element.title()} {item.number}: {self.plain_title()}"
        whole += nodes.paragraph("", "", *self.heading(item), classes=[f"{self.element}-title"])
        parts = [node for node in body.children if isinstance(node, Part)]
        whole += [node for node in body.children if not isinstance(node, Part)]
        whole += self.arranged(parts)
        return [whole]

    def title(self) -> list[nodes.Node]:
        shown, messages = self.state.inline_text(self.arguments[0], self.lineno)
        return [*shown, *messages]

    def plain_title(self) -> str:
        return "".join(node.astext() for node in self.title())

    def item(self) -> Exercise | Question | None:
        """What the chapter's sheet says of it."""
        sheet = sheets(self.env).get(self.env.docname)
        name = self.options.get("name")
        items: list[Exercise | Question] = [*sheet.exercises, *sheet.questions] if sheet else []
        return next((item for item in items if item.name == name), None)

    def more_classes(self) -> list[str]:
        return []

    def heading(self, item: Exercise | Question) -> list[nodes.Node]:
        """The title line."""
        raise NotImplementedError

    def arranged(self, parts: Sequence[Part]) -> list[nodes.Node]:
        """The parts in the order in which a reader needs them."""
        raise NotImplementedError


class ExerciseDirective(Whole, ExerciseForm):
    element = "exercise"

    def more_classes(self) -> list[str]:
        return [f"exercise-{self.options['kind']}"]

    def heading(self, item: Exercise | Question) -> list[nodes.Node]:
        return [
            _span("exercise-number", nodes.Text(f"Exercise {item.number}.")),
            nodes.Text(" "),
            _span("exercise-name", *self.title()),
            nodes.Text(" "),
            _span("exercise-kind", nodes.Text(self.options["kind"])),
        ]

    def arranged(self, parts: Sequence[Part]) -> list[nodes.Node]:
        def bodies(name: str) -> list[list[nodes.Node]]:
            return [part.children for part in parts if part["part"] == name]

        shown: list[nodes.Node] = []
        for name in ("given", "start"):
            shown += [
                nodes.container("", *body, classes=[f"exercise-{name}"]) for body in bodies(name)
            ]
        hints = bodies("hint")
        for number, body in enumerate(hints, 1):
            shown.append(
                fold(f"Hint {number}" if len(hints) > 1 else "Hint", *body, classes=["hint"])
            )
        if checks := bodies("check"):
            shown.append(
                fold("The checks it must pass", *sum(checks, []), classes=["exercise-checks"])
            )
        if wrongs := bodies("wrong"):
            shown.append(fold("Where people slip", *sum(wrongs, []), classes=["wrong"]))
        if solutions := bodies("solution"):
            shown.append(
                fold("Solution", *sum(solutions + bodies("why"), []), classes=["solution"])
            )
        return shown


class QuestionDirective(Whole, QuestionForm):
    element = "question"

    def heading(self, item: Exercise | Question) -> list[nodes.Node]:
        runs = isinstance(item, Question) and item.run
        invitation = "Predict, then run." if runs else f"Question {item.number}."
        return [_span("question-number", nodes.Text(invitation)), nodes.Text(" "), *self.title()]

    def arranged(self, parts: Sequence[Part]) -> list[nodes.Node]:
        runs = [part.children for part in parts if part["part"] == "run"]
        options = [node for part in parts if part["part"] == "option" for node in part.children]
        return [
            *(nodes.container("", *body, classes=["question-run"]) for body in runs),
            nodes.container("", *options, classes=["options"]),
        ]


# --------------------------------------------------------------------------------- the parts


class PartDirective(SphinxDirective):
    """A part of an exercise or a question; it means nothing elsewhere."""

    element: ClassVar[str] = "exercise"

    def run(self) -> list[nodes.Node]:
        part = self.name.removeprefix("std:")
        if self.env.temp_data.get(OPEN) != self.element:
            raise self.error(
                f"`{{{part}}}` means nothing outside `{{{self.element}}}`; move it into one"
            )
        return [Part("", *self.contents(), part=part)]

    def contents(self) -> list[nodes.Node]:
        raise NotImplementedError

    def code(self) -> nodes.literal_block:
        text = "\n".join(self.content).rstrip()
        block = nodes.literal_block(text, text, language="python")
        self.set_source_info(block)
        return block

    def prose(self) -> list[nodes.Node]:
        body = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, body)
        return body.children


class CodePart(PartDirective, BlockForm):
    """Code: given, start, check, solution."""

    def contents(self) -> list[nodes.Node]:
        return [self.code()]


class RunPart(CodePart):
    element = "question"


class WhyPart(PartDirective, BlockForm):
    def contents(self) -> list[nodes.Node]:
        return self.prose()


class HintPart(WhyPart):
    """A hint in an exercise; elsewhere, the admonition of that name."""

    def run(self) -> list[nodes.Node]:
        if self.env.temp_data.get(OPEN) == self.element:
            return super().run()
        admonition = Hint(
            self.name, [], {}, self.content, self.lineno,
            self.content_offset, self.block_text, self.state, self.state_machine,
        )  # fmt: skip
        return list(admonition.run())


class WrongPart(PartDirective, WrongForm):
    def contents(self) -> list[nodes.Node]:
        said = nodes.paragraph("", "", *message(self.arguments[0]), classes=["exercise-message"])
        return [nodes.container("", said, self.code(), classes=["exercise-slip"])]


class OptionPart(PartDirective, OptionForm):
    element = "question"

    def contents(self) -> list[nodes.Node]:
        title, messages = self.state.inline_text(self.arguments[0], self.lineno)
        verdict = "option-correct" if "correct" in self.options else "option-wrong"
        return [
            fold(
                [_span("option-answer", *title)],
                *self.prose(),
                *messages,
                classes=["option", verdict],
            )
        ]


def message(text: str) -> list[nodes.Node]:
    """A check's message: plain text, in which backticks mark code."""
    pieces = re.split(r"`([^`]+)`", text)
    return [
        nodes.literal(piece, piece) if number % 2 else nodes.Text(piece)
        for number, piece in enumerate(pieces)
        if piece
    ]


def _span(name: str, *children: nodes.Node) -> nodes.inline:
    return nodes.inline("", "", *children, classes=[name])


# --------------------------------------------------------------------------- the whole book


def sheets(env: BuildEnvironment) -> dict[str, Sheet]:
    """The exercises and questions of each chapter that has any, by docname."""
    return cast(dict[str, Sheet], getattr(env, "exercise_sheets", {}))


def read_sheets(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Read all chapters' exercises before any page is made, and report what is wrong with them."""
    syntax = sorted(app.config.myst_enable_extensions)
    found: dict[str, Sheet] = {}
    for docname in sorted(env.found_docs):
        file = Path(env.doc2path(docname))
        text = file.read_text(encoding="utf-8", errors="replace") if file.suffix == ".md" else ""
        if "{exercise}" in text or "{question}" in text:
            found[docname] = parse_text(text, docname, f"{docname}.md", syntax)
    env.exercise_sheets = found  # type: ignore[attr-defined]
    faults: list[Fault] = [fault for sheet in found.values() for fault in sheet.faults]
    for fault in (*faults, *duplicates(list(found.values()))):
        docname = fault.place.path.removesuffix(".md")
        logger.warning(fault.message, location=(docname, fault.place.line), type="exercises")


def name_labels(app: Sphinx, document: nodes.document) -> None:
    """Let links to an exercise say its number and title."""
    standard = app.env.get_domain("std")
    assert isinstance(standard, StandardDomain)
    for node in document.findall(nodes.container):
        if "exercise_label" in node and node["ids"]:
            for name in node["names"]:
                standard.labels[name] = app.env.docname, node["ids"][0], node["exercise_label"]


class SayWhichIsRight(SphinxPostTransform):
    """Where nothing folds and no style sheet speaks, say in words which option is right."""

    default_priority = 200

    def run(self, **kwargs: Any) -> None:
        if self.app.builder.format == "html":
            return
        for node in list(self.document.findall(nodes.Element)):
            for name, word in (("option-correct", "Right."), ("option-wrong", "Not quite.")):
                if name in node.get("classes", ()):
                    cast(nodes.Element, node[-1]).insert(
                        0, nodes.paragraph("", "", nodes.strong(word, word))
                    )


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("loom.sphinx.fold")
    for name, directive in {
        "exercise": ExerciseDirective,
        "question": QuestionDirective,
        "given": CodePart,
        "start": CodePart,
        "check": CodePart,
        "solution": CodePart,
        "why": WhyPart,
        "wrong": WrongPart,
        "run": RunPart,
    }.items():
        app.add_directive(name, directive)
    app.add_directive("hint", HintPart, override=True)
    # Sphinx looks into its standard domain first, whose `option` is a command line's.
    app.add_directive_to_domain("std", "option", OptionPart, override=True)
    app.connect("env-before-read-docs", read_sheets)
    app.connect("doctree-read", name_labels)
    app.add_post_transform(SayWhichIsRight)
    return {"version": VERSION, "parallel_read_safe": True, "parallel_write_safe": True}
