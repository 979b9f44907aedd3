"""Reading chapters: what is a cell, where its code stands, and what is refused."""

from __future__ import annotations

import os
from typing import Any

import pytest
from littlebook import cell
from loom.errors import LoomError
from loom.read.chapters import parse_book
from loom.read.contents import find_root, parts
from loom.tangle.tangle import tangle

HEAD = "---\nfile_format: mystnb\n---\n"


@pytest.fixture
def only(book: Any) -> Any:
    """The cells of a chapter with this text below its head."""

    def cells(text: str) -> Any:
        book.write("one")
        (book.root / "book/one.md").write_text(HEAD + text, encoding="utf-8")
        return parse_book(book.root).chapters[0].cells

    return cells


@pytest.fixture
def raw(book: Any) -> Any:
    """Write a chapter's text as it is, head included."""

    def write(text: str | bytes) -> None:
        book.write("one")
        data = text if isinstance(text, bytes) else text.encode()
        (book.root / "book/one.md").write_bytes(data)

    return write


# ----------------------------------------------------------------- what a chapter holds


def test_chapters_come_in_the_order_of_the_table_of_contents(book: Any) -> None:
    for name in ("root", "a", "b", "c", "d", "e"):
        book.write(name)
    (book.root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/root\nparts:\n"
        "- caption: One\n  chapters:\n  - file: book/b\n    sections:\n    - file: book/e\n    - file: book/a.md\n"
        "- caption: Two\n  chapters:\n  - url: https://example.org\n  - file: book/d\n"
    )
    found = [chapter.docname for chapter in parse_book(book.root).chapters]
    assert found == ["book/root", "book/b", "book/e", "book/a", "book/d"]


def test_a_title_is_the_first_heading(book: Any) -> None:
    book.write("one")
    (book.root / "book/one.md").write_text("```python\n# no heading\n```\n\n## Below\n\n# *The* title #\n\n# Another\n")
    assert parse_book(book.root).chapters[0].title == "*The* title"


def test_root_is_found_from_a_folder_below(book: Any) -> None:
    book.write("one")
    assert find_root(book.root / "book") == book.root


def test_a_folder_without_a_book_is_an_error(tmp_path: Any) -> None:
    with pytest.raises(LoomError, match="no `_toc.yml`"):
        find_root(tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "source"),
    [
        ("```{code-cell}\nx = 1\n```\n", 5, "x = 1"),
        ("\n\n```{code-cell} python\n:tangle: toy/m.py\n:tags: [a]\nx = 1\n```\n", 9, "x = 1"),
        ("```{code-cell}\n:tangle: toy/m.py\n\nx = 1\n```\n", 7, "x = 1"),
        ("```{code-cell}\n:tangle: toy/m.py\n\n\nx = 1\n```\n", 7, "\nx = 1"),
        ("```{code-cell}\n---\ntangle: toy/m.py\n---\nx = 1\n```\n", 8, "x = 1"),
        ("```{code-cell}\n---\ntangle: toy/m.py\n---\n\nx = 1\n\n\n```\n", 9, "x = 1\n"),
        ("```{code-cell}\n:tags: [a]\nx = 1\n\n\n```\n", 6, "x = 1\n"),
        ("````{code-cell}\nx = '```'\n````\n", 5, "x = '```'"),
        ("  ```{code-cell}\n  :tangle: toy/m.py\n  x = 1\n  ```\n", 6, "x = 1"),
    ],
)
def test_a_cell_knows_the_line_of_its_first_code_line(only: Any, text: str, line: int, source: str) -> None:
    (cell,) = only(text)
    assert (cell.line, cell.source) == (line, source)
    first = next(row for row in source.split("\n") if row)
    lines = (HEAD + text).split("\n")
    assert first in lines[cell.place(source.split("\n").index(first) + 1).line - 1]


def test_a_cell_has_its_options(only: Any) -> None:
    (cell,) = only(
        "```{code-cell}\n:tangle: toy/m.py\n:replaces: Value.__init__, f, RULES[\"a,b\"]\n:tags: [x, y]\nx = 1\n```\n"
    )
    assert cell.target == "toy/m.py"
    assert cell.replaces == ("Value.__init__", "f", "RULES['a,b']")
    assert cell.tags == ("x", "y")
    assert not cell.trial


@pytest.mark.parametrize(
    ("tags", "shown", "opened"),
    [("[]", True, True), ("[wide]", True, True), ("[hide-input]", True, False), ("[hide-cell]", True, False),
     ("[remove-input]", False, False), ("[remove_cell]", False, False)],
)
def test_tags_tell_whether_code_meets_the_eye(only: Any, tags: str, shown: bool, opened: bool) -> None:
    (cell,) = only(f"```{{code-cell}}\n:tags: {tags}\nx = 1\n```\n")
    assert (cell.shown, cell.open) == (shown, opened)


@pytest.mark.parametrize(("option", "is_trial"), [(":trial:", True), (":trial: true", True), (":trial: false", False)])
def test_a_flag_needs_no_value(only: Any, option: str, is_trial: bool) -> None:
    (cell,) = only(f"```{{code-cell}}\n{option}\nx = 1\n```\n")
    assert cell.trial is is_trial


def test_names_that_are_replaced_may_be_a_yaml_list(only: Any) -> None:
    (cell,) = only("```{code-cell}\n---\ntangle: toy/m.py\nreplaces: [f, Value.g]\n---\nx = 1\n```\n")
    assert cell.replaces == ("f", "Value.g")


def test_what_becomes_of_a_class_s_members_is_read(only: Any) -> None:
    head = "```{code-cell}\n:tangle: toy/m.py\n:replaces: C, D\n"
    (cell,) = only(head + ":keeps: C.f, D.*\n:removes: C.g\nx = 1\n```\n")
    assert (cell.keeps, cell.removes) == (("C.f", "D.*"), ("C.g",))
    (cell,) = only(head + ":keeps: '*'\nx = 1\n```\n")
    assert cell.keeps == ("*",)


def test_cells_are_counted_within_their_chapter(only: Any) -> None:
    cells = only("```{code-cell}\nx = 1\n```\ntext\n```{code-cell}\ny = 1\n```\n")
    assert [(cell.index, cell.source) for cell in cells] == [(0, "x = 1"), (1, "y = 1")]


def test_a_cell_that_is_only_shown_is_no_cell(only: Any) -> None:
    assert only("````{code-block} md\n```{code-cell}\n:tangle: toy/m.py\n```\n````\n") == ()
    assert only("````md\n```{code-cell}\n:tangle: toy/m.py\n```\n````\n") == ()
    assert only("````python\n```{code-cell}\n:tangle: toy/m.py\n```\n````\n") == ()
    assert only("`````{note}\n````\n```{code-cell}\n:tangle: toy/m.py\n```\n````\n`````\n") == ()


def test_a_chapter_of_another_kind_has_no_cells_to_tangle(book: Any) -> None:
    book.write("one")
    (book.root / "book/two.ipynb").write_text("{}")
    (book.root / "_toc.yml").write_text("root: book/one\nchapters:\n- file: book/two\n")
    assert parse_book(book.root).chapters[1].cells == ()


def test_a_page_without_cells_need_not_be_a_notebook(raw: Any, book: Any) -> None:
    raw("# A page\n\n```python\nx = 1\n```\n")
    assert parse_book(book.root).chapters[0].cells == ()


# ------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (":tangel: toy/m.py", "no option `:tangel:`; the loom's are `:tangle:`, `:replaces:`, `:keeps:`, `:removes:` and `:trial:`"),
        (":replaces: f", "`:replaces:` means nothing without `:tangle:`"),
        (":tangle: toy/m.py\n:trial:", "a `:trial:` cell is never tangled"),
        (":tangle:", "`:tangle:` needs the path of a module"),
        (":tangle: [a, b]", "`:tangle:` needs the path of a module"),
        (":trial: perhaps", "`:trial:` is a flag; it takes no value `perhaps`"),
        (":tangle: toy/m.py\n:replaces: f g", "`:replaces: f g` is no list of names"),
        (":tangle: toy/m.py\n:replaces: f()", "`:replaces: f()` is no list of names"),
        (":tangle: toy/m.py\n:replaces:", "is no list of names"),
        (":tangle: toy/m.py\n:keeps: C.f", "`:keeps:` means nothing without `:replaces:` of a class"),
        (":tangle: toy/m.py\n:removes: C.f", "`:removes:` means nothing without `:replaces:` of a class"),
        (":tangle: toy/m.py\n:replaces: C\n:keeps: C f", "`:keeps: C f` is no list of names such as `Value.__init__, Value.label`"),
        (":tangle: toy/m.py\n:replaces: C\n:keeps: C.f*", "`:keeps: C.f*` is no list of names"),
        (":tangle: toy/m.py\n:replaces: C\n:removes: C.*", "`:removes: C.*` is no list of names"),
        (":tangle: toy/m.py\n:replaces: C\n:keeps: C.f\n:keeps: C.g", "`:keeps:` is given twice"),
        (":tangle: toy/m.py\n:load: other.py", "`:load:` cannot be"),
        (":tags: 3", "`:tags:` needs a list"),
        (":tags: a", "`:tags:` needs a list such as `[hide-input]`"),
        (":tangle: toy/m.py\n:tangle: toy/n.py", "`:tangle:` is given twice"),
    ],
)
def test_an_option_that_says_nothing_is_refused(book: Any, refused: Any, option: str, message: str) -> None:
    (book.root / "book").mkdir()
    (book.root / "book/other.py").write_text("x = 1\n")
    book.write("one", f"```{{code-cell}}\n{option}\nx = 1\n```")
    refused(book.place("one", "{code-cell}"), message)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("../x.py", "outside the package"),
        ("toy/../x.py", "outside the package"),
        ("/tmp/x.py", "outside the package"),
        ("other/x.py", "outside the package; name a file in toy/"),
        ("x.py", "outside the package"),
        ("toy\\x.py", "outside the package"),
        (".", "outside the package"),
        ("toy/x.txt", "no plain path of a Python module"),
        ("toy/x", "no plain path of a Python module"),
        ("toy//x.py", "no plain path of a Python module"),
        ("toy/./x.py", "no plain path of a Python module"),
        ("toy/two words.py", "cannot be imported"),
        ("toy/class.py", "cannot be imported"),
        ("toy/__pycache__/x.py", "cannot be imported"),
        ("toy/con.py", "cannot be a file on Windows, which keeps `con` to itself"),
        ("toy/AUX/x.py", "keeps `AUX` to itself"),
        ("toy/lpt1.py", "keeps `lpt1` to itself"),
    ],
)
def test_a_target_is_a_module_of_the_package(book: Any, refused: Any, target: str, message: str) -> None:
    book.write("one", cell("x = 1", tangle=target))
    refused(book.place("one", "x = 1"), message)


def test_a_target_leads_through_no_symbolic_link(book: Any, refused: Any, tmp_path_factory: Any) -> None:
    book.write("one", cell("x = 1", tangle="toy/sub/m.py"))
    (book.root / "toy").mkdir()
    (book.root / "toy/sub").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    refused(book.place("one", "x = 1"), "symbolic link toy/sub")


def test_the_package_is_no_symbolic_link(book: Any, refused: Any, tmp_path_factory: Any) -> None:
    book.write("one", cell("x = 1", tangle="toy/m.py"))
    os.symlink(tmp_path_factory.mktemp("elsewhere"), book.root / "toy")
    refused(book.place("one", "x = 1"), "symbolic link toy")


def test_two_targets_differ_in_more_than_case(book: Any, refused: Any) -> None:
    book.write("one", cell("x = 1", tangle="toy/m.py"), cell("y = 1", tangle="toy/M.py"))
    refused(book.place("one", "y = 1"), "`toy/M.py` and `toy/m.py`", book.place("one", "x = 1"), "differ only in case")


def test_a_module_is_no_package_too(book: Any, refused: Any) -> None:
    book.write("one", cell("x = 1", tangle="toy/m.py"), cell("y = 1", tangle="toy/m/n.py"))
    refused(book.place("one", "y = 1"), "`toy/m.py`", book.place("one", "x = 1"), "one name")


def test_a_chapter_is_listed_once(book: Any, refused: Any) -> None:
    book.write("one", cell("x = 1", tangle="toy/m.py"))
    (book.root / "_toc.yml").write_text("root: book/one\nchapters:\n- file: book/one\n")
    refused("_toc.yml:3", "`book/one` is listed twice", "_toc.yml:1")


def test_a_listed_chapter_exists(book: Any, refused: Any) -> None:
    book.write("one", cell("x = 1", tangle="toy/m.py"))
    (book.root / "_toc.yml").write_text("root: book/one\nchapters:\n- file: book/two\n")
    refused("_toc.yml:3", "`book/two` is listed, but there is no file book/two.md")


@pytest.mark.parametrize(
    ("toc", "place", "message"),
    [
        ("root: [\n", "_toc.yml:2", "not YAML"),
        ("", "_toc.yml:1", "lists no chapter"),
        ("- a\n", "_toc.yml:1", "lists no chapter"),
        ("- file: book/one\n", "_toc.yml:1", "it needs a line `root: file`"),
        ("chapters:\n- file: book/one\n", "_toc.yml:1", "it needs a line `root: file`"),
        ("root: [a]\n", "_toc.yml:1", "a chapter must be the name of a file"),
        ("root: book/one\nchapters:\n- glob: book/*\n", "_toc.yml:3", "list the files"),
        ("root: book/one\nchapters:\n- file: ../one\n", "_toc.yml:3", "inside the book's folder"),
    ],
)
def test_a_table_of_contents_that_lists_no_files_is_refused(
    book: Any, refused: Any, toc: str, place: str, message: str
) -> None:
    book.write("one", cell("x = 1", tangle="toy/m.py"))
    (book.root / "_toc.yml").write_text(toc)
    refused(place, message)


@pytest.mark.parametrize("config", ["", "a: 1\n", "sphinx: {config: {loom_package: a/b}}\n", "- 1\n"])
def test_the_package_must_be_named(book: Any, refused: Any, config: str) -> None:
    book.write("one", cell("x = 1", tangle="toy/m.py"))
    (book.root / "_config.yml").write_text(config)
    refused("_config.yml:1", "loom_package")


@pytest.mark.parametrize("name", ["json", "loom", "class", "unittest"])
def test_the_package_takes_nobodys_name(book: Any, refused: Any, name: str) -> None:
    book.write("one", cell("x = 1", tangle=f"{name}/m.py"))
    config = book.root / "_config.yml"
    config.write_text(config.read_text().replace(": toy", f": {name}"))
    refused("_config.yml:4", f"`loom_package: {name}` is a name that Python or the loom needs")


@pytest.mark.parametrize("head", ["name: julia-1.10", "name: ir", "name: x\n  language: R", "name: pylike\n  language: bash"])
def test_a_chapter_of_another_language_is_refused(raw: Any, refused: Any, head: str) -> None:
    raw(HEAD.replace("---\n", f"---\nkernelspec:\n  {head}\n", 1) + "\n```{code-cell}\nx = 1\n```\n")
    refused("book/one.md:1", "cells run in Python, not in the kernel", "language: python")


@pytest.mark.parametrize("head", ["name: python3", "name: conda-env-py", "name: mine\n  language: python"])
def test_a_kernel_of_python_may_have_any_name(raw: Any, book: Any, head: str) -> None:
    raw(HEAD.replace("---\n", f"---\nkernelspec:\n  {head}\n", 1) + "\n```{code-cell}\nx = 1\n```\n")
    assert len(parse_book(book.root).chapters[0].cells) == 1


def test_a_chapter_is_utf_8(raw: Any, refused: Any) -> None:
    raw(b"---\nfile_format: mystnb\n---\n\ncaf\xe9\n")
    refused("book/one.md:5", "not UTF-8; save the file as UTF-8")


def test_a_chapter_has_no_byte_order_mark(raw: Any, refused: Any) -> None:
    raw("\ufeff" + HEAD)
    refused("book/one.md:1", "byte order mark")


def test_lines_end_with_a_line_feed_alone(raw: Any, refused: Any) -> None:
    raw(HEAD + "```{code-cell}\r\n:tangle: toy/m.py\r\nx = 1\r\n```\r\n")
    refused("book/one.md:4", "(CRLF); save the file with LF line ends")


@pytest.mark.parametrize("secret", ["\x0c", "\x0b", "\x85", "\u2028"])
def test_nothing_but_a_line_feed_ends_a_line(raw: Any, refused: Any, secret: str) -> None:
    raw(HEAD + f"```{{code-cell}}\nx = '{secret}'\n```\n")
    refused("book/one.md:5", repr(secret), "remove it")


def test_a_chapter_holds_no_nul(raw: Any, refused: Any) -> None:
    raw(HEAD + "text\n\na\0b\n")
    refused("book/one.md:6", "the character NUL")


@pytest.mark.parametrize("secret", ["\u202e", "\u2066", "\x08", "\x9b"])
def test_code_holds_nothing_that_nobody_sees(raw: Any, refused: Any, secret: str) -> None:
    raw(HEAD + f"```{{code-cell}}\n:tangle: toy/m.py\nx = 1\ny = '{secret}'\n```\n")
    refused("book/one.md:7", f"the character U+{ord(secret):04X}", "write it as an escape")


def test_prose_may_run_from_right_to_left(only: Any) -> None:
    assert only("A \u2067word\u2069 in Hebrew.\n") == ()


def test_code_has_no_tabs(book: Any, refused: Any) -> None:
    book.write("one", cell("def f():\n\treturn 1", tangle="toy/m.py"))
    refused(book.place("one", "return 1"), "a tab in code; indent with four spaces")


def test_a_tab_in_a_cell_that_is_not_tangled_is_no_business_of_the_loom(only: Any) -> None:
    assert len(only("```{code-cell}\nif x:\n\ty = 1\n```\n")) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("```{code-cell}\n:tangle: toy/m.py\nx = 1\n", 4),
        ("```{code-cell}\n:tangle: toy/m.py\nx = 1", 4),
        ("```{code-cell}\n", 4),
        ("```{code-cell}", 4),
        ("~~~{code-cell}\n:tangle: toy/m.py\nx = 1\n```\n", 4),
        ("text\n:::{note}\ntext\n\n```{code-cell}\nx = 1\n```\n", 5),
        ("````{code-cell}\nx = 1\n```\n", 4),
        ("- item\n  ```python\n  x = 1\n\ntext\n", 5),
    ],
)
def test_a_fence_is_closed(raw: Any, refused: Any, text: str, line: int) -> None:
    raw(HEAD + text)
    refused(f"book/one.md:{line}", "this fence is never closed")


@pytest.mark.parametrize("fence", ["```{code-cell}\n:tangle: toy/m.py", "```python", "```{note}", "```"])
def test_a_fence_that_swallows_a_cell_is_found_where_it_begins(book: Any, refused: Any, fence: str) -> None:
    book.write("one", f"Prose.\n\n{fence}\nx = 1\n", cell("y = 1", tangle="toy/m.py"))
    begun = book.line("one", fence.split("\n")[0])
    swallowed = book.line("one", "x = 1") + 3
    refused(f"book/one.md:{begun}", f"closed by the end of the cell at line {swallowed}; above it, a line ``` is missing")


@pytest.mark.parametrize(
    "text",
    [
        "::::{note}\n```{code-cell}\n:tangle: toy/m.py\nx = 1\n```\n::::\n",
        "````{note}\n```{code-cell}\n:tangle: toy/m.py\nx = 1\n```\n````\n",
        "`````{note}\n````{tip}\n```{code-cell}\nx = 1\n```\n````\n`````\n",
        "- item\n\n  ```{code-cell}\n  :tangle: toy/m.py\n  x = 1\n  ```\n",
        "> ```{code-cell}\n> :tangle: toy/m.py\n> x = 1\n> ```\n",
        "```{note}\n:::{code-cell}\n:tangle: toy/m.py\nx = 1\n:::\n```\n",
        ":::{code-cell}\n:tangle: toy/m.py\nx = 1\n:::\n",
    ],
)
def test_a_cell_inside_another_block_is_not_lost_in_silence(raw: Any, refused: Any, text: str) -> None:
    raw(HEAD + text)
    line = next(n for n, row in enumerate((HEAD + text).split("\n"), 1) if "{code-cell}" in row)
    refused(f"book/one.md:{line}", "a code cell inside another block is neither run nor tangled")


def test_a_file_with_cells_says_that_it_is_a_notebook(raw: Any, refused: Any) -> None:
    raw("# One\n\n```{code-cell}\n:tangle: toy/m.py\nx = 1\n```\n")
    refused("book/one.md:3", "a code cell in a file that is no notebook", "file_format: mystnb")


def test_options_that_are_not_yaml_are_named(raw: Any, refused: Any) -> None:
    raw(HEAD + "text\n\n```{code-cell}\n---\ntangle: [\n---\nx = 1\n```\n")
    refused("book/one.md:6", "MyST-NB cannot read this")


@pytest.mark.parametrize(
    ("option", "quoted"),
    [
        (":replaces: d['a: b']", ":replaces: \"d['a: b']\""),
        (":replaces: *", ':replaces: "*"'),
        (":tangle: [", ':tangle: "["'),
    ],
)
def test_what_yaml_takes_for_something_else_is_to_be_quoted(raw: Any, refused: Any, option: str, quoted: str) -> None:
    raw(HEAD + f"text\n\n```{{code-cell}}\n:tags: [a]\n{option}\nx = 1\n```\n")
    refused("book/one.md:8", f"quote it: `{quoted}`")


def test_a_quoted_name_is_read(only: Any) -> None:
    (cell,) = only("```{code-cell}\n:tangle: toy/m.py\n:replaces: \"d['a: b']\"\nd['a: b'] = 1\n```\n")
    assert cell.replaces == ("d['a: b']",)


def test_options_that_mean_nothing_are_named(raw: Any, refused: Any) -> None:
    raw(HEAD + "```{code-cell}\n:name: 2020-99-99\nx = 1\n```\n")
    refused("book/one.md:4", "MyST-NB cannot read this: month must be in 1..12")


def test_settings_that_are_not_yaml_are_named(book: Any, refused: Any) -> None:
    book.write("one")
    (book.root / "_config.yml").write_text("a: 1\nb: [\n")
    refused("_config.yml:3", "not YAML")


def test_a_chapter_that_cannot_be_read_is_named(book: Any, refused: Any) -> None:
    book.write("one")
    (book.root / "_config.yml").unlink()
    refused("_config.yml:1", "cannot be read: No such file")


def test_a_head_that_is_not_yaml_is_named(raw: Any, refused: Any) -> None:
    raw("---\nfile_format: mystnb\nkernelspec: 1\n---\n\n```{code-cell}\nx = 1\n```\n")
    refused("book/one.md:1", "MyST-NB cannot read this")


WORKSHOPS: dict[str, tuple[list[str], str, str]] = {  # the setting's lines; where it is wrong, and what is said
    "of another book": (["    loom_workshops:", "      - book/two", "      - book/three"], "_config.yml:7", "`book/three` among the workshops is no chapter that _toc.yml lists"),
    "with a suffix": (["    loom_workshops:", "      - book/two.md"], "_config.yml:6", "`book/two.md` among the workshops is no chapter"),
    "twice": (["    loom_workshops:", "      - book/two", "      - book/two"], "_config.yml:7", "`book/two` among the workshops stands here twice"),
    "all in one line": (["    loom_workshops: [book/two, book/three]"], "_config.yml:5", "`book/three` among the workshops"),
    "no list": (["    loom_workshops: book/two"], "_config.yml:5", "`loom_workshops` is a list of chapters"),
}


@pytest.mark.parametrize("name", WORKSHOPS)
def test_a_workshop_that_is_no_chapter_is_an_error(book: Any, refused: Any, name: str) -> None:
    book.settings, place, message = WORKSHOPS[name]
    book.write("one", cell("x = 1", tangle="toy/m.py"))
    book.write("two")
    refused(place, message)


def test_the_road_is_the_book_without_its_workshops(book: Any) -> None:
    book.settings = ["    loom_workshops:", "      - book/two"]
    for name in ("one", "two", "three"):
        book.write(name, cell(f"{name} = 1", tangle="toy/m.py"))
    parsed = parse_book(book.root)
    assert parsed.workshops == {"book/two"}
    assert [chapter.docname for chapter in parsed.road.chapters] == ["book/one", "book/three"]
    assert "two" not in tangle(parsed.road)["toy/m.py"].text


def test_a_part_is_a_caption_and_its_chapters_in_order(book: Any) -> None:
    (book.root / "_toc.yml").write_text(
        "root: a\nparts:\n- chapters:\n  - file: b\n- caption: Two\n  chapters:\n  - file: c.md\n    sections:\n    - file: d\n  - file: e\n"
    )
    assert parts(book.root) == (("", ("b",)), ("Two", ("c", "d", "e")))
    (book.root / "_toc.yml").write_text("root: a\nchapters:\n- file: b\n")
    assert parts(book.root) == ()
