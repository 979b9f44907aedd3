"""What the pages of a little site say of its workshops; without a script, for every word is in the page."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

pytest.importorskip("sphinx_book_theme")
bs4 = pytest.importorskip("bs4")

from sphinx.application import Sphinx  # noqa: E402
from sphinx.util.docutils import docutils_namespace, patch_docutils  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = ["planks", "saw", "nails & glue", "plane", "lathe", "a chair"]
WORKSHOPS = ["saw", "plane", "lathe"]


def build(folder: Path, workshops: list[str]) -> Path:
    if not (ROOT / "node_modules" / "mathjax").is_dir():
        pytest.skip("node_modules is not there: `make` installs it")
    source, out, warnings = folder / "source", folder / "build" / "html", io.StringIO()
    source.mkdir()
    names = [name.replace(" & ", "-").replace(" ", "-") for name in CHAPTERS]
    (source / "index.md").write_text("# A book\n\nWords.\n\n```{toctree}\n" + "\n".join(names) + "\n```\n", encoding="utf-8")
    for name, title in zip(names, CHAPTERS, strict=True):
        (source / f"{name}.md").write_text(f"# {title.capitalize()}\n\nWords of it.\n", encoding="utf-8")
    settings = {
        "extensions": ["myst_nb", "sphinx_thebe", "sphinx_book_theme", "look", "road"],
        "html_theme": "sphinx_book_theme",
        "html_title": "A title",
        "look_modules": str(ROOT / "node_modules"),
        "nb_execution_mode": "off",
        "loom_workshops": workshops,
    }
    with patch_docutils(), docutils_namespace():
        Sphinx(source, None, out, folder / "build" / "doctrees", "html", settings, None, warnings).build()
    assert warnings.getvalue() == ""
    return out


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("site"), WORKSHOPS)


@pytest.fixture
def page(site: Path):
    return lambda name: bs4.BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def said(tag: bs4.Tag) -> str:
    return " ".join(tag.text.split())


def test_the_contents_mark_the_workshops_in_words_too(page) -> None:
    lines = page("planks").select(".contents-pages li")
    assert [said(line) for line in lines] == ["Planks", "Saw (workshop)", "Nails & glue", "Plane (workshop)", "Lathe (workshop)", "A chair"]
    assert [bool(line.select("svg.workshop-sign[aria-hidden=true]")) for line in lines] == [False, True, False, True, True, False]
    assert said(page("planks").select_one(".contents .workshop-legend")) == "A workshop: the road goes on without it."


def test_the_contents_of_the_title_page_mark_them_as_well(page) -> None:
    lines = page("index").select("main .toctree-l1")
    assert [said(line) for line in lines] == ["Planks", "Saw (workshop)", "Nails & glue", "Plane (workshop)", "Lathe (workshop)", "A chair"]
    assert len(page("index").select("main .workshop-legend")) == 1 and len(page("index").select("main .toctree-l1 svg")) == 3


def test_a_workshop_says_at_its_head_where_the_road_goes_on(page) -> None:
    for name in ("plane", "lathe"):
        head = page(name).select_one("article > .workshop-head")
        assert said(head) == "A workshop: the road goes on without it, with A chair."
        assert head.a["href"] == "a-chair.html" and head.find_next("h1")
    assert said(page("saw").select_one(".workshop-head")) == "A workshop: the road goes on without it, with Nails & glue."


def test_a_chapter_of_the_road_has_no_such_line(page) -> None:
    assert not [name for name in ("planks", "nails-glue", "a-chair", "index") if page(name).select(".workshop-head")]


def foot(page: bs4.BeautifulSoup) -> dict[str, str]:
    links = {tag["rel"][0]: tag["href"] for tag in page.select(".turn a[rel]")}
    heads = {tag["rel"][0]: tag["href"] for tag in page.select("head link[rel=next], head link[rel=prev]")}
    assert links == heads
    return links


def test_the_foot_of_a_chapter_leads_along_the_road(page) -> None:
    assert foot(page("planks")) == {"prev": "index.html", "next": "nails-glue.html"}
    assert foot(page("nails-glue")) == {"prev": "planks.html", "next": "a-chair.html"}
    assert foot(page("a-chair")) == {"prev": "nails-glue.html"}


def test_the_foot_of_a_workshop_leads_to_its_neighbours(page) -> None:
    assert foot(page("plane")) == {"prev": "nails-glue.html", "next": "lathe.html"}
    assert foot(page("lathe")) == {"prev": "plane.html", "next": "a-chair.html"}
    assert said(page("plane").select_one(".turn-on .turn-way")) == "Next, a workshop"
    assert said(page("lathe").select_one(".turn-on .turn-way")) == "Next"


def test_a_workshop_is_offered_at_the_foot_of_the_chapter_before(page) -> None:
    asides = {name: page(name).select(".turn-aside") for name in ("planks", "nails-glue", "plane", "a-chair")}
    assert [said(tag) for tag in asides["planks"]] == ["A workshop on the way: Saw. The road goes on without it."]
    assert [said(tag) for tag in asides["nails-glue"]] == ["A workshop on the way: Plane, the first of 2. The road goes on without it."]
    assert asides["nails-glue"][0].a["href"] == "plane.html"
    assert asides["plane"] == asides["a-chair"] == []


def test_titles_are_escaped_once(site: Path) -> None:
    assert "Nails &amp; glue</a>" in (site / "saw.html").read_text(encoding="utf-8")
    assert "&amp;amp;" not in (site / "saw.html").read_text(encoding="utf-8") + (site / "planks.html").read_text(encoding="utf-8")


def test_where_the_road_has_ended_the_next_page_is_a_workshop_and_says_so(tmp_path: Path) -> None:
    site = build(tmp_path, ["plane", "lathe", "a-chair"])
    page = bs4.BeautifulSoup((site / "nails-glue.html").read_text(encoding="utf-8"), "html.parser")
    assert foot(page) == {"prev": "saw.html", "next": "plane.html"} and not page.select(".turn-aside")
    assert said(page.select_one(".turn-on .turn-way")) == "Next, a workshop"
    last = bs4.BeautifulSoup((site / "lathe.html").read_text(encoding="utf-8"), "html.parser")
    assert said(last.select_one(".workshop-head")) == "A workshop: the road goes on without it."


def test_a_book_without_workshops_says_nothing_of_them(tmp_path: Path) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in build(tmp_path, []).rglob("*.html"))
    assert "workshop" not in text.replace("css/road.css", "")
