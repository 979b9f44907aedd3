"""A little site with an explorable on one of its two pages."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

pytest.importorskip("sphinx_book_theme")
bs4 = pytest.importorskip("bs4")

from figures.explorables.explorable import Explorable  # noqa: E402
from sphinx.application import Sphinx  # noqa: E402
from sphinx.util.docutils import docutils_namespace, patch_docutils  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PICTURE = """<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="90pt" height="90pt" viewBox="0 0 90 90">
<g id="node1" class="node value n-0"><path d="M0 0" fill="#1a5fa8" onclick="alert(1)"/></g></svg>"""


def build(folder: Path, *figures: Explorable) -> tuple[Path, str]:
    if not (ROOT / "node_modules" / "esbuild").is_dir():
        pytest.skip("node_modules is not there: `make` installs it")
    source, out, warnings = folder / "source", folder / "build" / "html", io.StringIO()
    source.mkdir()
    cells = "\n\n".join(f"```{{raw}} html\n{figure._repr_html_()}\n```" for figure in figures)
    (source / "index.md").write_text(f"# One\n\nText.\n\n{cells}\n\n```{{toctree}}\nother\n```\n", encoding="utf-8")
    (source / "other.md").write_text("# Other\n\nText without.\n", encoding="utf-8")
    settings = {
        "extensions": ["myst_nb", "sphinx_thebe", "sphinx_book_theme", "look", "explore"], "html_theme": "sphinx_book_theme",
        "html_title": "A title", "look_modules": str(ROOT / "node_modules"), "nb_execution_mode": "off",
    }
    with patch_docutils(), docutils_namespace():
        Sphinx(source, None, out, folder / "build" / "doctrees", "html", settings, None, warnings).build()
    return out, re.sub(r"\x1b\[\d+m", "", warnings.getvalue())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    one = Explorable("stepper", "What?", PICTURE, "a box", {"nodes": []})
    out, warnings = build(tmp_path_factory.mktemp("explore"), one, one)
    assert warnings == ""
    return out


def page(site: Path, name: str) -> bs4.BeautifulSoup:
    return bs4.BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")


def test_the_picture_takes_the_pages_colours_and_leaves_its_scripts_behind(site: Path) -> None:
    drawing = page(site, "index.html").select_one("figure.explorable .picture svg")
    assert drawing.select_one(".n-0 path")["fill"] == "var(--data)"
    assert "onclick" not in str(drawing)
    assert (drawing["role"], drawing["aria-label"]) == ("img", "a box")


def test_two_of_them_share_no_id(site: Path) -> None:
    ids = [tag["id"] for tag in page(site, "index.html").select("[id]")]
    assert len(ids) == len(set(ids)) and sum(name.endswith("node1") for name in ids) == 2


def test_only_a_page_that_has_one_loads_anything_for_it(site: Path) -> None:
    sources = [tag["src"] for tag in page(site, "index.html").select("script[src]") if "explore" in tag["src"]]
    assert len(sources) == 1 and (site / sources[0].partition("?")[0]).is_file()
    assert page(site, "index.html").select("link[href*='explore.css']")
    assert "explore" not in (site / "other.html").read_text(encoding="utf-8")


def test_the_scripts_stand_in_a_folder_named_by_their_content(site: Path) -> None:
    [folder] = (site / "_static" / "explore").iterdir()
    assert re.fullmatch("[0-9a-f]{16}", folder.name)
    sources = ROOT / "pages/explore/src"
    scripts = {path.relative_to(sources) for path in sources.rglob("*.js")}
    assert {path.relative_to(folder) for path in folder.rglob("*.js")} == scripts
    text = (folder / "kinds" / "stepper.js").read_text(encoding="utf-8")
    assert '"../engine.js"' in text and "//" not in text


def test_all_scripts_together_are_small(site: Path) -> None:
    import gzip

    [folder] = (site / "_static" / "explore").iterdir()
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in folder.rglob("*.js")}
    assert sizes["loader.js"] < 600
    assert all(size < 4000 for size in sizes.values()), sizes


def test_a_kind_without_a_script_is_told(tmp_path: Path) -> None:
    _, warnings = build(tmp_path, Explorable("nothing", "What?", PICTURE, "a box", {}))
    assert "no script for explorables of the kind 'nothing'" in warnings


def test_a_broken_picture_is_told(tmp_path: Path) -> None:
    _, warnings = build(tmp_path, Explorable("stepper", "What?", "<svg><g></svg>", "a box", {}))
    assert "an explorable's picture: not well-formed" in warnings
