"""The built site, as files."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

FONTS_LIMIT = 150_000  # bytes, compressed


def test_every_link_leads_somewhere_and_no_other_host_is_asked(tool, site: Path) -> None:
    assert "\n".join(tool("check_site").problems(site)) == ""


def test_every_chapter_has_its_page(root: Path, site: Path) -> None:
    named = re.findall(r"(?:root|file): *(\S+)", (root / "_toc.yml").read_text())
    assert named and [name for name in named if not (site / f"{name}.html").exists()] == []


def test_fonts_are_few(site: Path) -> None:
    fonts = [path for path in site.rglob("*") if path.suffix in (".woff", ".woff2", ".ttf", ".otf")]
    loaded = [path for path in fonts if "vendor" not in path.parts]
    assert loaded and sum(len(gzip.compress(path.read_bytes())) for path in loaded) <= FONTS_LIMIT


@pytest.mark.parametrize("name", ["404.html", "search.html", "_static/favicon.svg", "_static/favicon.ico"])
def test_what_a_site_is_expected_to_have(site: Path, name: str) -> None:
    assert (site / name).stat().st_size > 0


def test_nothing_of_this_machine_is_on_a_page(root: Path, site: Path) -> None:
    pages = [path for path in site.rglob("*") if path.suffix in (".html", ".ipynb", ".js", ".md")]
    home = str(Path.home())
    foreign = [str(root)] + ([home] if home.count("/") > 1 else [])
    assert [str(p) for p in pages for name in foreign if name in p.read_text(encoding="utf-8", errors="replace")] == []
