"""What pages say about tangled cells, seen in real little builds."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from littlebook import LittleBook, cell
from loom.links.anchors import slug
from loom.links.web import Web
from loom.read.chapters import parse_book
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace, patch_docutils

EXTENSIONS = ["myst_nb", "sphinx_external_toc"]
SETTINGS = {
    "external_toc_path": "_toc.yml",
    "nb_execution_mode": "off",
    "suppress_warnings": ["myst-nb.lexer"],
    "html_theme": "basic",
    "exclude_patterns": ["_build"],
    "nitpicky": True,
}

HEAD = cell('"""Numbers."""\n\nimport math', tangle="toy/engine.py")
VALUE = cell(
    """
class Value:
    def __init__(self, data):
        self.data = data

    def __repr__(self):
        return f'Value({self.data})'
""",
    tangle="toy/engine.py",
)
ADD = cell(
    """
@extend
class Value:
    def __add__(self, other):
        return Value(self.data + other.data)
""",
    tangle="toy/engine.py",
)
EXAMPLE = cell("a = Value(2.0)\na")
TRIAL = cell("@extend\nclass Value:\n    def __add__(self, other):\n        return self", trial="true")
WIDER_ADD = cell(
    """
@extend
class Value:
    # Anything that a Value can be made of.
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data)
""",
    tangle="toy/engine.py",
    replaces="Value.__add__",
)
EXP = cell(
    """
@extend
class Value:
    def exp(self):
        return Value(math.exp(self.data))
""",
    tangle="toy/engine.py",
)
SQUASH = cell("from toy.engine import Value\n\n\ndef squash(x):\n    return x.exp()", tangle="toy/nn.py")


class Site:
    """A little book, built by Sphinx with every warning an error."""

    def __init__(self, book: LittleBook) -> None:
        self.book = book
        self.log = ""

    def build(self, builder: str = "html", jobs: int = 1, extension: str = "loom.sphinx.weaving", **settings: object) -> Site:
        out, log = self.book.root / "_build" / builder, io.StringIO()
        settings = {**SETTINGS, "extensions": [*EXTENSIONS, extension], **settings}
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                self.book.root, None, out, self.book.root / "_build" / "doctrees", builder, settings,
                status=log, warning=log, warningiserror=True, parallel=jobs,
            )  # fmt: skip
            app.build()
            self.status = app.statuscode
        self.log = re.sub(r"\x1b\[[\d;]*m", "", log.getvalue())
        assert self.status == 0, self.log
        return self

    def file(self, name: str, builder: str = "html") -> Path:
        return self.book.root / "_build" / builder / "book" / f"{name}.{'txt' if builder == 'text' else builder}"

    def page(self, name: str) -> BeautifulSoup:
        return BeautifulSoup(self.file(name).read_text(encoding="utf-8"), "html.parser")

    def cells(self, name: str) -> list[Tag]:
        return list(self.page(name).select("div.cell"))

    def done(self, what: str) -> set[str]:
        """The pages of which the log says that they were read or written."""
        return set(re.findall(rf"{what}\.\.\. \[ *\d+%\] book/(\S+)", self.log))


def two_chapters(book: LittleBook) -> Site:
    """A book of two chapters and the two appendices."""
    book.write("numbers", HEAD, VALUE, EXAMPLE, ADD, TRIAL)
    book.write("curves", cell("from toy.engine import Value"), EXP, WIDER_ADD, cell("Value(1.0).exp()"), SQUASH)
    book.write("program", "```{whole-program}\n```")
    book.write("identifiers", "```{identifier-index}\n```")
    return Site(book)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """That book, built once for the tests that only look at it."""
    return two_chapters(LittleBook(tmp_path_factory.mktemp("built"))).build()


@pytest.fixture
def site(book: LittleBook) -> Site:
    """That book, for the tests that change it."""
    return two_chapters(book)


def text(tag: Tag | None) -> str:
    assert tag is not None
    return " ".join(tag.get_text().split())


def links(cell: Tag) -> list[str]:
    return [text(item) for item in cell.select(".loom-links > li")]


def follow(site: Site, page: str, tag: Tag | None) -> Tag:
    """What a link leads to."""
    assert tag is not None
    address, _, anchor = str(tag["href"]).partition("#")
    found = site.page(address.removesuffix(".html") or page).find(id=anchor)
    assert isinstance(found, Tag), tag
    return found


# ------------------------------------------------------------------------------ cells


def test_a_caption_names_file_and_class(built: Site) -> None:
    cells = built.cells("numbers")
    captions = [text(found) if (found := cell.select_one(".loom-caption")) else None for cell in cells]
    assert captions == [
        "toy/engine.py",
        "toy/engine.py",
        None,
        "toy/engine.py in class Value",
        "a trial: not part of the package",
    ]
    assert ["loom-trial" in cell["class"] for cell in cells] == [False, False, False, False, True]


def test_the_caption_leads_to_the_definition_in_the_whole_program(built: Site) -> None:
    cell = built.cells("numbers")[3]
    there = follow(built, "numbers", cell.select_one(".loom-caption a"))
    assert "def __add__" in there.get_text() and "loom-listing" in there["class"]


def test_without_a_listing_the_caption_is_plain(book: LittleBook) -> None:
    book.write("numbers", VALUE)
    caption = Site(book).build().cells("numbers")[0].select_one(".loom-caption")
    assert text(caption) == "toy/engine.py" and caption and not caption.select("a")


def test_reopening_lines_are_greyed_and_the_code_is_whole(built: Site) -> None:
    for number, source in ((3, ADD), (4, TRIAL)):
        code = built.cells("numbers")[number].select_one(".cell_input pre")
        assert code and [line.get_text() for line in code.select(".hll")] == ["@extend\n", "class Value:\n"]
        assert code.get_text() == source.split("\n", 2)[2].removesuffix("```")


def test_removed_lines_are_shown_with_the_way_to_where_they_were(built: Site) -> None:
    cell = built.cells("curves")[2]
    removed = cell.select_one("details.loom-removed")
    assert removed is not None and removed.has_attr("open")
    assert text(removed.summary) == "replaces these lines of Value.__add__"
    assert text(removed.select_one(".loom-from")) == "from The chapter numbers"
    assert removed.summary and not removed.summary.a, "a link inside what opens a fold can't be pressed by everybody"
    assert removed.pre and removed.pre.get_text() == ADD.split("class Value:\n")[1].removesuffix("```")
    assert "return Value(self.data + other.data)" in follow(built, "curves", cell.select_one(".loom-links a")).get_text()


def test_removed_lines_that_come_back_are_not_marked(book: LittleBook) -> None:
    book.write("first", cell("def f(p, d):\n    p.grad = d\n    return p", tangle="toy/a.py"))
    book.write("second", cell("def f(p, d):\n    p.grad += d\n    return p", tangle="toy/a.py", replaces="f"))
    page = Site(book).build().page("second")
    assert [line.get_text() for line in page.select(".loom-removed .hll")] == ["    p.grad = d\n"]


def test_links_lead_both_ways(built: Site) -> None:
    numbers, curves = (built.cells(name) for name in ("numbers", "curves"))
    assert links(numbers[1]) == [
        "extended in __add__ in this chapter; exp in The chapter curves",
        "used in an example in this chapter; an example in The chapter curves",
    ]
    assert links(numbers[3]) == ["defined in this chapter", "replaced in The chapter curves"]
    assert links(curves[1]) == ["defined in The chapter numbers", "used in squash, an example in this chapter"]
    assert links(curves[2]) == ["defined in The chapter numbers"]
    assert links(curves[4]) == ["uses Value.exp"]


def test_a_link_leads_to_the_very_cell(built: Site) -> None:
    item = built.cells("numbers")[3].select_one(".loom-replaced-in a")
    assert "Anything that a Value" in follow(built, "numbers", item).get_text()
    item = built.cells("curves")[4].select_one(".loom-uses a")
    assert "def exp" in follow(built, "curves", item).get_text()


def test_many_links_are_folded(book: LittleBook) -> None:
    book.write("first", cell("def f(): pass", tangle="toy/a.py"), *[cell(f"f()  # {n}") for n in range(3)])
    book.write("second", *[cell(f"from toy.a import f\ndef g{n}(): f()", tangle=f"toy/b{n}.py") for n in range(4)])
    fold = Site(book).build().cells("first")[0].select_one(".loom-used-in details")
    assert fold is not None and text(fold.summary) == "used in 4 definitions and 3 examples"
    assert text(fold.select_one(".fold-body")) == "3 examples in this chapter; g0, g1, g2, g3 in The chapter second"


def test_versions_of_a_definition_have_their_own_uses(book: LittleBook) -> None:
    book.write("first", cell("def f(): return 1", tangle="toy/a.py"), cell("f()"))
    book.write("second", cell("def f(): return 2", tangle="toy/a.py", replaces="f"), cell("f()"), cell("f()"))
    site = Site(book).build()
    assert links(site.cells("first")[0]) == ["replaced in The chapter second", "used in an example in this chapter"]
    assert links(site.cells("second")[0]) == ["defined in The chapter first", "used in 2 examples in this chapter"]


def test_every_named_thing_of_a_cell_has_an_anchor(built: Site) -> None:
    page = built.page("numbers")
    for anchor in ("code-value", "code-value-init", "code-value-repr", "code-value-add", "code-cell-3"):
        assert page.find(id=anchor), anchor


def check_anchors(site: Site) -> None:
    """Every anchor is there once, and every link arrives."""
    for name in site.book.chapters:
        page = site.page(name)
        anchors = [tag["id"] for tag in page.select("[id]")]
        assert len(anchors) == len(set(anchors)), name
        for tag in page.select(".body a[href*='#']"):
            follow(site, name, tag)


def test_anchors_are_unique_on_every_page_and_every_link_arrives(built: Site) -> None:
    check_anchors(built)


def test_names_that_differ_only_in_signs_have_anchors_of_their_own(book: LittleBook) -> None:
    source = "def a_b(): pass\n\n\ndef a__b(): pass\n\n\nT = {}\nT['+'] = a_b\nT['**'] = a__b"
    book.write("first", cell(source, tangle="toy/a.py"))
    book.write("both", "```{whole-program}\n```", "```{identifier-index}\n```")
    site = Site(book).build()
    check_anchors(site)
    assert {"code-a-b", "code-a-b-2", "code-t-plus", "code-t-star-star"} <= {
        str(tag["id"]) for tag in site.page("first").select("[id]")
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Value.__add__", "value-add"), ("RULES['*']", "rules-star"), ("_x", "x"), ("__", "unnamed"), ("T['é']", "t")],
)
def test_anchors_are_readable(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_the_name_of_any_code_cell_is_a_target(book: LittleBook) -> None:
    book.write("first", cell("1 + 1", name="the-sum"))
    book.write("second", "See {ref}`the sum <the-sum>`.")
    site = Site(book).build()
    assert "1 + 1" in follow(site, "second", site.page("second").find("a", string="the sum")).get_text()  # type: ignore[arg-type]


def test_a_cell_that_is_not_shown_breaks_no_link(book: LittleBook) -> None:
    book.write("first", cell("def f(): pass", tangle="toy/a.py", tags="[remove-cell]"), cell("f()"))
    book.write("second", cell("from toy.a import f\n\n\ndef g(): f()", tangle="toy/b.py"))
    book.write("program", "```{whole-program}\n```")
    site = Site(book).build()
    assert len(site.cells("first")) == 1
    assert str(site.cells("second")[0].select(".loom-uses a")[0]["href"]) == "first.html"
    check_anchors(site)


def test_a_new_head_and_what_it_drops_have_their_links(book: LittleBook) -> None:
    old = "class Value:\n    label = ''\n\n    def f(self):\n        return self.label"
    new = 'class Value:\n    """Better."""\n\n    __slots__ = ("x",)'
    book.write("first", cell(old, tangle="toy/a.py"))
    book.write("second", cell(new, tangle="toy/a.py", replaces="Value", keeps="Value.f", removes="Value.label"))
    book.write("both", "```{whole-program}\n```", "```{identifier-index}\n```")
    site = Site(book).build()
    check_anchors(site)
    assert links(site.cells("first")[0])[0].startswith("replaced in Value in The chapter second")
    assert "keeps Value.f" in text(site.cells("second")[0])
    removed = text(site.page("second").select_one(".loom-removed pre"))
    assert "class Value:" in removed and "label = ''" in removed and "def f" not in removed


@pytest.mark.parametrize("tag", ["hide-input", "hide-cell"])
def test_a_folded_cell_has_its_caption_above_the_fold_and_its_links_below(book: LittleBook, tag: str) -> None:
    book.write("first", cell("def f(): pass", tangle="toy/a.py", tags=f"[{tag}]"), cell("f()"))
    (folded, _) = Site(book).build().cells("first")
    assert [part.get("class", [])[0] for part in folded.find_all(recursive=False)] == [
        "loom-caption",
        "fold",
        "loom-links",
    ]


# ------------------------------------------------------------------------------ listings


def test_the_program_so_far_stands_at_the_end_and_marks_what_is_new(built: Site) -> None:
    page = built.page("curves")
    program = page.select_one("details.loom-program")
    assert program is not None and not program.has_attr("open")
    assert [text(caption) for caption in program.select(".loom-caption")] == ["toy/engine.py", "toy/nn.py"]
    assert text(program.select_one(".loom-news")) == "New or changed in this chapter: Value.__add__, Value.exp"
    marked = "".join(line.get_text() for line in program.select("pre")[0].select(".hll"))
    assert "def exp" in marked and "def __add__" in marked
    assert "class Value" not in marked and "__repr__" not in marked


def test_the_program_so_far_holds_no_later_chapter_and_no_untouched_module(built: Site) -> None:
    program = built.page("numbers").select_one("details.loom-program")
    assert program is not None and "__add__" in program.get_text()
    assert "exp(" not in program.get_text() and "toy/nn.py" not in program.get_text()


def test_a_directive_places_the_program_so_far(book: LittleBook) -> None:
    book.write("first", VALUE, "```{program-so-far}\n```", "## Exercises", "None.")
    page = Site(book).build().page("first")
    (program,) = page.select("details.loom-program")
    assert program.find_next("h2")


def test_a_chapter_without_tangled_code_shows_no_program(book: LittleBook) -> None:
    book.write("first", cell("1 + 1"), "```{program-so-far}\n```")
    assert not Site(book).build().page("first").select(".loom-program")


def test_the_whole_program_holds_every_line_and_says_where_it_comes_from(built: Site) -> None:
    page = built.page("program")
    for module in Web(parse_book(built.book.root)).modules.values():
        section = page.find(id=slug(module.target.removesuffix(".py").replace("/", " ")))
        assert isinstance(section, Tag)
        shown = [row for pre in section.select("pre") for row in pre.get_text().split("\n") if row]
        assert shown == [row for row in module.text.split("\n") if row and not row.startswith("# Tangled")]
    add = page.find(id="toy-engine-value-add")
    assert isinstance(add, Tag)
    assert text(add.select_one(".loom-origin")) == "defined in The chapter numbers · replaced in The chapter curves"


def test_the_index_has_every_identifier_in_order(built: Site) -> None:
    page = built.page("identifiers")
    terms = [text(term) for term in page.select("dl.loom-index dt")]
    assert terms == [
        "Value.__add__ in toy/engine.py",
        "Value.exp in toy/engine.py",
        "Value.__init__ in toy/engine.py",
        "Value.__repr__ in toy/engine.py",
        "squash function in toy/nn.py",
        "Value class in toy/engine.py",
    ]
    assert text(page.select("dl.loom-index dd")[1]) == (
        "defined in The chapter curves · used in squash, an example in The chapter curves"
    )
    assert [text(letter) for letter in page.select(".loom-letters a")] == ["A", "E", "I", "R", "S", "V"]


def test_everything_is_said_in_plain_text_too(built: Site) -> None:
    page = built.build("text").file("curves", "text").read_text(encoding="utf-8")
    for words in ('"toy/engine.py" in class "Value"', "replaces these lines of", "uses", "The program so far"):
        assert words in page, page


# ------------------------------------------------------------------------------ builds


def test_a_second_build_writes_nothing(site: Site) -> None:
    site.build().build()
    assert site.done("reading sources") == site.done("writing output") == set()


def test_new_links_are_written_without_reading_again(site: Site) -> None:
    site.build()
    book = site.book
    book.write("curves", cell("from toy.engine import Value"), SQUASH.replace("x.exp()", "Value(x)"))
    site.build()
    assert site.done("reading sources") == {"curves"}
    assert site.done("writing output") == {"curves", "identifiers", "numbers", "program"}
    assert "replaced in" not in " ".join(links(site.cells("numbers")[3]))


def test_prose_rewrites_no_other_page(site: Site) -> None:
    site.build()
    path = site.book.root / "book" / "curves.md"
    path.write_text(path.read_text(encoding="utf-8") + "\nMore prose.\n", encoding="utf-8")
    assert site.build().done("writing output") <= {"curves", "numbers"}  # a neighbour's *next* button
    assert "identifiers" not in site.done("writing output")


def test_what_a_failed_build_did_not_write_is_written_by_the_next(site: Site) -> None:
    site.build()
    book = site.book
    book.write("curves", EXP, "{ref}`nowhere`")
    with pytest.raises((SphinxError, AssertionError)):
        site.build()
    book.write("curves", EXP)
    site.build()
    assert "numbers" in site.done("writing output")


def test_a_new_module_gets_its_section(site: Site) -> None:
    site.build()
    site.book.write("curves", EXP, cell("x = 1", tangle="toy/new.py"))
    assert site.build().page("program").find(id="toy-new")


def test_builds_are_alike_in_parallel_too(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    site.build()
    first = {name: site.file(name).read_bytes() for name in site.book.chapters}
    for path in sorted((site.book.root / "_build").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    site.build(jobs=2)
    assert first == {name: site.file(name).read_bytes() for name in site.book.chapters}


def test_a_mistake_in_the_book_ends_the_build_with_its_place(book: LittleBook) -> None:
    book.write("first", VALUE, cell("print('stray')", tangle="toy/engine.py"))
    with pytest.raises(SphinxError, match=re.escape(book.place("first", "stray"))):
        Site(book).build()


def test_links_that_change_execute_nothing(site: Site) -> None:
    settings = {"extension": "loom", "loom_package": "toy", "nb_execution_mode": "cache", "nb_execution_timeout": 60}
    site.build(**settings)  # type: ignore[arg-type]
    assert site.log.count(": ran ") == 2
    site.book.write("curves", EXP, cell("Value(1.0).exp()"))
    site.build(**settings)  # type: ignore[arg-type]
    assert site.log.count(": ran ") == 1
    assert "numbers" in site.done("writing output") - site.done("reading sources")
