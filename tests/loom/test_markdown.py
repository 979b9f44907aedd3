"""What stands in a text: fences, what is hidden in them, their options, and where their bodies begin."""

from __future__ import annotations

import pytest
from docutils.parsers.rst.states import MarkupError
from exercises.parse import ExerciseForm
from loom.read import markdown
from loom.read.markdown import ANY, CELL

blocks = markdown.reader(markdown.JUPYTER_BOOK_EXTENSIONS)


def only(text: str) -> markdown.Token:
    ((token, _),) = markdown.fences(blocks(text))
    return token


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("```{note}\nx\n```", True),
        ("```{note}\nx\n`````", True),
        ("````{note}\nx\n```", False),
        ("~~~{note}\nx\n~~~", True),
        ("~~~{note}\nx\n```", False),
        ("::::{note}\n:::{tip}\n:::\n::::", True),
        (":::{note}\nx", False),
        ("> :::{note}\n> x\n> :::", True),
        ("- :::{note}\n  x\n  :::", True),
        ("```{note}", False),
    ],
)
def test_a_fence_is_closed_by_marks_of_its_own(text: str, closed: bool) -> None:
    assert markdown.is_closed(only(text), text.split("\n")) is closed


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("```{note} A *title*\n```", "note", "A *title*"),
        (":::  {std:option}  `x`\n:::", "std:option", "`x`"),
        ("```python\n```", None, "python"),
        ("~~~\n~~~", None, ""),
    ],
)
def test_a_directive_has_a_name_and_what_follows_it(text: str, name: str | None, argument: str) -> None:
    assert (markdown.directive(only(text)), markdown.argument(only(text))) == (name, argument)


def test_a_fence_knows_how_deep_it_stands() -> None:
    found = markdown.fences(blocks("```\n```\n\n- > ```\n  > ```\n"))
    assert [level for _, level in found] == [0, 3]  # a list, its item, a quotation


@pytest.mark.parametrize(
    ("content", "options", "body", "offset"),
    [
        (":name: 'a'\n\nText.", {"name": "a"}, "Text.", 2),
        ("---\nname: a\n---\nText.", {"name": "a"}, "Text.", 3),
        (":name: a\nText.\n\n\n", {"name": "a"}, "Text.\n\n", 1),
        ("% No option.\n:name: a", {}, "% No option.\n:name: a", 0),
    ],
)
def test_options_end_where_the_body_begins(content: str, options: object, body: str, offset: int) -> None:
    text = f"```{{note}}\n{content}\n```"
    found = markdown.opened(only(text), ANY)
    assert (found.options, found.body, found.offset, found.warning) == (options, body, offset, None)
    assert text.split("\n")[1 + offset] == body.split("\n")[0]


def test_the_options_of_a_cell_are_yaml() -> None:
    found = markdown.opened(only("```{code-cell} python\n:tags: [a, b]\nx = 1\n```"), CELL)
    assert (found.options, found.body) == ({"tags": ["a", "b"]}, "x = 1")


def test_a_form_may_ask_for_an_argument_and_names_options_that_it_does_not_know() -> None:
    with pytest.raises(MarkupError):
        markdown.opened(only(":::{exercise}\n:::"), ExerciseForm)
    warning = markdown.opened(only(":::{exercise} Do\n:color: red\n:::"), ExerciseForm).warning
    assert warning and "color" in warning


def test_what_is_hidden_is_found_however_deep_with_its_line() -> None:
    text = ":::::{note}\n::::{tip}\n\n- ```{question} One\n  ```\n::::\n```{code}\n:::{question}\n```\n:::::\n"
    (one,) = markdown.hidden(only(text), blocks, ("question",))
    assert (one.name, one.within, one.line) == ("question", "tip", 4)
