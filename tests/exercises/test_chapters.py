"""Every exercise and question of the book does what its chapter announces."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from exercises.attempt import Job
from exercises.model import Exercise, Sheet
from exercises.parse import duplicates, parse_chapter
from exercises.run import Verdict, run_chapter, run_jobs, trials, write_snapshot
from loom.model import Book
from loom.read.chapters import parse_book

ROOT = Path(__file__).resolve().parents[2]
BOOK: Book = parse_book(ROOT)
SHEETS = {
    chapter.docname: parse_chapter(ROOT, chapter.docname)
    for chapter in BOOK.chapters
    if (ROOT / chapter.path).suffix == ".md"
}
APPENDICES = {
    chapter["file"]
    for part in yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    if part.get("caption") == "Appendices"
    for chapter in part["chapters"]
}
# What teaches: the chapters that tangle something, and whatever else asks a reader to do something.
CHAPTERS = [
    chapter.docname
    for chapter in BOOK.chapters
    if any(cell.target for cell in chapter.cells) and chapter.docname not in APPENDICES
    or SHEETS[chapter.docname].exercises
    or SHEETS[chapter.docname].questions
]


def slug(docname: str) -> str:
    return docname.rpartition("/")[2]


def every_trial() -> Iterator[object]:
    for docname, sheet in SHEETS.items():
        for trial in trials(sheet):
            part = trial.part.replace(" ", "-")
            yield pytest.param(docname, trial.name, trial.part, id=f"{slug(docname)}-{trial.name}-{part}")


@cache
def verdicts(docname: str) -> dict[tuple[str, str], Verdict]:
    return {(verdict.name, verdict.part): verdict for verdict in run_chapter(BOOK, SHEETS[docname])}


def test_there_are_chapters() -> None:
    assert CHAPTERS


@pytest.mark.parametrize("sheet", list(SHEETS.values()), ids=[slug(docname) for docname in SHEETS])
def test_every_exercise_and_question_is_well_formed(sheet: Sheet) -> None:
    assert not sheet.faults, "\n".join(map(str, sheet.faults))


def test_no_name_is_given_twice() -> None:
    found = duplicates(list(SHEETS.values()))
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("docname", CHAPTERS, ids=slug)
def test_a_chapter_has_three_to_eight_exercises_and_a_question_to_run(docname: str) -> None:
    checked = [exercise.name for exercise in SHEETS[docname].exercises if exercise.checked]
    assert 3 <= len(checked) <= 8, checked
    assert any(question.run for question in SHEETS[docname].questions)


@pytest.mark.parametrize(("docname", "name", "part"), list(every_trial()))
def test_an_answer_does_what_its_chapter_announces(docname: str, name: str, part: str) -> None:
    verdict = verdicts(docname)[name, part]
    assert verdict.fault is None, str(verdict)


# ---------------------------------------------------------------------------- answers that are none

NOTHINGS = ["[]", "{}", "()", "None", "0"]
#: Where nothing is right.
RIGHT = {
    ("ex-in-place", ""),  # without the method that it should mend, Python adds as it did
    ("ex-curves-deep", "gradient = 0"),
}


class Lazy(ast.NodeTransformer):
    """Makes of what a reader is given to start with an answer that gives the same nothing for everything."""

    def __init__(self, nothing: str) -> None:
        self.nothing = ast.parse(nothing, mode="eval").body

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        return ast.Assign(node.targets, self.nothing)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        return ast.AnnAssign(node.target, node.annotation, self.nothing, node.simple)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.body = [ast.Pass() if node.name == "__init__" else ast.Return(self.nothing)]
        return node


def lazy(source: str, nothing: str) -> str:
    return ast.unparse(ast.fix_missing_locations(Lazy(nothing).visit(ast.parse(source))))


def lazy_answers(exercise: Exercise) -> list[str]:
    assert exercise.start is not None
    start = exercise.start.source
    return ["", start, *(lazy(start, nothing) for nothing in NOTHINGS)]


def test_a_lazy_answer_says_the_same_nothing_everywhere() -> None:
    assert lazy("slopes = [..., ...]\ndef f(x):\n    ...", "[]") == "slopes = []\n\ndef f(x):\n    return []"


@pytest.mark.parametrize("docname", CHAPTERS, ids=slug)
def test_no_exercise_is_solved_by_nothing(docname: str, tmp_path: Path) -> None:
    tried = [(exercise, answer) for exercise in SHEETS[docname].exercises if exercise.checked for answer in lazy_answers(exercise)]
    given = [exercise.given.source if exercise.given else "" for exercise, _ in tried]
    checks = [[check.source for check in exercise.checks] for exercise, _ in tried]
    jobs = [Job(given=one, answer=answer, checks=some) for one, (_, answer), some in zip(given, tried, checks, strict=True)]
    write_snapshot(BOOK, docname, tmp_path)
    for (exercise, answer), outcome in zip(tried, run_jobs(jobs, tmp_path), strict=True):
        if (exercise.name, answer) not in RIGHT:
            assert outcome["result"] not in ("passed", "endless"), f"{exercise.place}: {exercise.name} is solved by\n{answer}"
