"""*Run all* on every chapter's page gives what the build recorded, and leaves the page what it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from recorded import CHAPTERS, compare

sync_api = pytest.importorskip("playwright.sync_api")

PATIENCE = 600_000  # for the longest chapter on a busy machine; nothing is measured
#: Keep the outcome of each cell that runs.
RECORD = """async () => {
    const kernel = await live.kernel(), run = kernel.run.bind(kernel);
    window.ran = [];
    kernel.run = async (code, options) => {
        const outputs = [];
        const onOutput = (said) => { outputs.push(said); options.onOutput?.(said); };
        const outcome = await run(code, { ...options, onOutput });
        ran.push({ n: options.cell, outputs, ...outcome });
        return outcome;
    };
}"""
ENDED = """() => ran.length === live.cells.length || live.cells.some(({ outcome, root, raises }) =>
    outcome && (outcome.stopped || outcome.broken || root && !raises && !outcome.ok))"""
SETTLED = "() => !document.querySelector('.live-running') && live.cells.every(c => c.done)"
CAPTIONS = """[...document.querySelectorAll('figcaption')].filter(c => c.checkVisibility())
    .map(c => [c.closest('figure').id, c.innerText.trim()])"""
PLAIN = "live.cells.filter(c => c.root && !c.root.classList.contains('live-ran')).map(c => c.n)"
ERRORS = "live.cells.filter(c => c.root?.querySelector('.live-output [role=alert]') && !c.raises).map(c => c.n)"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_run_all_gives_what_the_build_recorded(visit, site: Path, chapter: str) -> None:
    seen = visit(f"book/{chapter}.html")
    page = seen.page
    if page.evaluate("!window.live?.cells.some(c => c.root)"):
        pytest.skip("no cell of this page is live")
    captions = page.evaluate(CAPTIONS)
    page.evaluate(RECORD)
    page.locator(".live-invitation").get_by_role("button", name="Run all").click()
    page.wait_for_function(ENDED, timeout=PATIENCE)
    compare(site, chapter, page.evaluate("ran"))
    page.wait_for_function(SETTLED)
    assert page.evaluate(PLAIN) == page.evaluate(ERRORS) == []
    assert page.evaluate(CAPTIONS) == captions
    assert page.locator(".live-bar").get_attribute("data-state") == "ready"
    assert seen.complaints == seen.to_other_hosts() == []
