"""The workshops taken out: the book tangles, and every chapter of the road runs.

`compile` is the one exception.  It makes a step faster, never different, so that a stand-in runs the same step
interpreted; that it is the same is tested here as well.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from littlebook import VALUE, LittleBook, cell
from loom.run.beside import runtime_paths
from loom.tangle.tangle import tangle
from parted import parted
from road.survey import Survey
from stand_in import compile as interpreted
from without import COMPILER, Road, without

from micrograd.compile import compile
from micrograd.nn import MLP
from micrograd.optim import Adam

ROOT = Path(__file__).resolve().parents[2]
#: Names that a chapter gives a smaller value here, so that the interpreter gets through: {docname: {name: source}}.
SHORTER: dict[str, dict[str, str]] = {}


@pytest.fixture(scope="module")
def road() -> Road:
    survey = Survey(ROOT)
    return Road(survey.book, survey.road[-1], ROOT / "_build" / "loom", runtime_paths(ROOT), SHORTER)


def test_the_road_alone_tangles(survey: Survey) -> None:
    modules = tangle(without(survey.book, survey.road[-1]))
    assert "class Value" in modules["micrograd/engine.py"].text and "class MLP" in modules["micrograd/nn.py"].text
    assert COMPILER not in modules or "interpreted" in modules[COMPILER].text


def test_the_stand_in_comes_where_the_compiler_would_have(survey: Survey) -> None:
    """A road chapter behind the workshops finds it: here, as if the last workshop were one."""
    *_, last = [chapter.docname for chapter in survey.book.chapters if chapter.docname in survey.book.workshops]
    book = replace(survey.book, workshops=survey.book.workshops - {last})
    names = [chapter.docname for chapter in without(book, last).chapters]
    assert names[-2:] == ["the-stand-in", last] and not set(names) & book.workshops


@pytest.mark.parametrize("docname", Survey(ROOT).road)
def test_a_chapter_of_the_road_runs_without_the_workshops(road: Road, docname: str) -> None:
    if not road.is_the_same(docname):  # else the build has run it
        assert road.run(docname) == ""


# ------------------------------------------------------------------------ does it notice anything?

MADE = cell(VALUE, tangle="toy/m.py")
TRIPLE = cell("@extend\nclass Value:\n    def triple(self):\n        return 3 * self.data\n", tangle="toy/m.py")


def little(book: LittleBook, *texts: str, workshops: tuple[str, ...], shorter: dict[str, dict[str, str]] | None = None) -> Road:
    names = ["one", "two", "three", "four"][: len(texts)]
    for name, text in zip(["index", "preface", *names], ["", "", *texts], strict=True):
        book.write(name, text)
    return Road(parted(book, *workshops).book, f"book/{names[-1]}", book.root / "_build" / "loom", (), shorter)


def test_a_chapter_before_every_workshop_is_the_same_with_and_without(book: LittleBook) -> None:
    road = little(book, MADE, TRIPLE, cell("from toy.m import Value\nValue(1).double()"), workshops=("two",))
    assert road.is_the_same("book/one") and not road.is_the_same("book/three")


def test_a_workshop_that_tangles_nothing_changes_nothing(book: LittleBook) -> None:
    road = little(book, MADE, cell("1 + 1"), cell("2 + 2"), workshops=("two",))
    assert road.is_the_same("book/three")


def test_a_chapter_that_needs_a_workshop_fails_at_its_line(book: LittleBook) -> None:
    use = cell("from toy.m import Value\nValue(1).triple()")
    road = little(book, MADE, TRIPLE, use, cell("from toy.m import Value\nValue(1).double()"), workshops=("two",))
    assert road.run("book/three").startswith(f"{book.place('three', '.triple()')}: AttributeError: ")
    assert road.run("book/four") == ""
    assert [path.read_text().split(" in ")[0] for path in (book.root / "_build/loom/road").iterdir()] == ["book/four ran without the workshops"]


def test_a_run_that_went_well_is_kept_until_something_changes(book: LittleBook) -> None:
    texts = [MADE, TRIPLE, cell("import pathlib\npathlib.Path('ran').open('a').write('once ')")]
    ran = book.root / "book" / "ran"
    for _ in range(2):
        assert little(book, *texts, workshops=("two",)).run("book/three") == ""
    assert ran.read_text() == "once "
    assert little(book, MADE.replace("2 *", "4 *"), *texts[1:], workshops=("two",)).run("book/three") == ""
    assert ran.read_text() == "once once "


def test_a_name_may_have_a_smaller_value_here(book: LittleBook) -> None:
    texts = ["", cell("steps = 2 ** 9\n\nassert steps < 4")]
    assert "AssertionError" in little(book, *texts, workshops=("one",)).run("book/two")
    assert little(book, *texts, workshops=("one",), shorter={"book/two": {"steps": "3"}}).run("book/two") == ""
    with pytest.raises(AssertionError, match="book/two.md gives no value to step$"):
        little(book, *texts, workshops=("one",), shorter={"book/two": {"step": "3"}})


# ----------------------------------------------------------------------------- the stand-in is the same


def samples(n: int) -> list[tuple[list[float], float]]:
    chance = random.Random(3)
    return [([chance.uniform(-1, 1), chance.uniform(-1, 1)], chance.uniform(-1, 1)) for _ in range(n)]


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("batch", [None, 2])
@pytest.mark.parametrize("with_adam", [False, True], ids=["by hand", "Adam"])
def test_the_stand_in_takes_the_steps_of_compile(reduction: str, batch: int | None, with_adam: bool) -> None:
    found = []
    for maker in (compile, interpreted):
        random.seed(7)
        model = MLP(2, [3, 1])
        parameters = model.parameters()

        def loss(x: list, y: object, model: MLP = model) -> tuple:
            score = model(x)
            return (score - y) * (score - y), score

        adam = Adam(parameters, 0.01) if with_adam else None
        step = maker(loss, samples(5), parameters, reduction=reduction, optimiser=adam)
        step.load(samples(5), batch=batch)
        losses = step.descend([0.02, 0.01, 0.005]) + ([step(), *step.descend(2)] if with_adam else [])
        outputs = [x for output in step.outputs() for x in output]
        loss_now, told = step.evaluate(samples(4))
        found.append([*losses, *outputs, loss_now, *told[0], *(p.data for p in parameters)])
    assert found[1] == pytest.approx(found[0], rel=1e-12, abs=1e-12) and len({*found[0]}) > 15
