"""The pages' bench: its own arithmetic, what it has committed, and what a page shows of that. Nothing here is timed."""

import gzip
import json
from pathlib import Path

import pytest
from figures.measured import pages as shown

from bench import pages

ROOT = Path(__file__).resolve().parents[2]
CONTENT = json.loads((ROOT / "bench" / "pages.json").read_text(encoding="utf-8"))


@pytest.fixture
def site(tmp_path):
    files = {
        "book/a.html": b"a" * 5000, "_static/live/live.js": b"l" * 3000, "_static/exercises.js": b"e" * 300,
        "_static/explore/12ab/loader.js": b"o" * 200, "_static/explore/12ab/board.js": b"b" * 2000,
        "_static/look.js": b"k" * 100, "_static/font.woff2": bytes(range(256)), "_static/live/library.zip": b"z" * 700,
        "index.html": b"i",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def packed(site, *names):
    return sum(len(gzip.compress((site / name).read_bytes(), 9, mtime=0)) for name in names)


def test_texts_weigh_what_a_host_sends_and_packed_files_what_they_are(site):
    assert pages.weight(site / "book/a.html") == packed(site, "book/a.html") < 100
    assert pages.weight(site / "_static/font.woff2") == 256
    assert pages.weight(site / "_static/live/library.zip") == 700


def test_a_file_counts_once_under_whatever_address(site):
    once = pages.weigh(["/book/a.html"], site)
    assert pages.weigh(["/book/a.html", "/book/a.html?v=1", "/book/%61.html#x"], site) == once
    assert pages.file_of("/", site) == site / "index.html"


def test_what_makes_a_page_live_is_part_of_it_and_what_a_run_brings_is_not(site):
    opened = ["/book/a.html", "/_static/look.js", "/_static/live/live.js?v=3", "/_static/exercises.js", "/_static/explore/12ab/loader.js"]
    read = ["/_static/font.woff2", "/_static/explore/12ab/board.js"]
    found = pages.parts(opened, read, [*read, "/_static/live/library.zip?v=3"], site)
    lively = packed(site, "_static/live/live.js", "_static/exercises.js", "_static/explore/12ab/loader.js")
    board = packed(site, "_static/explore/12ab/board.js")
    assert found == {
        "page": packed(site, "book/a.html", "_static/look.js") + lively + board + 256,
        "script": lively, "explorables": board, "first_run": 700,
    }
    # One on the first screen comes with the page, and is an explorable's all the same.
    assert pages.parts([*opened, *read], [], [], site) == {key: n for key, n in found.items() if key != "first_run"}


def test_rounds_become_medians_and_the_furthest_page_stands_for_all():
    def visit(cold, again):
        return {"bytes": {"page": 7, "script": 3}, "seconds": {"cold": cold, "again": again}}

    found = {
        "a": pages.summary([visit(1.0, 0.01), visit(3.0, 0.03), visit(2.0, 0.02)]),
        "b": pages.summary([{"bytes": {"page": 9, "script": 2}}]),
    }
    assert found["a"]["seconds"]["cold"] == {"rounds": [1.0, 3.0, 2.0], "median": 2.0, "quartiles": [1.5, 2.5]}
    assert pages.worst(found) == {"page": ("b", 9), "script": ("a", 3), "again": ("a", 0.02)}


def test_it_begins_when_the_machine_is_quiet_and_does_not_wait_for_ever(monkeypatch):
    loads, slept = iter([3.0, 3.0, 1.5, 0.1]), []
    monkeypatch.setattr(pages.os, "getloadavg", lambda: (next(loads), 0, 0))
    monkeypatch.setattr(pages.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(pages.time, "sleep", slept.append)
    pages.settle()
    assert len(slept) == 2
    clock = iter(range(0, 10_000, 30))
    monkeypatch.setattr(pages.os, "getloadavg", lambda: (9.0, 0, 0))
    monkeypatch.setattr(pages.time, "monotonic", lambda: next(clock))
    pages.settle()
    assert len(slept) < 10


def test_what_is_committed_is_of_this_book_and_was_measured_often_enough():
    assert set(CONTENT["pages"]) <= {path.stem for path in (ROOT / "book").glob("*.md")}
    assert CONTENT["targets"] == pages.TARGETS
    assert CONTENT["rounds"] >= pages.ROUNDS


def test_tables_are_rectangular_and_name_each_page():
    for table in (shown.weights(), shown.times(), shown.targets()):
        assert table.rows and {len(row) for row in table.rows} == {len(table.head)}
    assert len(shown.weights().rows) == len(CONTENT["pages"])
    assert len(shown.targets().rows) == len(pages.TARGETS)
