"""Run every answer of a chapter against its checks, and judge what came of it.

The answers meet the package as it stands at the end of their chapter.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import loom
from loom.model import Book, Place
from loom.tangle.tangle import tangle

from . import attempt
from .attempt import Job, Outcome
from .model import Code, Exercise, Question, Sheet, Wrong

SECONDS = 20.0


@dataclass(frozen=True)
class Trial:
    """One thing to run, and how to judge its outcome: None is fine, text is a fault."""

    name: str
    part: str
    place: Place
    job: Job
    judge: Callable[[Outcome], str | None]


@dataclass(frozen=True)
class Verdict:
    """What became of a trial; ``fault`` is None when all went as the chapter announces."""

    name: str
    part: str
    place: Place
    outcome: Outcome
    fault: str | None

    def __str__(self) -> str:
        return f"{self.place}: {self.name}, {self.part}: {self.fault or 'as announced'}"


# ------------------------------------------------------------------- what there is to run


def trials(sheet: Sheet) -> tuple[Trial, ...]:
    """Everything of a chapter that runs: starts, solutions, wrong answers, questions."""
    of_exercises = (trial for exercise in sheet.exercises for trial in _of_exercise(exercise))
    of_questions = (trial for question in sheet.questions for trial in _of_question(question))
    return (*of_exercises, *of_questions)


def _of_exercise(exercise: Exercise) -> Iterator[Trial]:
    if not (exercise.checked and exercise.start and exercise.solution):
        return

    def trial(
        part: str, code: Code, judge: Callable[[Exercise, Code, Outcome], str | None]
    ) -> Trial:
        job = Job(
            given=exercise.given.source if exercise.given else "",
            answer=code.source,
            checks=[check.source for check in exercise.checks],
        )
        return Trial(
            exercise.name, part, code.place, job, lambda outcome: judge(exercise, code, outcome)
        )

    yield trial("start", exercise.start, _judge_start)
    yield trial("solution", exercise.solution, _judge_solution)
    for number, wrong in enumerate(exercise.wrongs, 1):
        yield trial(f"wrong {number}", wrong.code, _judge_wrong(wrong))


def _of_question(question: Question) -> Iterator[Trial]:
    if question.run:
        job = Job(given="", answer=question.run.source, checks=None)
        yield Trial(
            question.name,
            "answer",
            question.run.place,
            job,
            lambda outcome: _judge_answer(question, outcome),
        )


# --------------------------------------------------------------------------- judgements


def _judge_start(exercise: Exercise, code: Code, outcome: Outcome) -> str | None:
    if outcome["result"] == "passed":
        return "the starting cell passes already: the exercise is solved before it begins"
    if outcome["result"] in ("failed", "raised"):
        return None
    return _mishap(exercise, code, outcome)


def _judge_solution(exercise: Exercise, code: Code, outcome: Outcome) -> str | None:
    if outcome["result"] == "passed":
        return None
    if outcome["result"] == "failed":
        return f"the solution fails at {_place(exercise, code, outcome)}: {outcome['message']}"
    return _mishap(exercise, code, outcome)


def _judge_wrong(wrong: Wrong) -> Callable[[Exercise, Code, Outcome], str | None]:
    def judge(exercise: Exercise, code: Code, outcome: Outcome) -> str | None:
        if outcome["result"] == "passed":
            return f"the wrong answer passes; add an assert that says “{wrong.message}”"
        if outcome["result"] != "failed":
            return _mishap(exercise, code, outcome)
        if _plain(outcome["message"]) == _plain(wrong.message):
            return None
        return (
            f"announced “{_plain(wrong.message)}”, but {_place(exercise, code, outcome)}"
            f" says “{_plain(outcome['message'])}”; make them the same, "
            "or put the particular assert first"
        )

    return judge


def _judge_answer(question: Question, outcome: Outcome) -> str | None:
    if outcome["result"] != "value":
        return outcome["message"]
    if _plain(outcome["message"]) == _plain(question.correct.answer):
        return None
    return (
        f"the code gives `{outcome['message']}`, but the correct option ({question.correct.place})"
        f" says `{question.correct.answer}`"
    )


def _mishap(exercise: Exercise, code: Code, outcome: Outcome) -> str:
    """What no answer should do, said for whoever wrote the exercise."""
    said, place = outcome["message"], _place(exercise, code, outcome)
    if outcome["result"] == "broken":
        part = "code that is given" if outcome["part"] == attempt.GIVEN else "check"
        return (
            f"the {part} itself breaks at {place}: {said}; "
            "test for this case first, and tell its reader in words"
        )
    if outcome["result"] == "raised":
        return (
            f"the answer raises at {place}: {said}; "
            "if it is meant to, catch it in the check and say what it means"
        )
    return said


def _place(exercise: Exercise, code: Code, outcome: Outcome) -> Place:
    """The line of the chapter at which something happened."""
    part = outcome["part"]
    if part == attempt.GIVEN and exercise.given:
        return exercise.given.row(outcome["row"])
    if part.startswith("<check "):
        return exercise.checks[int(part[7:-1]) - 1].row(outcome["row"])
    return code.row(outcome["row"] or 1)


def _plain(text: str) -> str:
    return " ".join(text.split())


# ------------------------------------------------------------------------------ running


def run_sheet(sheet: Sheet, package: Path, seconds: float = SECONDS) -> tuple[Verdict, ...]:
    """Run a chapter's trials with the package that stands in the folder ``package``."""
    todo = trials(sheet)
    outcomes = run_jobs([trial.job for trial in todo], package, seconds)
    return tuple(
        Verdict(trial.name, trial.part, trial.place, outcome, trial.judge(outcome))
        for trial, outcome in zip(todo, outcomes, strict=True)
    )


def run_chapter(book: Book, sheet: Sheet, seconds: float = SECONDS) -> tuple[Verdict, ...]:
    """Run a chapter's trials with the package as it stands at the chapter's end."""
    with tempfile.TemporaryDirectory(prefix="exercises-") as folder:
        write_snapshot(book, sheet.docname, Path(folder))
        return run_sheet(sheet, Path(folder), seconds)


def write_snapshot(book: Book, docname: str, folder: Path) -> None:
    """Write the package as it stands at the end of a chapter."""
    # Without an __init__.py, a package of this name further down the path would be found first.
    files = {f"{book.package}/__init__.py": ""}
    files |= {target: module.text for target, module in tangle(book, through=docname).items()}
    for target, text in files.items():
        file = folder / target
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def run_jobs(jobs: list[Job], package: Path, seconds: float = SECONDS) -> list[Outcome]:
    """Make each attempt in an interpreter of its own, one after the other."""
    if not jobs:
        return []
    work = {
        "first": [str(package)],
        "last": [str(Path(loom.__file__).resolve().parents[1])],
        "seconds": seconds,
        "jobs": jobs,
    }
    # The same order of sets and dictionaries each time: a verdict must not depend on chance.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-P", attempt.__file__],
        input=json.dumps(work),
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment | {"PYTHONHASHSEED": "0"},
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the exercises could not be run:\n{done.stderr}")
    outcomes: list[Outcome] = json.loads(done.stdout)
    return outcomes
