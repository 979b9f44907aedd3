"""The look of the pages: pictures, numbers in prose, folds, and what a page loads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("sphinx")
pytest.importorskip("myst_nb")

from docutils import nodes
from look import assets, pictures, svg
from look.roles import MINUS, split
from loom.sphinx.fold import fold

ROOT = Path(__file__).resolve().parents[2]
SVG = 'xmlns="http://www.w3.org/2000/svg"'


def drawn(inside: str, attributes: str = 'width="10" height="10"', **options: str) -> str:
    return svg.inline(f"<svg {SVG} {attributes}>{inside}</svg>", **{"prefix": "svg1", "alt": "words", **options})


# Pictures: ids


def test_two_copies_on_a_page_share_no_id():
    clip = '<clipPath id="c"><rect width="1" height="1"/></clipPath><g clip-path="url(#c)"/><use href="#c"/>'
    first, second = (re.findall(r'id="([^"]+)"', drawn(clip, prefix=prefix)) for prefix in ("svg1", "svg2"))
    assert first == ["svg1-c"] and second == ["svg2-c"]


@pytest.mark.parametrize("use", [
    '<g clip-path="url(#c)"/>', '<g clip-path="url(\'#c\')"/>', '<g style="clip-path: url(#c)"/>',
    '<use href="#c"/>', '<use xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="#c"/>',
])
def test_references_follow_their_ids(use):
    page = drawn(f'<clipPath id="c"/>{use}')
    assert 'id="svg1-c"' in page and page.count("#svg1-c") == 1 and "xlink" not in page


def test_an_id_nothing_points_to_is_dropped_unless_a_class_marks_it():
    page = drawn('<g id="figure_1"/><g id="node1" class="node value"/>')
    assert "figure_1" not in page and 'id="svg1-node1" class="node value"' in page


# Pictures: words


def test_a_picture_says_what_it_shows():
    assert 'role="img" aria-label="a &lt; b &amp; &quot;c&quot;"' in drawn("", alt='a < b & "c"')


def test_a_picture_without_words_is_decoration():
    assert 'aria-hidden="true"' in drawn("", alt="") and "role=" not in drawn("", alt="")


def test_the_drawing_programs_own_titles_are_left_out():
    assert "140231" not in drawn("<title>140231</title><g><title>140231</title></g>")


# Pictures: nothing gets in that could act on the page


@pytest.mark.parametrize("inside", [
    "<script>alert(1)</script>",
    "<g><script>alert(1)</script></g>",
    '<g onclick="alert(1)"/>',
    '<g ONLOAD="alert(1)"/>',
    '<a href="javascript:alert(1)"><path d="M0 0"/></a>',
    '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml" onload="alert(1)"/></foreignObject>',
    '<image href="https://example.org/alert.png"/>',
    '<image href="data:image/svg+xml;base64,YWxlcnQ="/>',
    '<use href="https://example.org/alert.svg#x"/>',
    '<g style="fill: url(https://example.org/alert)"/>',
    '<g fill="url(https://example.org/alert)"/>',
    "<style>@import url(https://example.org/alert.css)</style>",
    '<animate attributeName="href" values="javascript:alert(1)"/>',
    '<set attributeName="onload" to="alert(1)"/>',
    '<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
    "<!-- alert -->",
    "<?xml-stylesheet href='alert.css'?>",
    "<metadata>alert</metadata>",
])
def test_nothing_active_or_remote_gets_into_the_page(inside):
    page = drawn(inside).lower()
    assert "alert" not in page and "example.org" not in page and "javascript" not in page


def test_text_stays_text():
    assert "&lt;script&gt;" in drawn("<text>&lt;script&gt;</text>")


def test_an_attribute_cannot_break_out_of_its_quotes():
    assert '"><script' not in drawn('<g class="&quot;&gt;&lt;script&gt;"/>')


@pytest.mark.parametrize("text", ["", "<p/>", "<svg", "not markup", '<!DOCTYPE svg [<!ENTITY a "b">]><svg/>'])
def test_what_is_no_svg_is_refused(text):
    with pytest.raises(svg.SvgError):
        svg.inline(text, prefix="svg1")


# Pictures: colours, size


@pytest.mark.parametrize("attribute", ['fill="#1a5fa8"', 'fill="#1A5FA8"', 'style="fill: #1a5fa8"'])
def test_the_palette_becomes_the_pages_colours(attribute):
    assert 'fill="var(--data)"' in drawn(f"<path {attribute}/>")


def test_another_colour_stays_itself():
    assert 'fill="#123456"' in drawn('<path fill="#123456"/>')


def test_every_colour_of_the_palette_has_its_counterpart():
    from figures import palette

    assert {value for name, value in vars(palette).items() if name.isupper()} <= set(svg.COLOURS)


def test_every_counterpart_is_defined_for_both_schemes():
    tokens = (ROOT / "pages/look/static/css/tokens.css").read_text(encoding="utf-8")
    for variable in set(svg.COLOURS.values()):
        assert re.search(rf"{variable[4:-1]}: light-dark\(#\w+, #\w+\);", tokens), variable


def test_points_become_pixels():
    assert 'width="96" height="48"' in drawn("", 'width="72pt" height="36pt" viewBox="0 0 72 36"')


def test_what_the_outermost_element_states_for_all_is_kept():
    assert 'font-size="13"' in drawn("", 'width="1" height="1" font-size="13" onload="x"')


def test_a_wide_picture_can_be_scrolled_by_keyboard_and_a_small_one_is_no_stop():
    assert 'tabindex="0"' in pictures.framed("", 900, "words", [])
    assert "tabindex" not in pictures.framed("", 300, "words", [])


# Numbers in prose


@pytest.mark.parametrize("text, parts", [
    ("2.0", [("2.0", False)]),
    ("{loss:.4f}", [("loss:.4f", True)]),
    ("{a:.1f} → {b:.1f}", [("a:.1f", True), (" → ", False), ("b:.1f", True)]),
])
def test_braces_name_a_glued_value(text, parts):
    assert split(text) == parts


@pytest.mark.parametrize("text, shown", [
    ("-3.0", "−3.0"), ("(-3.0)", "(−3.0)"), ("1e-7", "1e-7"), ("n-1", "n-1"), ("a - b", "a - b"),
])
def test_a_negative_number_has_a_real_minus(text, shown):
    assert MINUS.sub("−", text) == shown


# Folds


def test_a_fold_carries_its_classes_and_its_title():
    node = fold("Hint 1", nodes.paragraph("", "Look again."), classes=["hint"])
    assert node["classes"] == ["fold", "hint"] and node[0].astext() == "Hint 1" and node[1].astext() == "Look again."


# What a page loads


@pytest.mark.parametrize("name, unused", [
    ("scripts/bootstrap.js", True), ("sphinx-thebe.js", True), ("look.js", False), ("live/live.js", False),
])
def test_the_themes_scripts_are_left_out_and_the_books_stay(name, unused):
    assert assets.named(name, assets.UNUSED_SCRIPTS) is unused


STATIC = [ROOT / "book/_static", ROOT / "loom/src/loom/sphinx/static", *(ROOT / "pages").glob("*/static")]


@pytest.mark.parametrize("path", sorted(path for folder in STATIC for path in folder.rglob("*.*")), ids=lambda path: path.name)
def test_no_file_of_the_look_names_another_host(path):
    if path.suffix in (".css", ".js", ".svg"):
        addresses = re.findall(r"(?:https?:)?//[a-z][\w.-]+\.\w+[^\s\"']*", path.read_text(encoding="utf-8"))
        assert set(addresses) <= {"http://www.w3.org/2000/svg"}


def test_the_faces_weigh_less_than_150_kB(tmp_path):
    modules = ROOT / "node_modules"
    if not (modules / "@fontsource").is_dir():
        pytest.skip("node_modules is not there: `make` installs it")
    assets.fetch_fonts(modules, tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.glob("*.woff*")) < 150_000
    assert len(list(tmp_path.glob("*-LICENSE.txt"))) == 3


def test_the_cut_font_is_the_same_every_time(tmp_path):
    modules = ROOT / "node_modules"
    if not (modules / "@fontsource").is_dir():
        pytest.skip("node_modules is not there: `make` installs it")
    source = assets.font_file(modules, *assets.SIGNS_FROM)
    for name in ("one", "two"):
        assets.cut(source, tmp_path / name, "→∂")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


# The title page


def test_the_cover_is_what_its_script_draws():
    from figures import cover

    for layout, name in ((cover.WIDE, "cover.svg"), (cover.TALL, "cover-tall.svg")):
        assert (cover.STATIC / name).read_text(encoding="utf-8") == cover.draw(layout), (
            f"{name} is out of date: python -m figures.cover, in book/"
        )


def test_the_engine_finds_the_numbers_of_the_cover():
    engine = pytest.importorskip("micrograd.engine")
    from figures import cover

    a, b, one, two = (engine.Value(x) for x in (2.0, 3.0, 1.0, 2.0))
    c = a * b
    s = c + one
    m = s * c
    k = c * two
    f = m + k
    f.backward()
    for key, value in dict(a=a, b=b, one=one, two=two, c=c, s=s, m=m, k=k, f=f).items():
        assert (value.data, value.grad) == (cover.numbers()[key].data, cover.numbers()[key].grad), key
    prose = (ROOT / "book/index.md").read_text(encoding="utf-8")
    assert f"{{data}}`{f.data}`" in prose and f"{{grad}}`{a.grad}`" in prose
