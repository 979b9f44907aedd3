"""Snapshots, the keys of outputs, and real little builds: the book is proved to be in order."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import loom.sphinx.running
import pytest
from littlebook import LittleBook, cell
from loom.__main__ import main
from loom.errors import LoomError
from loom.read.chapters import parse_book
from loom.run.execute import Failure, run_chapter
from loom.run.snapshots import Snapshots
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace, patch_docutils

pytestmark = pytest.mark.filterwarnings("ignore")

M = "toy/m.py"
VALUE = cell("class Value:\n    def one(self):\n        return 1", tangle=M)
TWO = cell("@extend\nclass Value:\n    def two(self):\n        return 2", tangle=M)
THREE = cell("@extend\nclass Value:\n    def three(self):\n        return 3", tangle=M)
USE = "from toy.m import Value\n"


def three_chapters(book: LittleBook) -> None:
    book.write("one", "First prose.", VALUE, cell("Value().one() + 40"))
    book.write("two", "Second prose.", TWO, cell(USE + "Value().two() + 400"))
    book.write("three", "Third prose.", cell(USE + "Value().two() + 4000"), THREE)


# ---------------------------------------------------------------------------- on disk


def snapshots(book: LittleBook, *paths: str) -> Snapshots:
    return Snapshots(parse_book(book.root), book.root / "_build" / "loom", paths)


def keys(book: LittleBook, *paths: str) -> dict[str, str]:
    made = snapshots(book, *paths)
    return {name: made.plan(f"book/{name}")["key"] for name in book.chapters}


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [name for name in before if before[name] != after[name]]


def test_a_snapshot_holds_the_package_at_the_end_of_a_chapter(book: LittleBook) -> None:
    three_chapters(book)
    made = snapshots(book)
    text = (made.store(made.after("book/two")) / M).read_text()
    assert "def two" in text and "def three" not in text


def test_a_chapter_begins_where_the_one_before_ended(book: LittleBook) -> None:
    three_chapters(book)
    made = snapshots(book)
    assert made.plan("book/three")["before"] == made.plan("book/two")["after"]


def test_before_the_first_chapter_the_package_is_empty_but_there(book: LittleBook) -> None:
    three_chapters(book)
    folder = Path(snapshots(book).plan("book/one")["before"])
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*.py")] == ["toy/__init__.py"]


def test_snapshots_are_named_by_their_content_and_leave_nothing_else(book: LittleBook) -> None:
    three_chapters(book)
    made = snapshots(book)
    first = sorted(str(made.store(made.after(f"book/{name}"))) for name in book.chapters)
    again = snapshots(book)
    assert sorted(str(again.store(again.after(f"book/{name}"))) for name in book.chapters) == first
    assert len(list((made.home / "snapshots").iterdir())) == 3


def test_prose_changes_no_key(book: LittleBook) -> None:
    three_chapters(book)
    before = keys(book)
    book.write("one", "Other prose,\n\nmuch longer.", VALUE, "And more.", cell("Value().one() + 40"))
    assert changed(before, keys(book)) == []


def test_tangled_code_changes_the_keys_of_this_chapter_and_the_later_ones(book: LittleBook) -> None:
    three_chapters(book)
    before = keys(book)
    book.write("two", TWO.replace("2", "2.0"), cell(USE + "Value().two() + 400"))
    assert changed(before, keys(book)) == ["two", "three"]


def test_an_untangled_cell_changes_the_key_of_its_chapter_only(book: LittleBook) -> None:
    three_chapters(book)
    before = keys(book)
    book.write("two", "Second prose.", TWO, cell(USE + "Value().two() + 401"))
    assert changed(before, keys(book)) == ["two"]


def beside(book: LittleBook, files: dict[str, str]) -> None:
    """Files of book/figures."""
    for name, text in files.items():
        path = book.root / "book" / "figures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_figure_code_changes_the_keys_of_the_chapters_that_import_it(book: LittleBook) -> None:
    book.write("one", VALUE, cell("from figures.plots import curve"))
    book.write("two", cell("def late():\n    from figures import style\n    return style"))
    book.write("three", cell("40 + 2"))
    beside(book, {"style.py": "WIDTH = 1", "plots/__init__.py": "", "plots/curve.py": "from figures.style import WIDTH", "other.py": ""})
    before = keys(book, "book/figures")
    beside(book, {"style.py": "WIDTH = 2"})
    assert changed(before, keys(book, "book/figures")) == ["one", "two"]
    beside(book, {"style.py": "WIDTH = 1", "plots/curve.py": "from ..style import WIDTH"})
    assert changed(before, keys(book, "book/figures")) == ["one"]
    beside(book, {"plots/curve.py": "from figures.style import WIDTH", "other.py": "unused = 1"})
    (book.root / "book" / "figures" / "__pycache__").mkdir()
    (book.root / "book" / "figures" / "__pycache__" / "style.pyc").write_text("compiled")
    assert changed(before, keys(book, "book/figures")) == []


def test_data_counts_for_those_who_import_what_lies_beside_it_or_name_it(book: LittleBook) -> None:
    book.write("one", VALUE, cell("from figures import style"))
    book.write("two", cell("open('figures/size.json')"))
    book.write("three", cell("40 + 2"))
    beside(book, {"style.py": "", "size.json": "1"})
    before = keys(book, "book/figures")
    beside(book, {"size.json": "2"})
    assert changed(before, keys(book, "book/figures")) == ["one", "two"]


def test_a_lock_file_changes_all_keys(book: LittleBook) -> None:
    three_chapters(book)
    beside(book, {"style.py": ""})
    (book.root / "lock.txt").write_text("numpy==1")
    before = keys(book, "book/figures", "lock.txt")
    (book.root / "lock.txt").write_text("numpy==2")
    assert changed(before, keys(book, "book/figures", "lock.txt")) == ["one", "two", "three"]


def test_a_module_whose_name_stands_in_no_import_is_refused(book: LittleBook, capsys: pytest.CaptureFixture[str]) -> None:
    hidden = "import importlib\nimportlib.import_module('figures.' + 'style').WIDTH"
    book.write("one", VALUE, cell(hidden))
    beside(book, {"__init__.py": "", "style.py": "WIDTH = 1"})
    config = book.root / "_config.yml"
    config.write_text(config.read_text() + "    loom_runtime_paths: [book/figures]\n")
    assert not run_chapter(book.root, "one")
    assert "book/one.md: figures.style is imported without its name standing in an import; write " in capsys.readouterr().out
    book.write("one", VALUE, cell("import figures.style\n" + hidden))
    assert run_chapter(book.root, "one")


def test_a_path_that_decides_outputs_must_exist(book: LittleBook) -> None:
    three_chapters(book)
    with pytest.raises(LoomError, match="_config.yml:1: `loom_runtime_paths` names book/figures, which does not exist"):
        keys(book, "book/figures")


def test_a_definition_of_an_earlier_chapter_is_named_by_its_own_place() -> None:
    assert str(Failure("book/two.md", 1, "book/one.md:9: toy.m.f is not what the chapter ran")).startswith("book/one")
    assert str(Failure("book/two.md", 7, "KeyError: 'x'")) == "book/two.md:7: KeyError: 'x'"


def test_what_runs_in_the_kernel_changes_all_keys(book: LittleBook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    three_chapters(book)
    before = keys(book)
    other = tmp_path / "inside" / "__init__.py"
    other.parent.mkdir()
    other.write_text("another")
    monkeypatch.setattr("loom.inside.__file__", str(other))
    assert changed(before, keys(book)) == ["one", "two", "three"]


def test_a_book_in_another_folder_has_the_same_keys(book: LittleBook, tmp_path_factory: pytest.TempPathFactory) -> None:
    three_chapters(book)
    other = LittleBook(tmp_path_factory.mktemp("other"))
    three_chapters(other)
    assert keys(book) == keys(other)


def test_no_place_is_in_what_outputs_are_kept_under(book: LittleBook) -> None:
    from loom.run.execute import prepare

    three_chapters(book)
    plan = snapshots(book).plan("book/two")
    text = json.dumps(prepare(plan, [("x = 1", ["hide-input"])]))
    assert "two.md" not in text and str(book.root) not in text and "hide-input" not in text


# ---------------------------------------------------------------------------- little builds


@dataclass
class Built:
    ran: list[str]
    read: list[str]
    said: str
    warned: str
    error: str
    html: Path

    def page(self, name: str) -> str:
        return (self.html / "book" / f"{name}.html").read_text(encoding="utf-8")


Builder = Callable[..., Built]


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Iterator[Builder]:
    """Build a little book with Sphinx and MyST-NB; the result says which chapters ran."""

    def make(book: LittleBook, builder: str = "dummy", parallel: int = 0, **settings: Any) -> Built:
        ran: list[str] = []
        read: list[str] = []
        execute = loom.sphinx.running.execute

        def counting(notebook: Any, plan: Any, *rest: Any, **options: Any) -> Any:
            ran.append(plan["chapter"].removeprefix("book/"))
            return execute(notebook, plan, *rest, **options)

        said, warned, error = io.StringIO(), io.StringIO(), ""
        config = {
            "extensions": ["myst_nb", "sphinx_external_toc", "loom.sphinx.running"],
            "exclude_patterns": ["_build"],
            "nb_execution_mode": "cache",
            "html_theme": "basic",
            **settings,
        }
        out = book.root / "_build"
        with monkeypatch.context() as patch, patch_docutils(), docutils_namespace():
            patch.setattr(loom.sphinx.running, "execute", counting)
            try:
                app = Sphinx(
                    str(book.root), None, str(out / "html"), str(out / ".doctrees"), builder,
                    confoverrides=config, status=said, warning=warned, parallel=parallel,
                )  # fmt: skip
                app.connect("source-read", lambda app, name, text: read.append(name.removeprefix("book/")))
                app.build()
            except SphinxError as raised:
                error = f"{raised.category}: {raised}"
        return Built(ran, sorted(read), said.getvalue(), warned.getvalue(), error, out / "html")

    yield make


def test_each_chapter_runs_once_and_again_only_when_it_must(book: LittleBook, build: Builder) -> None:
    three_chapters(book)
    first = build(book)
    assert (sorted(first.ran), first.error, first.warned) == (["one", "three", "two"], "", "")

    nothing = build(book)
    assert (nothing.ran, nothing.read) == ([], [])

    book.write("one", "Other prose.\n\nMore.", VALUE, "*And* more.", cell("Value().one() + 40"))
    prose = build(book)
    assert (prose.ran, prose.read) == ([], ["one"])

    book.write("two", "Second prose.", TWO.replace("return 2", "return 1 + 1"), cell(USE + "Value().two() + 400"))
    code = build(book)
    assert (code.ran, code.read) == (["three", "two"], ["three", "two"])

    book.write("two", "Second prose.", TWO.replace("return 2", "return 1 + 1"), cell(USE + "Value().two() + 401"))
    shown = build(book)
    assert (shown.ran, shown.read) == (["two"], ["two"])


def test_captions_and_display_tags_run_nothing_again(book: LittleBook, build: Builder) -> None:
    book.write("one", cell("1 + 1"))
    assert build(book).ran == ["one"]
    book.write("one", "```{code-cell} python\n---\ntags: [hide-input]\nmystnb:\n  image: {alt: two}\n---\n1 + 1\n```")
    again = build(book)
    assert (again.ran, again.read) == ([], ["one"])


def test_a_kept_output_is_that_of_the_run(book: LittleBook, build: Builder) -> None:
    three_chapters(book)
    first = build(book, "html")
    pages = {name: first.page(name) for name in book.chapters}
    shutil.rmtree(book.root / "_build" / "html")
    shutil.rmtree(book.root / "_build" / ".doctrees")
    second = build(book, "html")
    assert second.ran == []
    assert {name: second.page(name) for name in book.chapters} == pages
    assert "41" in pages["one"] and "402" in pages["two"] and "4002" in pages["three"]


def test_two_builds_of_a_book_are_the_same_byte_for_byte(
    book: LittleBook, build: Builder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = []
    for one in (book, LittleBook(tmp_path_factory.mktemp("other"))):
        three_chapters(one)
        one.write("four", cell("object()"), cell("print({'a', 'b'})"), cell("1 / 0", tags="[raises-exception]"))
        assert build(one, "html").error == ""
        out = one.root / "_build"
        files = [*(out / "html" / "book").glob("*.html"), *(out / "jupyter_execute" / "book").glob("*.ipynb")]
        found.append({file.name: file.read_bytes() for file in files})
    assert len(found[0]) == 8 and found[0] == found[1]
    assert "object at 0x…" in found[0]["four.ipynb"].decode()


def test_hidden_cells_reach_neither_pages_nor_downloads(book: LittleBook, build: Builder) -> None:
    three_chapters(book)
    built = build(book, "html")
    download = (book.root / "_build" / "jupyter_execute" / "book" / "one.ipynb").read_text(encoding="utf-8")
    for text in (built.page("one"), download):
        assert "loom.inside" not in text and "LOOM" not in text
    cells = [c for c in json.loads(download)["cells"] if c["cell_type"] == "code"]
    assert [c["execution_count"] for c in cells] == [1, 2]
    assert cells[1]["outputs"][0]["execution_count"] == 2
    assert [c["id"] for c in json.loads(download)["cells"]] == [f"cell-{n}" for n in range(3)]


def test_a_chapter_that_uses_what_comes_later_fails_naming_the_line(book: LittleBook, build: Builder) -> None:
    book.write("one", VALUE)
    book.write("two", "Prose.", cell(USE + "value = Value()\nvalue.three()"))
    book.write("three", THREE)
    built = build(book)
    message = f"{book.place('two', 'value.three()')}: AttributeError: 'Value' object has no attribute 'three'"
    assert built.error == f"The book is not in order: {message}"
    assert message in built.warned
    assert build(book).error == built.error, "a failure is not kept"


FAILING = {
    "an exception in a function of an earlier cell": (
        [cell("def f():\n    return 1 / 0"), cell("x = 1\n\nf()  # here")],
        "f()  # here",
        "ZeroDivisionError: division by zero",
    ),
    "a cell that does not parse": (
        [cell("x = 1\ny = = 2")],
        "y = = 2",
        "SyntaxError: invalid syntax",
    ),
    "an import of what is not there yet": (
        [cell("from toy.later import f")],
        "from toy.later",
        "ModuleNotFoundError: No module named 'toy.later'",
    ),
    "a tangled cell": (
        [cell("x = 1\ny = x / 0", tangle=M)],
        "y = x / 0",
        "ZeroDivisionError: division by zero",
    ),
    "an unmarked change": (
        [VALUE, cell("Value.one = None")],
        "Value.one = None",
        "this cell changes toy.m.Value.one, which the book tangles. Mark the cell `:trial: true`",
    ),
    "an unmarked change that hides behind a tag": (
        [VALUE, cell("Value.one = None", tags="[raises-exception]")],
        "Value.one = None",
        "this cell changes toy.m.Value.one, which the book tangles. Mark the cell `:trial: true`",
    ),
    "a tangled cell that does not run": (
        [cell("def f():\n    pass", tangle=M, tags="[skip-execution]")],
        "def f",
        "toy.m is not what the chapter ran: no cell of the chapter ran",
    ),
    "a definition that does not run": (
        [VALUE, cell("def f():\n    pass", tangle=M, tags="[skip-execution]")],
        "def f",
        "toy.m.f is not what the chapter ran: the package defines it, but it did not run",
    ),
}


@pytest.mark.parametrize("case", FAILING.values(), ids=list(FAILING))
def test_a_failing_cell_fails_the_build_naming_its_line(
    case: tuple[list[str], str, str], book: LittleBook, build: Builder
) -> None:
    blocks, line, message = case
    book.write("one", "Prose.", *blocks)
    error = build(book).error
    assert error.startswith(f"The book is not in order: {book.place('one', line)}: {message}"), error


def test_a_cell_that_is_meant_to_fail_fails_nothing(book: LittleBook, build: Builder) -> None:
    book.write("one", VALUE, cell("Value().three()", tags="[raises-exception]"), cell("x = 1"))
    built = build(book, "html")
    assert (built.error, built.warned) == ("", "")
    page = built.page("one")
    assert "has no attribute" in page
    assert "Traceback" not in page and "one.md:" not in page and "loom" not in page


def test_all_failing_chapters_are_named(book: LittleBook, build: Builder) -> None:
    book.write("one", cell("1 / 0"))
    book.write("two", cell("2 / 0"))
    error = build(book).error
    assert book.place("one", "1 / 0") in error and book.place("two", "2 / 0") in error


def test_a_cell_that_takes_too_long_is_named(book: LittleBook, build: Builder) -> None:
    book.write("one", cell("import time\ntime.sleep(3600)"))
    error = build(book, nb_execution_timeout=10).error  # the cells before it, of the loom's own, take a moment
    assert error == f"The book is not in order: {book.place('one', 'import time')}: not done after 10 s"


def test_a_mistake_in_tangling_stops_the_build_with_its_message_alone(book: LittleBook, build: Builder) -> None:
    book.write("one", VALUE)
    book.write("two", cell("@extend\nclass Other:\n    x = 1", tangle=M))
    built = build(book)
    assert built.error.startswith(f"The book is not in order: {book.place('two', 'class Other')}: ")
    assert built.ran == [] and "Traceback" not in built.error + built.warned


def test_trials_in_a_build(book: LittleBook, build: Builder) -> None:
    book.write("one", VALUE)
    book.write(
        "two",
        cell("from toy.m import Value\nvalue = Value()"),
        cell("@extend\nclass Value:\n    def one(self):\n        return 'wrong'", trial="true"),
        cell("value.one() + ' as shown'"),
        TWO,
        cell("f'{value.one()} after all'"),
    )
    built = build(book, "html")
    assert built.error == ""
    assert "wrong as shown" in built.page("two") and "1 after all" in built.page("two")


def test_a_new_head_in_a_build(book: LittleBook, build: Builder) -> None:
    book.write("one", VALUE, TWO)
    book.write(
        "two",
        cell("class Value:\n    __slots__ = ()", tangle=M, replaces="Value", keeps="Value.*"),
        cell("Value().two(), hasattr(Value(), '__dict__')"),
    )
    assert build(book).error == ""


def test_what_a_cell_prints_in_pieces_is_one_text(book: LittleBook, build: Builder) -> None:
    book.write("one", cell("import time\nfor text in 'a  ', '\\nb\\n':\n    print(text, end='', flush=True)\n    time.sleep(0.3)"))
    assert "a  \nb\n" in build(book, "html").page("one")


def test_glued_values_are_kept(book: LittleBook, build: Builder) -> None:
    glued = cell("from myst_nb import glue\nglue('seven', 7.25, display=False)", tags="[remove-cell]")
    book.write("one", glued, "It is {glue:text}`seven`.")
    assert "It is <span" in build(book, "html").page("one")
    book.write("one", glued, "Still it is {glue:text}`seven`.")
    built = build(book, "html")
    assert built.ran == [] and "7.25" in built.page("one")


def test_pages_without_cells_start_no_kernel(book: LittleBook, build: Builder) -> None:
    book.write("one", "Prose only.")
    built = build(book)
    assert (built.ran, built.error) == ([], "")


def test_chapters_read_in_parallel_fail_all_the_same(book: LittleBook, build: Builder) -> None:
    for number in range(6):
        book.write(f"c{number}", cell(f"{number} + 1") if number != 4 else cell("4 / 0"))
    assert book.place("c4", "4 / 0") in build(book, parallel=2).error


def test_the_kernel_is_this_interpreter(
    book: LittleBook, build: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / "jupyter" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    spec = {"argv": ["/nowhere/python", "{connection_file}"], "display_name": "Foreign", "language": "python"}
    (foreign / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    book.write("one", cell(f"import sys\nassert sys.executable == {sys.executable!r}"))
    assert build(book).error == ""


def test_the_build_leaves_the_package_folder_alone(book: LittleBook, build: Builder) -> None:
    three_chapters(book)
    assert build(book).error == ""
    assert not (book.root / "toy").exists()


# ---------------------------------------------------------------------------- one chapter by hand


def test_run_tells_each_cell_with_its_place(book: LittleBook) -> None:
    three_chapters(book)
    said: list[str] = []
    assert run_chapter(book.root, "two", say=said.append)
    assert said[0] == f"── book/two.md:{book.line('two', '@extend')}  toy/m.py"
    assert "402" in said
    assert said[-1].startswith("\nbook/two: 2 cells in ")


def test_run_stops_at_a_failure_and_names_it(
    book: LittleBook, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    book.write("one", VALUE, cell("x = 1\nValue().two()"))
    monkeypatch.chdir(book.root)
    assert main(["run", "book/one.md"]) == 1
    assert f"book/one.md:{book.line('one', 'Value().two()')}: AttributeError" in capsys.readouterr().out


def test_run_heeds_no_later_chapter(book: LittleBook) -> None:
    three_chapters(book)
    book.write("three", cell("this does not parse", tangle=M))
    assert run_chapter(book.root, "book/two", say=lambda text: None)


def test_run_reads_the_markdown_that_the_book_has_chosen(book: LittleBook) -> None:
    book.write("one", "```{code-cell}\nprint(1)\n```\n\n:::{note}\nIn this book, three colons are text.\n")
    config = book.root / "_config.yml"
    config.write_text(config.read_text() + "parse: {myst_enable_extensions: [dollarmath]}\n")
    assert run_chapter(book.root, "one", say=lambda text: None)


def test_run_against_a_folder_needs_no_earlier_chapter(book: LittleBook) -> None:
    three_chapters(book)
    ready = book.root / "ready" / "toy"
    ready.mkdir(parents=True)
    (ready / "__init__.py").write_text("")
    (ready / "m.py").write_text("class Value:\n    def two(self):\n        return 20\n")
    book.write("two", cell("this does not parse", tangle=M))
    said: list[str] = []
    assert run_chapter(book.root, "three", book.root / "ready", said.append)
    assert "4020" in said


def test_run_of_an_unknown_chapter_lists_the_chapters(
    book: LittleBook, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    three_chapters(book)
    monkeypatch.chdir(book.root)
    assert main(["run", "four"]) == 2
    assert "no chapter `four`; the book has: book/one, book/two, book/three" in capsys.readouterr().err


def test_a_name_that_two_chapters_share_is_told(
    book: LittleBook, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    book.write("a/x", cell("print('this one')"))
    book.write("b/x", cell("print('that one')"))
    monkeypatch.chdir(book.root)
    for command in (["run", "x"], ["snapshot", "x", "--out", "out"]):
        assert main(command) == 2
        assert "`x` may be book/a/x or book/b/x; say which" in capsys.readouterr().err
    for name in ("a/x", "book/a/x", "book/a/x.md"):
        assert main(["run", name]) == 0
        assert "this one" in capsys.readouterr().out


@pytest.mark.parametrize(("folder", "message"), [("/nope", "no folder"), ("empty", "no package `toy`")])
def test_run_against_what_holds_no_package_is_refused(
    book: LittleBook, folder: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    book.write("one", cell("print(1)"))
    (book.root / "empty").mkdir()
    against = str(book.root / folder)
    assert main(["run", "one", "--against", against, "--root", str(book.root)]) == 2
    assert f"--against {against}: {message}" in capsys.readouterr().err


def test_a_full_disk_is_told_with_a_file_and_leaves_no_half_of_a_snapshot(
    book: LittleBook, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    three_chapters(book)

    def full(path: Path, text: str, last: bool) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("loom.files.stage", full)
    monkeypatch.chdir(book.root)
    assert main(["run", "three"]) == 2
    assert re.fullmatch(r"loom: _build/loom/snapshots/\w+/toy/\w+\.py: No space left on device\n", capsys.readouterr().err)
    assert [path for path in (book.root / "_build").rglob("*") if path.is_file()] == []
    monkeypatch.undo()
    assert main(["run", "three", "--root", str(book.root)]) == 0
