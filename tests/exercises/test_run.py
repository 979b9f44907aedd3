"""Running answers: each alone, in limited time, and judged by what the chapter announces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from exercises import attempt
from exercises.__main__ import main
from exercises.attempt import Job, Outcome
from exercises.parse import parse_text
from exercises.run import Verdict, run_jobs, run_sheet

Change = Callable[[str, str, str], str]


def run(answer: str, *checks: str, package: Path, given: str = "", seconds: float = 20) -> Outcome:
    return run_jobs([Job(given=given, answer=answer, checks=list(checks))], package, seconds)[0]


def value(source: str, package: Path) -> str:
    return run_jobs([Job(given="", answer=source, checks=None)], package)[0]["message"]


def verdicts(text: str, package: Path) -> dict[str, Verdict]:
    sheet = parse_text(text, "chapter", "chapter.md")
    assert sheet.faults == ()
    return {verdict.part: verdict for verdict in run_sheet(sheet, package)}


# ---------------------------------------------------------------------------- one attempt


def test_a_right_answer_passes(tmp_path: Path) -> None:
    assert run("x = 1", "assert x == 1, 'One.'", package=tmp_path)["result"] == "passed"


def test_the_first_failing_assert_speaks_and_is_located(tmp_path: Path) -> None:
    check = "assert x == 1, 'One.'\nassert x != 1, 'Not one.'\nassert x == 3, 'Three.'"
    outcome = run("x = 1", "assert x, 'Something.'", check, package=tmp_path)
    assert outcome == {"result": "failed", "message": "Not one.", "part": "<check 2>", "row": 2}


def test_what_is_given_runs_before_the_answer(tmp_path: Path) -> None:
    assert run("y = x + 1", "assert y == 2, 'Two.'", given="x = 1", package=tmp_path)["result"] == "passed"


def test_an_answer_that_raises_is_no_failed_check(tmp_path: Path) -> None:
    outcome = run("def f():\n    return 1 / 0", "assert f() == 1, 'One.'", package=tmp_path)
    assert (outcome["result"], outcome["part"], outcome["row"]) == ("raised", "<answer>", 2)
    assert outcome["message"] == "ZeroDivisionError: division by zero"


def test_an_assert_in_the_answer_is_no_failed_check(tmp_path: Path) -> None:
    assert run("assert False, 'mine'", package=tmp_path)["result"] == "raised"


def test_a_check_that_breaks_is_told_from_one_that_fails(tmp_path: Path) -> None:
    outcome = run("x = ...", "assert abs(x - 1) < 1, 'One.'", package=tmp_path)
    assert (outcome["result"], outcome["part"], outcome["row"]) == ("broken", "<check 1>", 1)


def test_an_answer_that_leaves_is_caught(tmp_path: Path) -> None:
    assert run("raise SystemExit", package=tmp_path)["result"] == "raised"


def test_an_endless_answer_is_stopped(tmp_path: Path) -> None:
    outcome = run("while True: pass", package=tmp_path, seconds=0.3)
    assert outcome["result"] == "endless"
    assert outcome["message"] == "not done after 0.3 seconds; is there an endless loop?"


def test_the_time_that_others_take_does_not_count(tmp_path: Path) -> None:
    """A busy machine lets a process wait; so does `sleep`."""
    assert run("import time; time.sleep(1.5)", package=tmp_path, seconds=0.7)["result"] == "passed"


def test_an_answer_that_waits_for_ever_is_stopped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "PATIENCE", 1)
    outcome = attempt.isolated(attempt.Job(given="", answer="import time; time.sleep(3600)", checks=[]), 0.2)
    assert outcome["result"] == "endless"


def test_an_answer_that_kills_its_interpreter_is_reported(tmp_path: Path) -> None:
    assert run("import os; os._exit(0)", package=tmp_path)["result"] == "died"


def test_what_an_answer_prints_disturbs_nothing(tmp_path: Path) -> None:
    assert run("print('[]'); import os; os.write(1, b'[]')", package=tmp_path)["result"] == "passed"


def test_one_answer_never_sees_what_another_changed(tmp_path: Path) -> None:
    (tmp_path / "shared.py").write_text("things = []\n")
    job = Job(
        given="", answer="import shared; shared.things.append(1)", checks=["assert shared.things == [1], 'Not alone.'"]
    )
    assert [outcome["result"] for outcome in run_jobs([job, job], tmp_path)] == ["passed", "passed"]


def test_extend_needs_no_import(tmp_path: Path) -> None:
    answer = "class A: pass\n\n@extend\nclass A:\n    x = 1"
    assert run(answer, "assert A().x == 1, 'One.'", package=tmp_path)["result"] == "passed"


def test_the_package_that_is_given_comes_first(tmp_path: Path) -> None:
    (tmp_path / "colorsys.py").write_text("SIGN = 'ours'\n")
    assert value("import colorsys\ncolorsys.SIGN", tmp_path) == "ours"


@pytest.mark.parametrize(
    ("source", "text"),
    [("1.0 + 1", "2.0"), ("x = 'a'\nx * 2", "aa"), ("1 / 0", "ZeroDivisionError"), ("f()\n1", "NameError")],
)
def test_the_last_expression_answers(tmp_path: Path, source: str, text: str) -> None:
    assert value(source, tmp_path) == text


# ------------------------------------------------------------------------------ judgements


def test_all_goes_as_announced(exercise: str, question: str, tmp_path: Path) -> None:
    found = verdicts(exercise + "\n" + question, tmp_path)
    assert list(found) == ["start", "solution", "wrong 1", "answer"]
    assert {verdict.fault for verdict in found.values()} == {None}


FAULTS = {
    "solved before it begins": (
        "def double(x): ...", "def double(x): return 2 * x", "start", 8,
        "the starting cell passes already: the exercise is solved before it begins",
    ),
    "solution fails": (
        "return 2 * x", "return 3 * x", "solution", 21, "the solution fails at chapter.md:13: Twice 2 is 4.",
    ),
    "solution raises": (
        "return 2 * x", "return y * x", "solution", 21,
        "the answer raises at chapter.md:22: NameError: name 'y' is not defined; if it is meant to, catch it",
    ),
    "wrong answer passes": (
        "    return x\n", "    return x + x\n", "wrong 1", 30,
        "the wrong answer passes; add an assert that says “That is the number itself.”",
    ),
    "another message": (
        "{wrong} That is the number itself.", "{wrong} Too small.", "wrong 1", 30,
        "announced “Too small.”, but chapter.md:12 says “That is the number itself.”; make them the same",
    ),
    "check breaks": (
        "assert double(2) != 2", "assert double(2) > 2", "start", 8,
        "the check itself breaks at chapter.md:12: TypeError: '>' not supported",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", list(FAULTS.values()), ids=list(FAULTS))
def test_a_verdict_names_the_place_and_the_remedy(
    exercise: str, change: Change, tmp_path: Path, case: tuple[str, str, str, int, str]
) -> None:
    old, new, part, line, fault = case
    verdict = verdicts(change(exercise, old, new), tmp_path)[part]
    assert verdict.place.line == line
    assert verdict.fault and fault in verdict.fault


def test_messages_may_differ_in_white_space(exercise: str, change: Change, tmp_path: Path) -> None:
    text = change(exercise, '"That is the number itself."', '"That is\\n   the number itself."')
    assert verdicts(text, tmp_path)["wrong 1"].fault is None


def test_an_answer_other_than_the_code_gives_is_a_fault(question: str, change: Change, tmp_path: Path) -> None:
    verdict = verdicts(change(question, "one = 1", "one = 2"), tmp_path)["answer"]
    assert verdict.fault == "the code gives `3`, but the correct option (chapter.md:15) says `2`"


# ------------------------------------------------------------------------ the command line


@pytest.fixture
def book(tmp_path: Path, exercise: str, question: str) -> Path:
    """A book of two chapters: the second extends what the first defines."""
    head = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n"
    cell = "# {0}\n\n```{{code-cell}} python\n:tangle: toy/{0}.py\n{0} = 1\n```\n\n"
    (tmp_path / "_config.yml").write_text("sphinx:\n  config:\n    loom_package: toy\n")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: one\nchapters:\n- file: two\n")
    (tmp_path / "one.md").write_text(head + cell.format("one") + exercise)
    (tmp_path / "two.md").write_text(head + cell.format("two") + question)
    return tmp_path


def test_the_command_tells_every_outcome(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--root", str(book)]) == 0
    told = capsys.readouterr().out
    assert "ok    one.md:34: ex-double, solution: passes\n" in told
    assert "ok    two.md:20: q-sum, answer: gives `2`\n" in told
    assert told.endswith("2 exercises and questions: 4 outcomes as announced, 0 faults\n")


def test_the_command_fails_where_an_outcome_is_not_as_announced(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = book / "two.md"
    file.write_text(file.read_text().replace("one = 1\n\n", "").replace("one + 1", "one + 2"))
    assert main(["check", "two", "--root", str(book)]) == 1
    told = capsys.readouterr().out
    assert "FAULT two.md:20: q-sum, answer: the code gives `3`" in told
    assert "ex-double" not in told


def test_an_answer_meets_the_package_of_its_own_chapter(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = book / "one.md"
    file.write_text(file.read_text().replace("    return 2 * x\n", "    from toy.two import two\n    return 2 * x\n"))
    assert main(["check", "one", "--root", str(book)]) == 1
    assert "No module named 'toy.two'" in capsys.readouterr().out


def test_another_package_may_be_tried(book: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "toy").mkdir(parents=True)
    (other / "toy" / "two.py").write_text("two = 2\n")
    file = book / "one.md"
    file.write_text(file.read_text().replace("    return 2 * x\n", "    from toy.two import two\n    return two * x\n"))
    assert main(["check", "one", "--root", str(book), "--package", str(other)]) == 0


def test_faults_of_form_and_of_names_fail_the_command(
    book: Path, exercise: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = book / "two.md"
    without_answer = file.read_text().replace(":correct:\n", "")
    file.write_text(without_answer + "\n" + exercise)
    assert main(["check", "two", "--root", str(book)]) == 1
    told = capsys.readouterr().out
    assert "FAULT two.md:14: no option is correct" in told
    assert "`ex-double` is the name of one.md:14 too" in told


def test_a_chapter_without_exercises_passes_nothing(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (book / "two.md").write_text("# Two\n")
    assert main(["check", "two", "--root", str(book)]) == 1
    assert "nothing to check in two" in capsys.readouterr().err


def test_an_unknown_chapter_is_named(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "three", "--root", str(book)]) == 2
    assert "no chapter `three`; the book has: one, two" in capsys.readouterr().err


def test_the_list_names_everything_with_its_place(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--root", str(book)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "one.md:14: ex-double, exercise 1, build: Double it",
        "two.md:14: q-sum, question 1: What is `1 + 1`?",
    ]
