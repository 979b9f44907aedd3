"""Read a chapter's exercises and questions: Markdown to plain data, without Sphinx.

What a directive is, the loom says, which reads Markdown as MyST does; here it is said what
exercises mean. What is wrong with the form of an exercise becomes a `Fault` of the chapter's
`Sheet`:
all faults are found in one reading.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

from docutils.parsers.rst import Directive, directives
from docutils.parsers.rst.states import MarkupError
from loom.model import Place
from loom.read import markdown
from loom.read.contents import extensions
from loom.read.text import read_text
from markdown_it.token import Token

from .model import Code, Exercise, Fault, Option, Prose, Question, Sheet, Wrong

T = TypeVar("T")

KINDS = ("recall", "predict", "build", "diagnose", "research")
EXERCISE_PARTS = ("given", "start", "check", "hint", "solution", "why", "wrong")
QUESTION_PARTS = ("run", "option")
WHOLES = ("exercise", "question")


# ------------------------------------------- the forms, shared with the Sphinx directives


class TitledForm(Directive):
    """A directive whose line says more than its name."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True


class ExerciseForm(TitledForm):
    option_spec: ClassVar = {"name": directives.unchanged, "kind": directives.unchanged}


class QuestionForm(TitledForm):
    option_spec: ClassVar = {"name": directives.unchanged}


class OptionForm(TitledForm):
    option_spec: ClassVar = {"correct": directives.flag}


class WrongForm(TitledForm):
    pass


class BlockForm(Directive):
    """A part that is all body: code, or Markdown."""

    has_content = True


FORMS: dict[str, type[Directive]] = {
    "exercise": ExerciseForm,
    "question": QuestionForm,
    "option": OptionForm,
    "wrong": WrongForm,
}


# ----------------------------------------------------------------------------- chapters


def parse_chapter(root: Path, docname: str) -> Sheet:
    """Read the exercises and questions of one chapter's file."""
    path = f"{docname}.md"
    return parse_text(read_text(root, path), docname, path, extensions(root))


def parse_text(
    text: str, docname: str, path: str, syntax: Sequence[str] = markdown.JUPYTER_BOOK_EXTENSIONS
) -> Sheet:
    """Read the exercises and questions in a chapter's text, with these extensions of Markdown."""
    reader = _Reader(path, syntax)
    reader.read(text)
    return Sheet(
        docname, path, tuple(reader.exercises), tuple(reader.questions), tuple(reader.faults)
    )


def duplicates(sheets: Sequence[Sheet]) -> tuple[Fault, ...]:
    """A name given twice in the book: each must lead to one place."""
    first: dict[str, Place] = {}
    faults = []
    for sheet in sheets:
        items: list[Exercise | Question] = [*sheet.exercises, *sheet.questions]
        for item in sorted(items, key=lambda item: item.place):
            if item.name in first:
                faults.append(
                    Fault(
                        item.place,
                        f"`{item.name}` is the name of {first[item.name]} too; rename one of them",
                    )
                )
            first.setdefault(item.name, item.place)
    return tuple(faults)


# ------------------------------------------------------------------------------ reading


@dataclass(frozen=True, eq=False)
class _Block:
    """A directive as it stands in the file."""

    name: str
    title: str
    options: Mapping[str, str | None]
    body: str
    place: Place
    line: int  # where the body starts

    @property
    def code(self) -> Code:
        return Code(self.body.rstrip() + "\n", Place(self.place.path, self.line))

    @property
    def prose(self) -> Prose:
        lines = self.body.split("\n")
        skipped = next((row for row, line in enumerate(lines) if line.strip()), 0)
        return Prose(self.body.strip(), Place(self.place.path, self.line + skipped))


class _Reader:
    """One reading of one chapter."""

    def __init__(self, path: str, syntax: Sequence[str]) -> None:
        self.path = path
        self.blocks = markdown.reader(syntax)
        self.exercises: list[Exercise] = []
        self.questions: list[Question] = []
        self.faults: list[Fault] = []

    def fault(self, place: Place, message: str) -> None:
        self.faults.append(Fault(place, message))

    def read(self, text: str) -> None:
        for token, level in markdown.fences(self.blocks(text)):
            name, block = markdown.directive(token), None
            if name in WHOLES:
                block = self._block(token, 0, text)
            else:
                self._refuse_hidden(token)
            if block and level:
                self.fault(
                    block.place,
                    f"an {name} inside a list or a quote; move it to the chapter's top level",
                )
            elif block and name == "exercise":
                self._exercise(block)
            elif block:
                self._question(block)

    # -- Markdown

    def _refuse_hidden(self, token: Token) -> None:
        """Nothing may get lost in silence inside another directive."""
        for one in markdown.hidden(token, self.blocks, WHOLES):
            place = Place(self.path, one.line)
            self.fault(
                place, f"{one.name} inside a `{{{one.within}}}`; move it to the chapter's top level"
            )

    def _block(self, token: Token, above: int, within: str) -> _Block | None:
        """A directive's title, options and body;
        ``above`` lines stand before the text it is within.
        """
        name, place = (
            markdown.directive(token) or "",
            Place(self.path, above + markdown.first_line(token)),
        )
        if not markdown.is_closed(token, within.split("\n")):
            self.fault(place, f"`{{{name}}}` is never closed; end it with a line `{token.markup}`")
            return None
        title = markdown.argument(token)
        form = FORMS.get(name, BlockForm)
        if form is BlockForm and title:
            self.fault(
                place, f"`{{{name}}}` takes nothing on its own line; move `{title}` to the next"
            )
            return None
        try:
            found = markdown.opened(token, form)
        except MarkupError:
            missing = {"wrong": "the message that it deserves"}.get(name, "a title")
            self.fault(place, f"`{{{name}}}` needs {missing} on its own line")
            return None
        if found.warning:
            self.fault(place, f"`{{{name}}}`: {found.warning}")
            return None
        return _Block(name, title, found.options, found.body, place, place.line + 1 + found.offset)

    def _parts(self, block: _Block, allowed: tuple[str, ...]) -> tuple[Prose, list[_Block]]:
        """The statement, and the parts after it."""
        above, lines, tokens = block.line - 1, block.body.split("\n"), self.blocks(block.body)
        said = _without_comments(lines, tokens)
        parts: list[_Block] = []
        statement = end = None  # rows: where the statement ends, where the latest part ends
        for token, level in markdown.fences(tokens):
            if level or markdown.directive(token) not in allowed:
                continue
            first, after = token.map or (0, 0)
            if end is None:
                statement = first
            else:
                self._refuse_stray(block, said, end, first)
            if part := self._block(token, above, block.body):
                parts.append(part)
            end = after
        if end is not None:
            self._refuse_stray(block, said, end, len(lines))
        text = "\n".join(lines[:statement])
        return _Block("", "", {}, text, block.place, block.line).prose, parts

    def _refuse_stray(self, block: _Block, lines: list[str], first: int, after: int) -> None:
        row = next((row for row in range(first, after) if lines[row].strip()), None)
        if row is None:
            return
        line = lines[row].strip()
        remedy = "move it up into the statement, or mend the part's name"
        if re.match(r"```+\{\w+\}.*`", line):
            remedy = (
                "a line with backticks in it opens no backtick fence; "
                "open and close the part with colons, `:::`"
            )
        self.fault(
            Place(self.path, block.line + row),
            f"“{line[:60]}” is no part of the {block.name} and stands between its parts; {remedy}",
        )

    # -- exercises

    def _exercise(self, block: _Block) -> None:
        found = len(self.faults)
        name = self._name(block, "ex-")
        kind = block.options.get("kind") or ""
        if kind not in KINDS:
            given = (
                f"no kind of exercise is called `{kind}`" if kind else "an exercise needs a kind"
            )
            self.fault(block.place, f"{given}; write `:kind:` with one of {', '.join(KINDS)}")
        statement, parts = self._parts(block, EXERCISE_PARTS)
        if not statement.text:
            self.fault(
                block.place, "an exercise without a statement; say what to do before its first part"
            )
        by_name = {part: [one for one in parts if one.name == part] for part in EXERCISE_PARTS}
        self._complete(block, kind, by_name)
        self._at_most_one(by_name, ("given", "start", "solution", "why"))
        codes = {part: self._code(part) for part in parts if part.name not in ("hint", "why")}
        for check in by_name["check"]:
            self._messages(check)
        for part in (*by_name["hint"], *by_name["why"]):
            if not part.body.strip():
                self.fault(part.place, f"an empty `{{{part.name}}}`; fill it or remove it")
        if len(self.faults) > found:
            return
        self.exercises.append(
            Exercise(
                name=name,
                kind=kind,
                title=block.title,
                number=len(self.exercises) + 1,
                place=block.place,
                statement=statement,
                given=_first(codes[part] for part in by_name["given"]),
                start=_first(codes[part] for part in by_name["start"]),
                checks=tuple(codes[part] for part in by_name["check"]),
                hints=tuple(part.prose for part in by_name["hint"]),
                solution=_first(codes[part] for part in by_name["solution"]),
                why=_first(part.prose for part in by_name["why"]),
                wrongs=tuple(
                    Wrong(part.title, codes[part], part.place) for part in by_name["wrong"]
                ),
            )
        )

    def _complete(self, block: _Block, kind: str, parts: dict[str, list[_Block]]) -> None:
        checkable = ("start", "check", "solution")
        needed: tuple[str, ...] = (*checkable, "hint", "wrong")
        if kind == "research":
            needed = checkable if any(parts[part] for part in (*checkable, "wrong")) else ()
        remedies = {
            "start": "add the cell that the reader starts from",
            "check": "add asserts that tell a right answer from a wrong one",
            "solution": "add code that passes the checks",
            "hint": "add a first step for a reader who is stuck",
            "wrong": "add a typical wrong answer, with the message that it deserves",
        }
        for part in needed:
            if not parts[part]:
                self.fault(block.place, f"`{block.title}` has no `{{{part}}}`; {remedies[part]}")

    def _at_most_one(self, parts: dict[str, list[_Block]], names: tuple[str, ...]) -> None:
        for name in names:
            for extra in parts[name][1:]:
                self.fault(extra.place, f"a second `{{{name}}}`; an exercise has one")

    def _name(self, block: _Block, prefix: str) -> str:
        name = block.options.get("name") or ""
        if not re.fullmatch(rf"{prefix}[a-z0-9]+(-[a-z0-9]+)*", name):
            given = (
                f"`{name}` cannot be the name of this {block.name}"
                if name
                else f"this {block.name} has no name"
            )
            self.fault(
                block.place,
                f"{given}; write `:name: {prefix}…`, in small letters, digits and hyphens",
            )
        return name

    def _code(self, part: _Block) -> Code:
        code = part.code
        if not part.body.strip():
            self.fault(part.place, f"an empty `{{{part.name}}}`; fill it or remove it")
        try:
            ast.parse(code.source)
        except SyntaxError as error:
            self.fault(code.row(error.lineno or 1), f"`{{{part.name}}}` is not Python: {error.msg}")
        return code

    def _messages(self, check: _Block) -> None:
        try:
            tree = ast.parse(check.code.source)
        except SyntaxError:
            return  # said already
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert) and _says_nothing(node.msg):
                self.fault(
                    check.code.row(node.lineno),
                    'this assert has no message; add one that teaches: `assert …, '
                    '"what to think of"`',
                )

    # -- questions

    def _question(self, block: _Block) -> None:
        found = len(self.faults)
        name = self._name(block, "q-")
        statement, parts = self._parts(block, QUESTION_PARTS)
        runs = [part for part in parts if part.name == "run"]
        self._at_most_one({"run": runs}, ("run",))
        run = self._code(runs[0]) if runs else None
        if run:
            self._ends_with_expression(run)
        options = tuple(
            Option(part.title, "correct" in part.options, part.prose, part.place)
            for part in parts
            if part.name == "option"
        )
        self._choices(block, options)
        if len(self.faults) == found:
            number = len(self.questions) + 1
            self.questions.append(
                Question(name, block.title, number, block.place, statement, run, options)
            )

    def _ends_with_expression(self, run: Code) -> None:
        try:
            body = ast.parse(run.source).body
        except SyntaxError:
            return  # said already
        if not body or not isinstance(body[-1], ast.Expr):
            row = body[-1].lineno if body else 1
            self.fault(
                run.row(row),
                "`{run}` must end with the expression whose value answers the question",
            )

    def _choices(self, block: _Block, options: tuple[Option, ...]) -> None:
        if len(options) < 2:
            self.fault(
                block.place, "a question needs two options at least; add what people tend to answer"
            )
        correct = [option for option in options if option.correct]
        if options and not correct:
            self.fault(block.place, "no option is correct; mark the right one with `:correct:`")
        for extra in correct[1:]:
            self.fault(
                extra.place,
                f"a second correct option, after {correct[0].place}; exactly one may be",
            )
        seen: dict[str, Place] = {}
        for option in options:
            if not option.explanation.text:
                self.fault(
                    option.place,
                    f"option `{option.title}` has no explanation; say why somebody would think so, "
                    "or why it is right",
                )
            if option.answer in seen:
                self.fault(
                    option.place, f"option `{option.title}` stands at {seen[option.answer]} already"
                )
            seen.setdefault(option.answer, option.place)


# ------------------------------------------------------------------------- small things


def _first(items: Iterable[T]) -> T | None:
    return next(iter(items), None)


def _without_comments(lines: list[str], tokens: list[Token]) -> list[str]:
    """The lines, with blank ones in the place of comments, which no page shows."""
    comments = {
        row
        for token in tokens
        if token.type == "myst_line_comment"
        for row in range(*(token.map or (0, 0)))
    }
    return ["" if row in comments else line for row, line in enumerate(lines)]


def _says_nothing(message: ast.expr | None) -> bool:
    return message is None or (
        isinstance(message, ast.Constant) and not str(message.value or "").strip()
    )
