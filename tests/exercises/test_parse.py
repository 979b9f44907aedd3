"""Reading exercises and questions: what is there, where it stands, what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from exercises.model import Option, Prose
from exercises.parse import duplicates, parse_chapter, parse_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loom.errors import LoomError
from loom.model import Place

Change = Callable[[str, str, str], str]

# What is changed in the exercise, the line that the fault names, and what it says there.
EXERCISE_FAULTS = {
    "no name": (":name: ex-double\n", "", 1, "this exercise has no name; write `:name: ex-…`"),
    "name without prefix": ("ex-double", "double", 1, "`double` cannot be the name of this exercise"),
    "no kind": (":kind: build\n", "", 1, "an exercise needs a kind; write `:kind:` with one of recall, predict"),
    "unknown kind": ("build", "dream", 1, "no kind of exercise is called `dream`; write `:kind:` with one of recall"),
    "unknown option": (":kind:", ":color: red\n:kind:", 1, "Unknown option keys: ['color']"),
    "no statement": ("Write `double`.\n", "", 1, "an exercise without a statement; say what to do"),
    "no start": ("```{start}\ndef double(x): ...\n```\n", "", 1, "`Double it` has no `{start}`; add the cell"),
    "no check": ("{check}", "{code} python", 1, "`Double it` has no `{check}`; add asserts"),
    "no hint": (":::{hint}\nHow often does $x$ stand in $2x$?\n:::\n", "", 1, "no `{hint}`; add a first step"),
    "no solution": ("```{solution}\ndef double(x):\n    return 2 * x\n```\n", "", 1, "no `{solution}`; add code"),
    "no wrong answer": (
        "```{wrong} That is the number itself.\ndef double(x):\n    return x\n```\n", "", 1,
        "no `{wrong}`; add a typical wrong answer",
    ),
    "two starts": ("```{check}", "```{start}\nx = 1\n```\n```{check}", 11, "a second `{start}`; an exercise has one"),
    "assert without message": (', "Twice 2 is 4."', "", 13, "this assert has no message; add one that teaches"),
    "assert with empty message": ('"Twice 2 is 4."', '""', 13, "this assert has no message"),
    "start is not Python": ("def double(x): ...", "def double(x) ...", 8, "`{start}` is not Python: expected ':'"),
    "solution is not Python": ("return 2 * x", "return 2 *", 22, "`{solution}` is not Python: invalid syntax"),
    "wrong without message": ("{wrong} That is the number itself.", "{wrong}", 29, "`{wrong}` needs the message"),
    "start with a title": ("{start}", "{start} here", 7, "`{start}` takes nothing on its own line; move `here`"),
    "empty solution": ("def double(x):\n    return 2 * x\n", "", 20, "an empty `{solution}`; fill it or remove it"),
    "empty hint": ("How often does $x$ stand in $2x$?\n", "", 16, "an empty `{hint}`; fill it or remove it"),
    "misspelt part": ("{why}", "{wyh}", 25, "“:::{wyh}” is no part of the exercise and stands between its parts"),
    "prose between parts": (":::{hint}", "Now wait.\n\n:::{hint}", 16, "“Now wait.” is no part of the exercise"),
    "prose after the parts": (":::::\n", "An afterthought.\n:::::\n", 33, "“An afterthought.” is no part"),
    "message with backticks": (
        "{wrong} That", "{wrong} `x`", 29, "opens no backtick fence; open and close the part with colons, `:::`",
    ),
    "part never closed": ("    return x\n```\n", "    return x\n", 29, "`{wrong}` is never closed; end it with"),
    "exercise never closed": ("    return x\n```\n:::::\n", "    return x\n```\n", 1, "`{exercise}` is never closed"),
}  # fmt: skip

QUESTION_FAULTS = {
    "no name": (":name: q-sum\n", "", 1, "this question has no name; write `:name: q-…`"),
    "no correct option": (":correct:\n", "", 1, "no option is correct; mark the right one with `:correct:`"),
    "two correct options": ("} 11\n", "} 11\n:correct:\n", 16, "a second correct option, after chapter.md:11"),
    "option without explanation": ("One and one more.\n", "", 15, "option ``2`` has no explanation; say why"),
    "options alike": ("} 11\n", "} 2\n", 15, "option ``2`` stands at chapter.md:11 already"),
    "one option": (":::{option} 11\nThat is what *strings* do.\n:::\n", "", 1, "a question needs two options at least"),
    "option without title": ("{option} 11", "{option}", 11, "`{option}` needs a title on its own line"),
    "no value at the end": ("one + 1", "two = one + 1", 8, "`{run}` must end with the expression"),
    "run is not Python": ("one + 1", "one +", 8, "`{run}` is not Python: invalid syntax"),
}


def faults(text: str) -> list[tuple[int, str]]:
    return [(fault.place.line, fault.message) for fault in parse_text(text, "chapter", "chapter.md").faults]


def test_an_exercise_is_read_whole_with_the_line_of_every_part(exercise: str) -> None:
    sheet = parse_text(exercise, "chapter", "chapter.md")
    assert sheet.faults == ()
    (found,) = sheet.exercises
    assert (found.name, found.kind, found.title, found.number) == ("ex-double", "build", "Double it", 1)
    assert found.statement == Prose("Write `double`.", Place("chapter.md", 5))
    assert found.given is None
    assert found.start and (found.start.source, found.start.place.line) == ("def double(x): ...\n", 8)
    assert [check.place.line for check in found.checks] == [12]
    assert found.hints == (Prose("How often does $x$ stand in $2x$?", Place("chapter.md", 17)),)
    assert found.solution and found.solution.source == "def double(x):\n    return 2 * x\n"
    assert found.why == Prose("Because **two** of them.", Place("chapter.md", 26))
    (wrong,) = found.wrongs
    assert (wrong.message, wrong.code.source) == ("That is the number itself.", "def double(x):\n    return x\n")
    assert (wrong.place.line, wrong.code.place.line) == (29, 30)


def test_a_question_is_read_whole_with_the_line_of_every_part(question: str) -> None:
    sheet = parse_text(question, "chapter", "chapter.md")
    assert sheet.faults == ()
    (found,) = sheet.questions
    assert (found.name, found.title, found.statement.text) == ("q-sum", "What is `1 + 1`?", "Think first.")
    assert found.run and (found.run.source, found.run.place.line) == ("one = 1\none + 1\n", 7)
    assert [(option.title, option.correct, option.place.line) for option in found.options] == [
        ("11", False, 11),
        ("`2`", True, 15),
    ]
    assert found.correct.explanation == Prose("One and one more.", Place("chapter.md", 17))


@pytest.mark.parametrize("case", list(EXERCISE_FAULTS.values()), ids=list(EXERCISE_FAULTS))
def test_a_fault_of_an_exercise_names_its_line_and_the_remedy(
    exercise: str, change: Change, case: tuple[str, str, int, str]
) -> None:
    old, new, line, message = case
    found = faults(change(exercise, old, new))
    assert any(at == line and message in said for at, said in found), found
    assert parse_text(change(exercise, old, new), "chapter", "chapter.md").exercises == ()


@pytest.mark.parametrize("case", list(QUESTION_FAULTS.values()), ids=list(QUESTION_FAULTS))
def test_a_fault_of_a_question_names_its_line_and_the_remedy(
    question: str, change: Change, case: tuple[str, str, int, str]
) -> None:
    old, new, line, message = case
    found = faults(change(question, old, new))
    assert any(at == line and message in said for at, said in found), found
    assert parse_text(change(question, old, new), "chapter", "chapter.md").questions == ()


def test_all_faults_are_found_in_one_reading(exercise: str, question: str) -> None:
    text = exercise.replace("build", "dream") + "\n" + question.replace(":correct:\n", "")
    assert [line for line, _ in faults(text)] == [1, 35]


def test_lines_are_counted_from_the_top_of_the_file(exercise: str) -> None:
    text = "---\ntitle: A chapter\n---\n\n# A chapter\n\nProse.\n\n" + exercise
    (found,) = parse_text(text, "chapter", "chapter.md").exercises
    assert found.place.line == 9
    assert found.start and found.start.place.line == 16


def test_options_may_be_a_yaml_block(exercise: str) -> None:
    text = exercise.replace(":name: ex-double\n:kind: build\n", "---\nname: ex-double\nkind: build\n---\n")
    (found,) = parse_text(text, "chapter", "chapter.md").exercises
    assert (found.name, found.kind) == ("ex-double", "build")
    assert found.start and found.start.place.line == 10


def test_blank_lines_around_a_body_do_not_shift_its_lines(question: str) -> None:
    text = question.replace(":correct:\nOne and one more.\n", ":correct:\n\n\nOne and one more.\n\n\n")
    (found,) = parse_text(text, "chapter", "chapter.md").questions
    assert found.correct.explanation.place.line == 19


def test_a_message_with_code_in_it_stands_on_a_colon_fence(exercise: str, change: Change) -> None:
    text = change(exercise, "```{wrong} That is the number itself.", ":::{wrong} You wrote `x`, not `2 * x`.")
    text = change(text, "    return x\n```", "    return x\n:::")
    (found,) = parse_text(text, "chapter", "chapter.md").exercises
    assert found.wrongs[0].message == "You wrote `x`, not `2 * x`."


def test_several_hints_and_checks_keep_their_order(exercise: str, change: Change) -> None:
    text = change(exercise, ":::{why}", ":::{hint}\nSecond.\n:::\n\n```{check}\nassert True, \"Yes.\"\n```\n\n:::{why}")
    (found,) = parse_text(text, "chapter", "chapter.md").exercises
    assert [hint.text for hint in found.hints] == ["How often does $x$ stand in $2x$?", "Second."]
    assert len(found.checks) == 2


def test_an_open_end_needs_a_statement_only() -> None:
    text = ":::::{exercise} And now?\n:name: ex-open\n:kind: research\n\nFind out.\n:::::\n"
    sheet = parse_text(text, "chapter", "chapter.md")
    assert sheet.faults == ()
    assert not sheet.exercises[0].checked


def test_an_open_end_with_a_check_needs_a_start_and_a_solution() -> None:
    text = (
        ":::::{exercise} And now?\n:name: ex-open\n:kind: research\n\nFind out.\n\n"
        '```{check}\nassert x, "Define x."\n```\n:::::\n'
    )
    assert [said for _, said in faults(text)] == [
        "`And now?` has no `{start}`; add the cell that the reader starts from",
        "`And now?` has no `{solution}`; add code that passes the checks",
    ]


@pytest.mark.parametrize(
    ("before", "after", "line", "message"),
    [
        ("::::::{note}\n", "::::::\n", 2, "exercise inside a `{note}`; move it to the chapter's top level"),
        (":::::::{note}\n::::::{tip}\n", "::::::\n:::::::\n", 3, "exercise inside a `{tip}`"),
    ],
)
def test_an_exercise_inside_another_block_is_refused(
    exercise: str, before: str, after: str, line: int, message: str
) -> None:
    found = faults(before + exercise + after)
    assert len(found) == 1 and found[0][0] == line and message in found[0][1]


def test_an_exercise_in_a_list_is_refused(exercise: str) -> None:
    item = "- " + exercise.replace("\n", "\n  ")
    assert faults(item) == [(1, "an exercise inside a list or a quote; move it to the chapter's top level")]


def test_an_exercise_in_a_quotation_is_refused_for_that_alone(exercise: str) -> None:
    quotation = "".join(f"> {row}\n" for row in exercise.split("\n"))
    assert faults(quotation) == [(1, "an exercise inside a list or a quote; move it to the chapter's top level")]


@pytest.mark.parametrize("name", ["mermaid", "literalinclude", "code-block"])
def test_an_exercise_in_what_is_shown_as_it_is_is_a_picture_of_one(exercise: str, name: str) -> None:
    sheet = parse_text(f"``````{{{name}}} md\n{exercise}``````\n", "chapter", "chapter.md")
    assert (sheet.exercises, sheet.faults) == ((), ())


def test_a_comment_between_parts_is_no_part_of_the_page(exercise: str, change: Change) -> None:
    sheet = parse_text(change(exercise, ":::{hint}", "% Two hints?\n% Or one.\n\n:::{hint}"), "chapter", "chapter.md")
    assert sheet.faults == () and len(sheet.exercises) == 1


def test_a_chapter_whose_lines_cannot_be_counted_is_refused(exercise: str, tmp_path: Path) -> None:
    (tmp_path / "_config.yml").write_text("sphinx: {}\n")
    (tmp_path / "chapter.md").write_text(exercise.replace("Write", "\x0cWrite"), encoding="utf-8")
    with pytest.raises(LoomError, match=r"chapter.md:5: holds the character '\\x0c'"):
        parse_chapter(tmp_path, "chapter")


def test_an_exercise_shown_as_text_is_no_exercise(exercise: str) -> None:
    sheet = parse_text(f"``````md\n{exercise}``````\n", "chapter", "chapter.md")
    assert (sheet.exercises, sheet.faults) == ((), ())


def test_a_name_given_twice_in_the_book_names_both_places(exercise: str) -> None:
    one, two = (parse_text(exercise, name, f"{name}.md") for name in ("one", "two"))
    (fault,) = duplicates([one, two])
    assert str(fault) == "two.md:1: `ex-double` is the name of one.md:1 too; rename one of them"


@pytest.mark.parametrize(
    ("title", "answer"),
    [("2.0", "2.0"), ("`2.0`", "2.0"), ("`` a`b ``", "a`b"), ("`a` and `b`", "`a` and `b`"), ("`a", "`a")],
)
def test_a_title_that_is_one_piece_of_code_is_compared_without_backticks(title: str, answer: str) -> None:
    place = Place("chapter.md", 1)
    assert Option(title, True, Prose("Yes.", place), place).answer == answer


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_lost_or_doubled_the_faults_lie_within_the_file(
    exercise: str, question: str, data: st.DataObject
) -> None:
    lines = f"{exercise}\n{question}".split("\n")
    for _ in range(data.draw(st.integers(1, 4))):
        first = data.draw(st.integers(0, len(lines)))
        after = data.draw(st.integers(first, min(len(lines), first + 6)))
        lines[first:after] = data.draw(
            st.sampled_from([[], lines[first:after] * 2, ["```"], [":::"], ["- x"], ["\tx"], [":::{hint}"], ["\0"]])
        )
    sheet = parse_text("\n".join(lines), "chapter", "chapter.md")
    assert all(1 <= fault.place.line <= len(lines) + 1 for fault in sheet.faults)
