"""Weigh the book's pages, and time how soon their cells answer.

Chromium reads the built site from this machine, so no network is in the times.  Every page is
visited in every round by a browser that has never been here (cold), and once more by the same
browser in a new tab (warm).  What a page asks for is taken down where it is served; texts are
counted as `gzip -9` makes them, as the server here sends them unpacked and a host would not, and
what is packed already (fonts, pictures, zips) as it is.

    make bench-pages                                          all pages, into bench/pages.json
    make bench-pages ARGS="--rounds 1"                        roughly; only shown
    make bench-pages ARGS="--pages accumulate two-moons"      some of them; only shown
"""

from __future__ import annotations

import argparse
import functools
import gzip
import importlib.util
import json
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib import metadata
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

from bench.machine import machine
from bench.results import spread

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
COMMITTED = ROOT / "bench" / "pages.json"
SHOWN = ROOT / "_build" / "bench" / "pages.json"

#: At most so many bytes, and so many seconds on an idle machine of two cores.
TARGETS: dict[str, float] = {
    "page": 400_000,
    "script": 12_000,
    "first_run": 6_600_000,
    "warm": 2.5,
    "again": 0.1,
}
ROUNDS = 5
AGAIN = 5  # times that a cell runs again in a visit; the middle one counts
PATIENCE = 180_000  # milliseconds
SETTLING = 120  # seconds

#: What no host packs again.
PACKED = {".woff2", ".zip", ".png", ".ico"}
#: The scripts that make a page live, and an explorable's, which come when one is near;
#: a page reads without them.
LIVELY = re.compile(r"/_static/(live/|explore/[^/]+/loader\.js|exercises\.js)")
EXPLORABLE = re.compile(r"/_static/explore/[^/]+/(?!loader\.js)")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
]

#: Down the page, as one who reads it, so that whatever waits for a reader comes.
READ = """async () => {
    for (let y = 0; y < document.body.scrollHeight; y += 600) {
        window.scrollTo(0, y)
        await new Promise(done => setTimeout(done, 15))
    }
    await document.fonts.ready
}"""
#: From a click on Run to the result, of the first cell that shows one, and the part of it that the
#: cell itself took; in milliseconds.
CLICK = """patience => new Promise((resolve, reject) => {
    const cells = [...document.querySelectorAll('.cell:has(> .cell_input.live)')]
    const cell = cells.find(each => each.querySelector('.cell_output:not(.live-output)'))
        ?? cells[0]
    const run = [...cell.querySelectorAll('.live-tools button')].at(-1)
    const note = cell.querySelector('.live-note')
    setTimeout(() => reject(new Error(`no result: ${note.textContent}`)), patience)
    new MutationObserver(() => {
        const { classList: state } = cell
        if (!state.contains('live-ran') || state.contains('live-running')) return
        const [, took, unit] = /([\\d.]+) (m?s)$/.exec(note.textContent)
        resolve([performance.now() - clicked, took * (unit === 's' ? 1000 : 1)])
    }).observe(cell, { attributes: true, attributeFilter: ['class'] })
    const clicked = performance.now()
    run.click()
})"""
LIVE = "document.querySelectorAll('.cell > .cell_input.live').length > 0"


# What is served


@functools.cache
def weight(path: Path) -> int:
    """The bytes that a host sends for a file."""
    content = path.read_bytes()
    return len(content) if path.suffix in PACKED else len(gzip.compress(content, 9, mtime=0))


def file_of(address: str, site: Path) -> Path:
    """The file behind what was asked for."""
    path = site / unquote(urlsplit(address).path).lstrip("/")
    return path / "index.html" if path.is_dir() else path


def weigh(addresses: Iterable[str], site: Path) -> int:
    """All of them together, each file once."""
    return sum(weight(path) for path in {file_of(address, site) for address in addresses})


def parts(
    opened: Sequence[str], read: Sequence[str], ran: Sequence[str], site: Path
) -> dict[str, int]:
    """What a page weighs by when it is asked for: on opening, while one reads, on the first Run.

    Part of it are ``script``, which makes it live, and ``explorables``, the scripts of those on it.
    """
    earlier = {*opened, *read}
    found = {
        "page": weigh(earlier, site),
        "script": weigh(filter(LIVELY.search, opened), site),
        "explorables": weigh(filter(EXPLORABLE.search, earlier), site),
    }
    return found | ({"first_run": weigh(set(ran) - earlier, site)} if ran else {})


def tool(name: str) -> ModuleType:
    """A script of tools/, as a module."""
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def served(site: Path) -> Iterator[tuple[str, list[str]]]:
    """The site's address, and a list in which everything asked for is taken down."""
    serve = tool("serve")
    asked: list[str] = []

    class Handler(serve.Handler):  # type: ignore[name-defined, misc]
        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

    with serve.Server(("127.0.0.1", 0), functools.partial(Handler, directory=str(site))) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", asked
        finally:
            server.shutdown()
            thread.join()


# A visit


def visits(
    playwright: Any, name: str, address: str, asked: list[str], site: Path
) -> dict[str, Any]:
    """One page, by a browser that was never here, and once more by the same one."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=tool("browser").find(),
            args=FLAGS,
            viewport={"width": 1280, "height": 900},
        )
        try:
            page = browser.new_page()
            asked.clear()
            page.goto(address + name, wait_until="networkidle")
            opened = asked[:]
            page.evaluate(READ)
            page.wait_for_load_state("networkidle")
            read = asked[len(opened):]
            if not page.evaluate(LIVE):
                return {"bytes": parts(opened, read, [], site)}
            cold, _ = page.evaluate(CLICK, PATIENCE)
            ran = asked[len(opened) + len(read):]
            page.close()
            page = browser.new_page()
            page.goto(address + name, wait_until="networkidle")
            warm, _ = page.evaluate(CLICK, PATIENCE)
            times = [page.evaluate(CLICK, PATIENCE) for _ in range(AGAIN)]
            cell = median(took for _, took in times)
            again = median(max(0, whole - took) for whole, took in times)
            seconds = {
                "cold": cold / 1000,
                "warm": warm / 1000,
                "again": again / 1000,
                "cell": cell / 1000,
            }
            return {
                "bytes": parts(opened, read, ran, site),
                "seconds": seconds,
                "browser": version(browser),
            }
        finally:
            browser.close()


def version(context: Any) -> str:
    page = context.new_page()
    session = context.new_cdp_session(page)
    found: str = session.send("Browser.getVersion")["product"].partition("/")[2]
    return found


# What came of it


def over_rounds(numbers: Sequence[float]) -> dict[str, Any]:
    """The rounds, with their median and quartiles."""
    low, middle, high = (round(x, 4) for x in spread(list(numbers)))
    return {"rounds": [round(x, 4) for x in numbers], "median": middle, "quartiles": [low, high]}


def summary(visits: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One page: its bytes, which are the same in every round, and its times."""
    found: dict[str, Any] = {"bytes": visits[0]["bytes"]}
    if "seconds" in visits[0]:
        found["seconds"] = {
            key: over_rounds([one["seconds"][key] for one in visits])
            for key in visits[0]["seconds"]
        }
    return found


def worst(pages: dict[str, Any]) -> dict[str, tuple[str, float]]:
    """For each target, the page that is furthest from it, and its number."""
    found: dict[str, tuple[str, float]] = {}
    for name, page in pages.items():
        numbers = page["bytes"] | {
            key: times["median"] for key, times in page.get("seconds", {}).items()
        }
        for key in TARGETS.keys() & numbers.keys():
            if key not in found or numbers[key] > found[key][1]:
                found[key] = (name, numbers[key])
    return {key: found[key] for key in TARGETS if key in found}


def load() -> float | None:
    """How many programs want to run."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def settle() -> None:
    """Wait until what ran before this has faded from the load, for two minutes at most."""
    until = time.monotonic() + SETTLING
    busy = (os.cpu_count() or 1) / 4
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > busy:
        print("waiting for the machine to be quiet", flush=True)
        while os.getloadavg()[0] > busy and time.monotonic() < until:
            time.sleep(1)


def versions(browser: str) -> dict[str, str]:
    package = json.loads(
        (ROOT / "node_modules" / "pyodide" / "package.json").read_text(encoding="utf-8")
    )
    return {
        "chromium": browser,
        "pyodide": package["version"],
        "playwright": metadata.version("playwright"),
    }


# Doing it


def measure(names: Sequence[str], rounds: int, site: Path) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    settle()
    on = machine(load=load())  # before anything is measured
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with served(site) as (address, asked), sync_playwright() as playwright:
        for k in range(rounds):
            print(f"round {k + 1} of {rounds}", flush=True)
            for name in names:
                found[name].append(visits(playwright, f"book/{name}.html", address, asked, site))
                print(f"    {name}: {told(found[name][-1])}", flush=True)
    browser = next(
        (one["browser"] for each in found.values() for one in each if "browser" in one), ""
    )
    return {
        "format": 1,
        "date": date.today().isoformat(),
        "rounds": rounds,
        "machine": on,
        "versions": versions(browser),
        "targets": TARGETS,
        "pages": {name: summary(each) for name, each in found.items()},
    }


def told(one: dict[str, Any]) -> str:
    sizes = [f"{key} {x / 1000:,.1f} kB" for key, x in one["bytes"].items()]
    times = [f"{key} {x:.3f} s" for key, x in one.get("seconds", {}).items()]
    return ", ".join([*sizes, *times])


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="make bench-pages", description=str(__doc__).split("\n")[0]
    )
    parser.add_argument(
        "--pages", nargs="+", metavar="PAGE", help="some pages only, such as two-moons"
    )
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help=f"how many visits to each page ({ROUNDS})"
    )
    parser.add_argument(
        "--site", type=Path, default=SITE, help="a built site; _build/html by default"
    )
    parser.add_argument(
        "--out", type=Path, help="where to write; bench/pages.json by default, if all is measured"
    )
    chosen = parser.parse_args()

    there = sorted(path.stem for path in (chosen.site / "book").glob("*.html"))
    unknown = set(chosen.pages or ()) - set(there)
    if unknown or not there:
        sys.exit(
            f"There is no page {', '.join(sorted(unknown)) or chosen.site}: "
            "`make book` builds them."
        )
    whole = not chosen.pages and chosen.rounds >= ROUNDS
    out = chosen.out or (COMMITTED if whole else SHOWN)
    content = measure(chosen.pages or there, chosen.rounds, chosen.site)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"\nThe furthest from each target (written to {out}):")
    for key, (name, x) in worst(content["pages"]).items():
        met = "met" if x <= TARGETS[key] else "NOT MET"
        print(f"    {met:8} {key}: {x:,.4g} on {name}, wanted at most {TARGETS[key]:,.4g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
