"""Every page against the rules of WCAG 2.2 AA that a machine can judge (axe-core), in both schemes.

What a page shows only on asking is asked for first: what is folded is opened, and a reader comes
near every explorable, so that its controls are there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = ROOT / "_build" / "html"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html") if "_static" not in path.parts)
PAGES = [name for name in PAGES if name != "index.html"] or ["index.html"]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: For each violation: its rule, what it is about, and what has to be put right.
JUDGE = """runOnly => axe.run(document, { runOnly, resultTypes: ['violations'] })
    .then(({ violations }) => violations.flatMap(rule => rule.nodes.map(node =>
        `${rule.id}: ${node.html.slice(0, 300)}\\n  at ${node.target.join(' ')}\\n  ${node.failureSummary.replace(/\\n/g, '\\n  ')}`)))"""
#: Walk down the page, open what is folded, and wait until every explorable is what it is going to be.
UNFOLD = """async () => {
    for (const folded of document.querySelectorAll('details')) folded.open = true
    for (const figure of document.querySelectorAll('figure.explorable')) {
        figure.scrollIntoView()
        for (let k = 0; k < 300 && !figure.dataset.state; k++) await new Promise(done => setTimeout(done, 30))
        if (figure.dataset.state !== 'live') throw new Error(`${figure.dataset.explore} did not come alive`)
    }
    window.scrollTo(0, 0)
    await document.fonts.ready
}"""


@pytest.fixture
def come(visit: Callable[..., Any]) -> Callable[..., Any]:
    """Open a page that can be judged: its own policy lets no foreign script in."""

    def open_page(name: str, **options: Any) -> Any:
        page = visit(name, until="load", bypass_csp=True, **options).page
        page.add_script_tag(path=AXE)
        return page

    return open_page


def judge(page: Any) -> None:
    """Fail with everything that is wrong with a page, in the light and in the dark."""
    # In the dark nothing else can differ than the colours.
    for scheme, rules in (("light", RULES), ("dark", ["color-contrast"])):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = page.evaluate(JUDGE, rules)
        assert not found, f"{page.url}, {scheme}:\n" + "\n".join(found)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_nobody_out(come, name: str) -> None:
    page = come(name)
    page.evaluate(UNFOLD)
    judge(page)


@pytest.mark.parametrize("name", ["book/index.html", "book/accumulate.html", "book/the-right-order.html",
                                  "book/two-moons.html", "search.html"])
def test_a_page_on_a_phone_keeps_nobody_out(come, name: str) -> None:
    page = come(name, width=390, has_touch=True, is_mobile=True)
    page.evaluate(UNFOLD)
    judge(page)


def test_the_open_contents_keep_nobody_out(come) -> None:
    page = come("book/accumulate.html", width=390, has_touch=True, is_mobile=True)
    page.locator(".bar-menu").click()
    page.locator("#contents a[aria-current=page]").wait_for()
    judge(page)


def test_cells_that_ran_and_their_editors_keep_nobody_out(come) -> None:
    page = come("book/a-number-that-remembers.html")
    cell = page.locator(".cell:has(> .cell_input.live)").first
    cell.get_by_role("button", name="Edit").click()
    cell.locator(".cm-content").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text("# a list of words, and then a mistake\nfor word in ['two', 'or', \"three\"]:\n    print(1 / len(word))\n1 / 0")
    judge(page)
    cell.get_by_role("button", name="Run").click()
    page.locator(".live-output [role=alert]").wait_for()
    judge(page)
    page.keyboard.insert_text("\n")  # what it has shown is of an older text now
    page.locator(".live-stale").first.wait_for()
    judge(page)


def test_verdicts_keep_nobody_out(come) -> None:
    page = come("book/accumulate.html")
    exercise = page.locator("#ex-accumulate-doubling")
    exercise.get_by_role("button", name="answer").click()
    exercise.locator(".cm-content").wait_for()
    for answer, verdict in (("a_grad = 1", "wrong"), ("a_grad = 4.0", "right")):
        exercise.locator(".cm-content").focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.insert_text(answer)
        exercise.get_by_role("button", name="Check").click()
        exercise.locator(f".verdict-{verdict}").wait_for()
        judge(page)


def test_an_answered_question_keeps_nobody_out(come) -> None:
    page = come("book/accumulate.html")
    question = page.locator(".question").first
    question.get_by_label("Your prediction").fill("4")
    question.get_by_role("button", name="Predict").click()
    question.get_by_role("button", name="Run it").click()
    page.get_by_text("It gives").wait_for()
    judge(page)


def test_explorables_in_use_keep_nobody_out(come) -> None:
    page = come("book/trusting-it.html")
    page.evaluate(UNFOLD)
    lab = page.locator("figure.explorable[data-explore=lab]")
    lab.get_by_role("radio", name="= for +=").check()
    lab.get_by_role("button", name="Run the checks").click()
    judge(page)
    page = come("book/the-right-order.html")
    page.evaluate(UNFOLD)
    page.locator("figure.explorable[data-explore=race]").get_by_role("slider").press("End")
    judge(page)
    page = come("book/accumulate.html")
    page.evaluate(UNFOLD)
    stepper = page.locator("figure.explorable[data-explore=stepper]").first
    for _ in range(3):
        stepper.get_by_role("button", name="Next").press("Enter")
        judge(page)
