"""A real browser, and the built site served as a plain static host would."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sync_api = pytest.importorskip("playwright.sync_api")

ROOT = Path(__file__).resolve().parents[2]
folder = str(ROOT / "tests" / "live")  # what the build recorded, and how it is compared
if folder not in sys.path:
    sys.path.append(folder)

#: For what is waited for, in milliseconds.  A busy machine takes its time; only what never happens takes all of this.
PATIENCE = 300_000
sync_api.expect.set_options(timeout=PATIENCE)

#: A browser's own errands would drown the pages' requests.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
    "--force-prefers-reduced-motion",
    # Whatever is asked of another host is recorded, and goes no further.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def browser(chromium: Path | None) -> Iterator[sync_api.Browser]:
    if chromium is None:
        message = "no Chromium found: install one, or name it in the variable CHROMIUM"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(site: Path, tool) -> Iterator[str]:
    with tool("serve").server([0], site) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@dataclass
class Visit:
    """A page in a browser, and what the browser saw of it."""

    page: sync_api.Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def to_other_hosts(self) -> list[str]:
        return [url for url in self.requests if urlsplit(url).scheme not in ("data", "blob", "about")
                and urlsplit(url).hostname != "127.0.0.1"]


@pytest.fixture
def visit(browser, address: str):
    """Open a page of the site; what it asks for and complains of is recorded."""
    contexts = []

    def open_page(name: str, width: int = 1280, until: str = "networkidle", **options) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        seen = Visit(context.new_page())
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("requestfailed", lambda request: seen.complaints.append(f"failed: {request.url}"))
        seen.page.on("response", lambda r: seen.complaints.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on(
            "console",
            lambda m: seen.complaints.append(m.text) if m.type in ("error", "warning") else None,
        )
        seen.page.goto(address + name, wait_until=until)
        return seen

    yield open_page
    for context in contexts:
        context.close()
