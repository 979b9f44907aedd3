"""What `make bench-pages` measured, for the pages: `weights()`, `times()`, `targets()`, `stamp()`.

The numbers stand in bench/pages.json of the book's repository; where that is not at hand, as in a
downloaded notebook, each of these says so.
"""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from figures.measured.table import Table

MEASURED = Path(__file__).resolve().parents[3] / "bench" / "pages.json"
ELSEWHERE = (
    "The measurements stand in `bench/pages.json` of the book’s repository, "
    "and on this page of its site."
)

#: For each target: what it is about, and how its numbers are written.
ABOUT = {
    "page": ("a page, with fonts and formulas, read to its end", "kB"),
    "script": ("script that comes with a page on which nobody runs anything", "kB"),
    "first_run": ("what the first Run brings, for all pages together", "MB"),
    "warm": ("from a click to the first result, warm", "s"),
    "again": ("from a click to the result, again, less what the cell takes", "ms"),
}
UNITS = {"kB": 1e3, "MB": 1e6, "s": 1.0, "ms": 1e-3}
WORDS = {"chromium": "Chromium", "pyodide": "Pyodide", "playwright": "Playwright"}


class Sentence(str):
    """Words that a page shows as its own."""

    def _repr_markdown_(self) -> str:
        return str(self)


@cache
def measured() -> dict[str, Any]:
    """What the last run wrote; nothing, where there is no file."""
    try:
        content: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    except OSError:
        return {"pages": {}}
    return content


def written(x: float, unit: str) -> str:
    """A number in a unit, to a decimal where it is small: 160, 5.9."""
    x /= UNITS[unit]
    return f"{x:,.0f}" if x >= 100 else f"{x:.1f}" if x >= 10 or unit != "s" else f"{x:.2f}"


def numbers(page: dict[str, Any]) -> dict[str, float]:
    """A page's bytes, and the medians of its times."""
    return page["bytes"] | {key: one["median"] for key, one in page.get("seconds", {}).items()}


def weights() -> Table:
    """What each page weighs."""
    keys = ("page", "script", "explorables", "first_run")
    rows = [
        [
            named(name),
            *(written(page["bytes"][key], "kB") if page["bytes"].get(key) else "" for key in keys),
        ]
        for name, page in measured()["pages"].items()
    ]
    return Table(
        ["kB", "page", "script with it", "explorables’ script", "first Run"], rows, empty=ELSEWHERE
    )


def times() -> Table:
    """How long each page's reader waits, with quartiles where there were several rounds."""
    units = {"cold": "s", "warm": "s", "again": "ms"}
    rows = [
        [
            named(name),
            *(between(page["seconds"][key], unit) for key, unit in units.items()),
            written(page["seconds"]["cell"]["median"], "ms"),
        ]
        for name, page in measured()["pages"].items() if "seconds" in page
    ]
    return Table(["", "cold, s", "warm, s", "again, ms", "the cell, ms"], rows, empty=ELSEWHERE)


def between(one: dict[str, Any], unit: str) -> str:
    middle, (low, high) = written(one["median"], unit), (written(x, unit) for x in one["quartiles"])
    return middle if low == high else f"{middle} ({low}\N{WORD JOINER}–\N{WORD JOINER}{high})"


def named(name: str) -> str:
    """A link to a page."""
    return f"[]({name}.md)" if name != "index" else "the cover"


def targets() -> Table:
    """What was aimed at, and the page that is furthest from it."""
    rows = []
    for key, wanted in measured().get("targets", {}).items():
        about, unit = ABOUT[key]
        found = {
            name: numbers(page)[key]
            for name, page in measured()["pages"].items()
            if key in numbers(page)
        }
        if not found:
            rows.append([about, f"{written(wanted, unit)} {unit}", "not measured", "", ""])
            continue
        worst = max(found, key=lambda name: found[name])
        met = "yes" if found[worst] <= wanted else "**no**"
        measure = f"{written(found[worst], unit)} {unit}"
        rows.append([about, f"{written(wanted, unit)} {unit}", measure, named(worst), met])
    return Table(["target", "at most", "measured", "on", "reached"], rows, empty=ELSEWHERE)


def stamp() -> Sentence:
    """When, with what, on what, and whether anything else was going on."""
    content = measured()
    if not content["pages"]:
        return Sentence(ELSEWHERE)
    day, machine, rounds = (
        date.fromisoformat(content["date"]),
        content["machine"],
        content["rounds"],
    )
    software = ", ".join(
        f"{WORDS[name]} {version}" for name, version in content["versions"].items() if version
    )
    visits = (
        "one visit to each page, so roughly" if rounds == 1 else f"{rounds} visits to each page"
    )
    text = (
        f"Measured on {day.day} {day:%B %Y} in {visits}, with {software}, "
        f"on {machine['processor']}, "
        f"{machine['cores']} cores, {machine['system']}."
    )
    load, cores = machine["load"], machine["cores"]
    if load is not None and load > cores / 2:
        text += (
            f" The machine was busy with other things: {load:.0f} programs wanted its {cores} "
            "cores when this began."
            " The bytes are right all the same; the times may be too long."
        )
    return Sentence(text)
