"""Every page in a real browser: it asks no other host for anything, and reads without a script."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = ROOT / "_build" / "html"
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if "_static" not in path.parts and path != SITE / "index.html"
) or ["index.html"]

TEXT = """Array.from(document.querySelectorAll('main h1, main h2, main h3, main p, main pre, main figcaption'))
    .filter(e => e.innerText.trim() && e.getBoundingClientRect().height).map(e => e.innerText.trim())"""
#: Text without a size, though no folded part hides it.
INVISIBLE = """Array.from(document.querySelectorAll('main h1, main h2, main h3, main p, main pre'))
    .filter(e => e.textContent.trim() && !e.closest('details:not([open])'))
    .filter(e => !e.getBoundingClientRect().height).map(e => e.outerHTML.slice(0, 120))"""
#: With scripts an explorable draws itself anew, and hints come one at a time.
PICTURES = """[...document.querySelectorAll('main svg, main img')]
    .filter(e => !e.closest('.explorable, .hint') && e.getBoundingClientRect().width).length"""
#: What makes a page wider than the window; nothing that scrolls by itself does.
TOO_WIDE = """(() => {
    const room = document.documentElement.clientWidth
    const scrolls = e => e && (getComputedStyle(e).overflowX !== 'visible' || scrolls(e.parentElement))
    if (document.documentElement.scrollWidth <= room) return []
    const wide = [...document.querySelectorAll('body *')].filter(e =>
        e.getBoundingClientRect().right > room + 0.5 && !scrolls(e.parentElement))
    return ['too wide'].concat(wide.filter(e => !e.closest('svg') || e.matches('svg')).slice(-3)
        .map(e => e.outerHTML.slice(0, 160)))
})()"""
#: Prose that is cut off, and has to be pushed sideways to be read to the end, folded parts and all; what stands in a
#: narrow column of a table is a word or a number, and no prose.
PUSHED = """(() => {
    document.querySelectorAll('details').forEach(d => d.open = true)
    const pushed = e => {
        const range = document.createRange()
        range.selectNodeContents(e)
        const right = range.getBoundingClientRect().right
        for (let a = e; a !== document.documentElement; a = a.parentElement) {
            const scrolls = ['auto', 'scroll'].includes(getComputedStyle(a).overflowX) && a.scrollWidth > a.clientWidth + 1
            if (scrolls && right > a.getBoundingClientRect().right + 1) return true
        }
    }
    const words = e => (e.textContent.match(/\\p{L}{2,}/gu) ?? []).length
    return [...document.querySelectorAll('main :is(p, li, dt, dd, h1, h2, h3, h4, td, th, figcaption, summary)')]
        .filter(e => words(e) > (e.closest('table') ? 4 : 0) && !e.closest('pre, svg'))
        .filter(pushed).map(e => e.tagName + ': ' + e.textContent.trim().slice(0, 160))
})()"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_only_its_own_host_and_reads_the_same_without_a_script(visit, name: str) -> None:
    seen = visit(name)
    texts, pictures = seen.page.evaluate(TEXT), seen.page.evaluate(PICTURES)
    # What waits for a reader to come near, or to point at it.
    seen.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    seen.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    seen.page.wait_for_load_state("networkidle")
    assert seen.requests
    assert seen.to_other_hosts() == []
    assert seen.complaints == []
    if name.startswith("book/"):
        without = visit(name, until="load", java_script_enabled=False).page
        assert without.evaluate(INVISIBLE) == []
        assert len(" ".join(texts)) > 200 and without.evaluate(TEXT) == texts
        assert without.evaluate(PICTURES) == pictures


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(visit, name: str) -> None:
    seen = visit(name, width=360, color_scheme="dark", until="load")
    assert "\n".join(seen.page.evaluate(TOO_WIDE)) == ""
    assert "\n".join(seen.page.evaluate(PUSHED)) == ""
    assert seen.complaints == []


def test_prose_that_has_to_be_pushed_sideways_is_noticed(visit) -> None:
    page = visit("book/accumulate.html", width=360, until="load").page
    page.evaluate("""document.querySelector('main h2').insertAdjacentHTML('afterend', `
        <table><tr><td style="min-width: 30rem">4</td><td>5</td><td>here a sentence of more words</td></tr></table>
        <div style="overflow-x: auto"><p style="width: 40rem">${'word '.repeat(50)}</p></div>`)""")
    assert [said[:30] for said in page.evaluate(PUSHED)] == ["TD: here a sentence of more wo", "P: word word word word word wo"]


def test_searching_finds_a_chapter(visit) -> None:
    seen = visit("search.html?q=gradient")
    seen.page.wait_for_selector("#search-results li a")
    assert seen.to_other_hosts() == [] and seen.complaints == []


def test_a_missing_page_is_answered_in_the_books_own_words(visit) -> None:
    seen = visit("no/such/page.html")
    assert seen.page.locator("h1").count() == 1
    assert seen.to_other_hosts() == []
