"""A little site, built with the look and nothing else of the book."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

pytest.importorskip("sphinx_book_theme")
bs4 = pytest.importorskip("bs4")

from sphinx.application import Sphinx  # noqa: E402
from sphinx.util.docutils import docutils_namespace, patch_docutils  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" width="900pt" height="90pt" viewBox="0 0 900 90">
<clipPath id="clip"><rect width="9" height="9"/></clipPath><g id="node1" class="node value"><path d="M0 0" fill="#1a5fa8"
clip-path="url(#clip)" onclick="alert(1)"/><script>alert(1)</script></g></svg>"""

PAGE = r"""# One page

The **first** paragraph says what the page is about.

![two boxes and an arrow](graph.svg)

![two boxes and an arrow](graph.svg)

A value {data}`-2.0`, a gradient {grad}`0.5`.
The formula $\data{a}^2$, and

$$
\frac{x}{2}
$$ (eq-half)

## A section

```{margin} Aside
Something beside the text.
```
"""


def build(folder: Path, page: str = PAGE, **config: object) -> tuple[Path, str]:
    """The site of one page, and the warnings."""
    if not (ROOT / "node_modules" / "mathjax").is_dir():
        pytest.skip("node_modules is not there: `make` installs it")
    source, out, warnings = folder / "source", folder / "build" / "html", io.StringIO()
    source.mkdir()
    (source / "index.md").write_text(page, encoding="utf-8")
    (source / "graph.svg").write_text(PICTURE, encoding="utf-8")
    settings = {
        "extensions": ["myst_nb", "sphinx_thebe", "sphinx_book_theme", "look"],
        "html_theme": "sphinx_book_theme",
        "myst_enable_extensions": ["dollarmath"],
        "html_title": "A title",
        "look_modules": str(ROOT / "node_modules"),
        "nb_execution_mode": "off",
        **config,
    }
    with patch_docutils(), docutils_namespace():
        app = Sphinx(source, None, out, folder / "build" / "doctrees", "html", settings, None, warnings)
        app.build()
    return out, re.sub(r"\x1b\[\d+m", "", warnings.getvalue())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out, warnings = build(tmp_path_factory.mktemp("site"))
    assert warnings == ""
    return out


@pytest.fixture(scope="module")
def page(site: Path) -> bs4.BeautifulSoup:
    return bs4.BeautifulSoup((site / "index.html").read_text(encoding="utf-8"), "html.parser")


def test_no_id_stands_twice_on_a_page(page):
    ids = [tag["id"] for tag in page.select("[id]")]
    assert len(ids) == len(set(ids)) and {"svg1-clip", "svg2-clip", "svg1-node1", "svg2-node1"} <= set(ids)


def test_a_picture_stands_in_the_page_with_its_words_and_the_pages_colours(page):
    first = page.select_one(".picture svg")
    assert first["role"] == "img" and first["aria-label"] == "two boxes and an arrow"
    assert first.path["fill"] == "var(--data)" and not first.select("script, [onclick]")


def test_a_wide_picture_is_a_stop_for_the_keyboard(page):
    assert page.select_one(".picture")["tabindex"] == "0"


def test_numbers_in_prose_are_told_apart_by_class(page):
    assert page.select_one("p span.data").text == "−2.0" and page.select_one("p span.grad").text == "0.5"


def test_formulas_need_no_script(page):
    assert len(page.select(".math svg")) == 2 and len(page.select(".math math")) == 2
    assert page.select_one(".math svg .data")
    assert page.select_one(".eqno").text.startswith("(1)")


def test_a_formula_takes_its_punctuation_along(page):
    tie = page.select_one(".tied")
    assert tie.select_one("span.math") and tie.contents[-1] == "," and len(page.select(".tied")) == 1


def test_a_full_stop_further_up_stays_where_it_was(tmp_path):
    out, _ = build(tmp_path, "# A page\n\nThis is `a`.\nThat is $b$.\n")
    text = bs4.BeautifulSoup((out / "index.html").read_text(encoding="utf-8"), "html.parser").select_one("article p").text
    assert text.startswith("This is a.\nThat is ") and text.endswith(".") and not text.endswith("..")


def test_nothing_is_loaded_from_elsewhere(site, page):
    loaded = [tag.get("src") or tag.get("href") for tag in page.select("script[src], link[href], img[src], iframe[src]")]
    assert loaded and not [address for address in loaded if ":" in address or address.startswith("//")]
    assert not [address for address in loaded if not (site / address.split("?")[0]).exists()]


def test_a_page_loads_no_script_but_the_books_own(page):
    assert [tag["src"].split("?")[0] for tag in page.select("script[src]")] == ["_static/look.js"]


def test_thebe_is_gone(site):
    assert not [path for path in site.rglob("*.html") if "thebe" in path.read_text(encoding="utf-8").lower()]


def test_a_page_is_described_by_its_first_paragraph(page):
    assert page.select_one("meta[name=description]")["content"] == "The first paragraph says what the page is about."


def test_no_address_is_absolute_unless_one_is_configured(page):
    assert not page.select("link[rel=canonical], meta[property='og:url'], meta[property='og:image']")


def test_with_an_address_pages_state_theirs(tmp_path):
    out, _ = build(tmp_path, html_baseurl="https://example.org/book")
    page = bs4.BeautifulSoup((out / "index.html").read_text(encoding="utf-8"), "html.parser")
    assert page.select_one("link[rel=canonical]")["href"] == "https://example.org/book/index.html"
    assert page.select_one("meta[property='og:image']")["content"] == "https://example.org/book/_static/preview.png"
    missing = bs4.BeautifulSoup((out / "404.html").read_text(encoding="utf-8"), "html.parser")
    assert missing.a["href"] == "/book/index.html"


def test_the_page_for_missing_pages_stands_alone(site):
    missing = (site / "404.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?!data:|/)', missing) and not re.findall(r"url\((?!data:)", missing)


def test_one_can_skip_to_the_text(page):
    assert page.select_one("body a")["href"] == "#main-content" and page.select_one("main#main-content")


def test_what_no_page_loads_is_not_in_the_site(site):
    assert not (site / "_static" / "vendor").exists() and not (site / "_static" / "scripts").exists()


def test_a_picture_without_words_is_a_warning_at_its_line(tmp_path):
    _, warnings = build(tmp_path, "# Page\n\nText.\n\n![](graph.svg)\n")
    assert re.search(r"index\.md:5: WARNING: a picture without words", warnings)


def test_a_formula_that_cannot_be_read_is_a_warning_at_its_line(tmp_path):
    _, warnings = build(tmp_path, "# Page\n\nText.\n\n$$\n\\frac{1}\n$$\n")
    assert re.search(r"index\.md:\d+: WARNING: formula .*frac", warnings) and "Missing argument" in warnings
