"""What of a chapter its reader reads, and how much it is."""

from __future__ import annotations

import pytest
from littlebook import LittleBook, cell
from loom.read.chapters import parse_book
from loom.read.markdown import JUPYTER_BOOK_EXTENSIONS
from road.text import Text, read

READ = {  # Markdown, and the words that are read of it; the title has three
    "a paragraph": ("Two and two\nmake four.", 5),
    "code and formulas are words": ("Here `a + b` is $x + y$, no more.", 6),
    "signs are none": ("It is + or – or =.", 4),
    "a link, not its address": ("See [the end](two.md), or <https://example.org/x>.", 5),
    "a role's text": ("A {term}`backward pass <backpropagation>` is {data}`{loss:.2f}` long.", 6),
    "a citation": ("As shown {cite}`linnainmaa1976taylor,rumelhart1986learning` before.", 3),
    "a box and its title": (":::{admonition} A long title\nBody text.\n:::", 5),
    "a box in a box": ("::::{note}\nOne.\n:::{margin} Two\nThree four.\n:::\n::::", 4),
    "a table": ("| a | b |\n|---|---|\n| c d | e |", 5),
    "a list": ("- one\n- two three", 3),
    "a question whole": ("::::{question} What now?\n```{run}\n1 + 1\n```\n:::{option} 2\nYes.\n:::\n::::", 4),
    "no exercise": ("::::{exercise} Add them up\n:name: ex\nWhat is asked.\n```{solution}\nx = 1\n```\n::::", 0),
    "no formula of its own": ("$$\nx + y\n$$", 0),
    "no comment": ("% for authors\n\n<!-- and more -->", 0),
    "a figure's caption": ("```{code-cell} python\n---\nmystnb:\n  figure:\n    caption: Two words\n---\n1\n```", 2),
    "an explorable's question": (cell("show(1, question='Which of them?')", tags="[remove-input]"), 3),
}
CODE = {  # what stands in the chapter, and the lines of code that meet the eye
    "a cell": (cell("x = 1\n\ny = 2"), 2),
    "a folded cell": (cell("x = 1", tags="[hide-input]"), 0),
    "a removed cell": (cell("x = 1", tags="[remove-cell]"), 0),
    "what a question runs": ("::::{question} What now?\n```{run}\n1 + 1\n```\n::::", 1),
    "Python that is shown": ("```python\nx = 1\ny = 2\n```", 2),
    "another language": ("```c\nint x;\n```", 0),
    "what is printed": ("```\n1\n```", 0),
    "an exercise's": ("::::{exercise} Do\n:name: ex\n```{start}\nx = ...\n```\n::::", 0),
    "cells among other things": ("::::{note}\nA note.\n::::\n\n" + cell("x = 1") + "\n\nText.\n\n" + cell("y = 1\nz = 2"), 3),
}


def chapter(book: LittleBook, text: str) -> Text:
    book.write("one", text)
    return read(book.root, parse_book(book.root).chapters[0], [*JUPYTER_BOOK_EXTENSIONS, "dollarmath"])


@pytest.mark.parametrize("name", READ)
def test_words_are_those_that_are_read(book: LittleBook, name: str) -> None:
    text, words = READ[name]
    assert chapter(book, text).words == 3 + words


@pytest.mark.parametrize("name", CODE)
def test_lines_of_code_are_those_that_meet_the_eye(book: LittleBook, name: str) -> None:
    text, lines = CODE[name]
    assert chapter(book, text).lines == lines


def test_a_part_knows_its_line(book: LittleBook) -> None:
    found = chapter(book, "First.\n\n:::{note}\n\nSecond.\n:::\n\n" + cell("third = 3", tags="[a]"))
    assert [(part.place.line, getattr(part, "text", "") or part.source) for part in found.parts[1:]] == [
        (book.line("one", "First"), "First."), (book.line("one", "Second"), "Second."), (book.line("one", "third"), "third = 3"),
    ]


def test_bold_type_and_links_are_known_by_their_place_in_the_text(book: LittleBook) -> None:
    _, prose = chapter(book, "The `sum` is a **long word**, see [below](two.md).").prose
    assert [prose.text[first:last] for first, last in prose.bold] == ["long word"]
    assert [prose.text[first:last] for first, last in prose.links] == ["below"]


def test_what_is_typed_is_neither_code_nor_computed(book: LittleBook) -> None:
    _, prose = chapter(book, "From 12 to `13`, $14$, {data}`15.0`, {grad}`{slope:.1f}`.").prose
    assert prose.typed.split() == ["From", "12", "to", ",", ",", "15.0,", "."]


def test_a_chapters_settings_are_read_along(book: LittleBook) -> None:
    book.write("one")
    path = book.root / "book" / "one.md"
    path.write_text(path.read_text().replace("---\n", "---\nmilestone: it runs\n", 1))
    assert read(book.root, parse_book(book.root).chapters[0], ()).head["milestone"] == "it runs"
