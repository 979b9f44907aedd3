"""Exercises and questions as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from loom.model import Place


@dataclass(frozen=True)
class Prose:
    """Markdown text, with the place of its first line."""

    text: str
    place: Place


@dataclass(frozen=True)
class Code:
    """Python text, with the place of its first line."""

    source: str
    place: Place

    def row(self, row: int) -> Place:
        """The place of a row, counted from 1."""
        return Place(self.place.path, self.place.line + row - 1)


@dataclass(frozen=True)
class Wrong:
    """A typical wrong answer, and what its reader is told."""

    message: str
    code: Code
    place: Place


@dataclass(frozen=True)
class Exercise:
    """Something to do, with the checks that tell whether it is done.

    ``given`` runs before whatever the reader writes; ``start`` is what the reader starts
    from, and ``solution`` or a wrong answer stands in its place.
    """

    name: str
    kind: str
    title: str
    number: int
    place: Place
    statement: Prose
    given: Code | None
    start: Code | None
    checks: tuple[Code, ...]
    hints: tuple[Prose, ...]
    solution: Code | None
    why: Prose | None
    wrongs: tuple[Wrong, ...]

    @property
    def checked(self) -> bool:
        """Whether an answer can be checked: an open end has no checks."""
        return bool(self.checks)


@dataclass(frozen=True)
class Option:
    """One answer to choose, and why it is right or wrong."""

    title: str
    correct: bool
    explanation: Prose
    place: Place

    @property
    def answer(self) -> str:
        """What the title says, without the backticks around it."""
        bare = self.title.strip()
        fence = bare[: len(bare) - len(bare.lstrip("`"))]
        inner = bare[len(fence) : -len(fence)] if fence else bare
        whole = fence and bare.endswith(fence) and fence not in inner
        return inner.strip() if whole else bare


@dataclass(frozen=True)
class Question:
    """Something to predict; ``run`` ends with the expression whose value answers it."""

    name: str
    title: str
    number: int
    place: Place
    statement: Prose
    run: Code | None
    options: tuple[Option, ...]

    @property
    def correct(self) -> Option:
        """The one correct option."""
        return next(option for option in self.options if option.correct)


@dataclass(frozen=True)
class Fault:
    """A mistake in a chapter, and what to do about it."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(frozen=True)
class Sheet:
    """The exercises and questions of one chapter, and what is wrong with their form."""

    docname: str
    path: str
    exercises: tuple[Exercise, ...]
    questions: tuple[Question, ...]
    faults: tuple[Fault, ...]
