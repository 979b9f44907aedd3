"""Exercises and questions in a real browser: written, checked, hinted, kept for tomorrow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from exercises.parse import parse_text
from loom.read.contents import extensions

sync_api = pytest.importorskip("playwright.sync_api")

ROOT = Path(__file__).resolve().parents[2]
PAGE = "book/accumulate.html"
SHEETS = {
    path.stem: parse_text(text, f"book/{path.stem}", f"book/{path.name}", extensions(ROOT))
    for path in sorted((ROOT / "book").glob("*.md"))
    if "{exercise}" in (text := path.read_text(encoding="utf-8")) or "{question}" in text
}
ATTEMPT = "async (job) => (await window.live.kernel()).attempt(job)"


class Exercise:
    """An exercise on a page, as its reader sees it."""

    def __init__(self, page: Any, name: str) -> None:
        self.page = page
        self.root = page.locator(f"#{name}")
        self.verdict = self.root.locator(".exercise-verdict")

    def press(self, name: str) -> None:
        self.root.get_by_role("button", name=name).click()

    def write(self, text: str) -> None:
        editor = self.root.locator(".cm-content")
        if not editor.count():
            self.root.get_by_role("button", name="answer").click()
            editor.wait_for()
        editor.focus()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)

    def check(self, text: str) -> str:
        self.write(text)
        self.press("Check")
        self.root.locator(".verdict-right, .verdict-wrong").wait_for()
        return str(self.verdict.inner_text())


def accumulate(name: str) -> Any:
    return next(e for e in SHEETS["accumulate"].exercises if e.name == name)


@pytest.mark.parametrize("chapter", SHEETS)
def test_every_exercise_of_a_chapter_is_solved_and_failed_in_the_page(visit, chapter: str) -> None:
    seen = visit(f"book/{chapter}.html")
    page = seen.page
    for exercise in SHEETS[chapter].exercises:
        if not exercise.checked:
            continue
        job = {"given": exercise.given.source if exercise.given else "", "checks": [c.source for c in exercise.checks]}
        solved = page.evaluate(ATTEMPT, job | {"answer": exercise.solution.source})
        assert solved["result"] == "passed", f"{exercise.place}: {solved}"
        for wrong in exercise.wrongs[:1]:  # tests/exercises tries them all, without a page
            told = page.evaluate(ATTEMPT, job | {"answer": wrong.code.source})
            assert (told["result"], told["message"]) == ("failed", wrong.message), f"{wrong.place}: {told}"
    for question in SHEETS[chapter].questions:
        if question.run:
            told = page.evaluate(ATTEMPT, {"given": "", "answer": question.run.source, "checks": None})
            assert (told["result"], told["message"]) == ("value", question.correct.answer), f"{question.place}: {told}"
    assert seen.to_other_hosts() == [] and seen.complaints == []


def test_an_exercise_is_failed_and_then_solved(visit) -> None:
    seen = visit(PAGE)
    exercise = Exercise(seen.page, "ex-accumulate-doubling")
    wrong = accumulate("ex-accumulate-doubling").wrongs[0]
    said = exercise.check(wrong.code.source)
    assert wrong.message.replace("`", "") in said
    assert exercise.root.locator(".verdict-wrong").count() == 1
    assert "Solved" in exercise.check(accumulate("ex-accumulate-doubling").solution.source)
    assert "done" in exercise.root.locator(".exercise-title").inner_text()
    assert seen.complaints == []


def test_an_answer_that_breaks_is_told_where(visit) -> None:
    exercise = Exercise(visit(PAGE).page, "ex-accumulate-doubling")
    assert "line 2" in exercise.check("a_grad = 4.0\n1 / 0")
    assert exercise.root.locator(".live-wrong-line").count() == 1
    assert "cannot read" in exercise.check("a_grad = = 4")
    assert "called something else" in exercise.check("b_grad = 4.0")
    assert exercise.root.locator(".exercise-verdict code").inner_text() == "a_grad"


def test_an_endless_answer_is_stopped(visit) -> None:
    exercise = Exercise(visit(PAGE).page, "ex-accumulate-doubling")
    exercise.check("a_grad = 1")  # Python is there
    exercise.write("while True: pass")
    exercise.press("Check")
    exercise.press("Stop")
    exercise.root.locator(".verdict-wrong").wait_for()
    assert "Stopped" in exercise.verdict.inner_text()
    assert "Solved" in exercise.check("a_grad = 4.0")


def test_what_an_answer_prints_is_shown(visit) -> None:
    exercise = Exercise(visit(PAGE).page, "ex-accumulate-doubling")
    exercise.check("a_grad = 4.0\nprint('<b>four</b>')")
    assert exercise.root.locator(".exercise-printed").inner_text().strip() == "<b>four</b>"


def test_hints_come_one_at_a_time(visit) -> None:
    page = visit("book/better-steps.html").page
    hinted = [e for e in SHEETS["better-steps"].exercises if len(e.hints) > 1]
    root = page.locator(f"#{hinted[0].name}")
    first, second = root.locator(".hint").nth(0), root.locator(".hint").nth(1)
    assert first.is_visible() and not second.is_visible()
    first.locator("summary").press("Enter")
    second.wait_for(state="visible")


def test_work_is_there_tomorrow_in_the_contents_and_in_the_answer(visit) -> None:
    page = visit(PAGE, width=1500).page
    exercise = Exercise(page, "ex-accumulate-doubling")
    exercise.check("a_grad = 4.0")
    assert "1 of" in page.locator(".contents .here .contents-done .said").first.inner_text()
    page.goto(page.url.replace("accumulate", "curves"))
    line = page.locator('.contents li[data-page="book/accumulate"]')
    assert line.locator(".contents-done").count() == 1
    page.goto(page.url.replace("curves", "accumulate"))
    assert exercise.root.locator(".exercise-start").inner_text().startswith("a_grad = 4.0")
    exercise.press("Begin again")
    exercise.root.locator(".cm-content").wait_for()
    assert exercise.root.locator(".cm-content").inner_text().strip() == "a_grad = ..."


def test_progress_is_saved_to_a_file_erased_and_loaded(visit, tmp_path: Path) -> None:
    page = visit(PAGE, width=1500).page
    Exercise(page, "ex-accumulate-doubling").check("a_grad = 4.0")
    page.locator(".progress summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save to a file").click()
    file = tmp_path / "saved.json"
    download.value.save_as(file)
    assert json.loads(json.loads(file.read_text())["kept"]["exercises"])["ex-accumulate-doubling"]["done"] is True
    page.get_by_role("button", name="Erase").click()
    assert page.evaluate("localStorage.getItem('exercises')")
    page.get_by_role("button", name="Really erase everything").click()
    assert page.evaluate("localStorage.getItem('exercises')") is None
    assert ": 0 of" in page.locator(".progress summary").inner_text()
    chooser = page.locator(".progress input[type=file]")
    other = tmp_path / "other.json"
    other.write_text('{"book": "another"}')
    chooser.set_input_files(other)
    page.get_by_text("is not a file that this book has saved").wait_for()
    chooser.set_input_files(file)
    page.get_by_text("Loaded").wait_for()
    assert ": 1 of" in page.locator(".progress summary").inner_text()


def test_a_prediction_is_typed_and_then_run(visit) -> None:
    page = visit(PAGE).page
    question = page.locator("#q-accumulate-cube")
    field = question.get_by_role("textbox")
    field.fill("five")
    field.press("Enter")
    assert "A number is asked for" in question.locator(".exercise-verdict").inner_text()
    field.fill("5")
    field.press("Enter")
    assert "none of the answers" in question.locator(".exercise-verdict").inner_text()
    assert question.get_by_role("button", name="Run it").count() == 0
    field.fill("12")
    field.press("Enter")
    assert question.locator(".option-correct[open]").count() == 1
    question.get_by_role("button", name="Run it").click()
    question.get_by_text("It gives 12.0.").wait_for()
    assert "done" in question.locator(".question-title").inner_text()


def test_without_python_there_are_hints_but_no_dead_buttons(site: Path, browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto((site / PAGE).as_uri())
    root = page.locator("#ex-accumulate-doubling")
    assert root.locator(".hint summary").first.is_visible()
    assert root.get_by_role("button", name="Check").count() == 0
    context.close()
