"""The chapters as notebooks: each runs from top to bottom, alone, as it does in the book."""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from loom.read.chapters import parse_book
from loom.read.markdown import reader
from loom.run.beside import runtime_paths
from loom.run.snapshots import Snapshots
from nbclient import NotebookClient
from nbformat import NotebookNode
from notebooks.make import figure, names, notebook
from notebooks.plain import Known, parts, prose, sections
from parcels import slug

ROOT = Path(__file__).resolve().parents[2]

#: In this test's kernel the book's own folders are installed; a reader's machine has none of them.
ALONE = f"""\
import sys
sys.path[:] = [folder for folder in sys.path
               if folder != {str(ROOT)!r} and not folder.startswith({str(ROOT / 'book')!r})]
"""
#: What was imported must have come out of the first cell.
OWN = """\
strange = [name for name, module in sys.modules.items() if name.partition('.')[0] in ('bench', 'micrograd', 'figures', 'loom')
           and not str(getattr(module, '__file__', home)).startswith(home)]
print(strange)
"""


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Snapshots:
    return Snapshots(parse_book(ROOT), tmp_path_factory.mktemp("loom"), runtime_paths(ROOT))


def made(snapshots: Snapshots, docname: str) -> NotebookNode:
    folders = [ROOT / path for path in snapshots.beside.paths if (ROOT / path).is_dir()]
    return notebook(snapshots, docname, folders)


@pytest.fixture(scope="module")
def notebooks(snapshots: Snapshots) -> dict[str, NotebookNode]:
    return {docname: made(snapshots, docname) for docname in chapters()}


def chapters() -> list[str]:
    return [chapter.docname for chapter in parse_book(ROOT).chapters if chapter.cells]


def run(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run a notebook in a folder and a kernel that know nothing of the book."""
    around = [nbformat.v4.new_code_cell(source) for source in (ALONE, OWN)]
    whole = nbformat.v4.new_notebook(cells=[around[0], *notebook.cells, around[1]], metadata=notebook.metadata)
    NotebookClient(whole, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()
    assert told(whole.cells[-1]) == "[]\n"
    return whole


def told(cell: NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream" and output.name == "stdout")


def errors(cells: list[NotebookNode]) -> list[str]:
    return [output.ename for cell in cells if cell.cell_type == "code" for output in cell.outputs if output.output_type == "error"]


# Every chapter


@pytest.mark.parametrize("docname", chapters())
def test_a_chapter_runs_from_top_to_bottom(
    notebooks: dict[str, NotebookNode], docname: str, tmp_path: Path
) -> None:
    """Cells that fail in the book fail here too, and no others do.  What has passed once is not run again."""
    notebook = notebooks[docname]
    key = hashlib.sha256(f"{nbformat.writes(notebook)}{sys.version}".encode()).hexdigest()
    passed = ROOT / "_build" / "notebooks" / f"{slug(docname)}-{key[:20]}"
    if passed.exists():
        return
    ran = run(notebook, tmp_path)
    for cell in ran.cells:
        if cell.cell_type == "code":
            raised = bool(errors([cell]))
            assert raised == ("raises-exception" in cell.metadata.get("tags", [])), cell.source
    passed.parent.mkdir(parents=True, exist_ok=True)
    for old in passed.parent.glob(f"{slug(docname)}-*"):
        old.unlink()
    passed.touch()


@pytest.mark.parametrize("docname", chapters())
def test_nothing_of_the_pages_own_markup_is_left(notebooks: dict[str, NotebookNode], docname: str) -> None:
    for cell in notebooks[docname].cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"```.*?```|``.*?``", "", cell.source, flags=re.S)
            assert not re.search(r"\{[a-z:]+\}`|^:::|^\([\w-]+\)=$|^\{\.", text, re.M), cell.source


@pytest.mark.parametrize("docname", chapters())
def test_a_notebook_is_valid_and_its_cells_are_the_chapters(
    notebooks: dict[str, NotebookNode], snapshots: Snapshots, docname: str
) -> None:
    notebook = notebooks[docname]
    nbformat.validate(notebook)
    sources = [re.sub(r"\A(%%tangle .*|trial\(\).*)\n", "", cell.source) for cell in notebook.cells[1:]
               if cell.cell_type == "code" and not cell.source.startswith("%%exercise")]
    assert sources == [cell.source for cell in snapshots.chapter(docname).cells]
    assert [cell.id for cell in notebook.cells] == [f"cell-{n}" for n in range(len(notebook.cells))]


def test_the_same_chapter_is_the_same_bytes(snapshots: Snapshots) -> None:
    docname = chapters()[-1]
    assert nbformat.writes(made(snapshots, docname)) == nbformat.writes(made(snapshots, docname))


# How cells work in there


@pytest.fixture(scope="module")
def tried(snapshots: Snapshots, tmp_path_factory: pytest.TempPathFactory) -> list[NotebookNode]:
    """A chapter's first cell, and then cells of a curious reader."""
    notebook = made(snapshots, "book/accumulate")
    sources = [
        "from micrograd.engine import Value\nold = Value(3.0)",
        "%%tangle micrograd/engine.py\n@extend\nclass Value:\n    def twice(self):\n        return self + self",
        "print(old.twice().data, Value.twice.__module__)",
        "trial()\nValue.twice = lambda self: 'wrong'",
        "print(old.twice())",
        "%%tangle micrograd/engine.py\ndef later():\n    return Value(1.0).twice().data",
        "print(old.twice().data, later())",
        "%%exercise nothing-here\n...",
        "%%tangle\nx = 1",
    ]
    answers = {
        cell.source.split()[1]: cell.source for cell in notebook.cells if cell.source.startswith("%%exercise")
    }
    name, start = next(iter(answers.items()))
    sources += [start, f"%%exercise {name}\nraise KeyError('lost')", f"%%exercise {name}\nwhile True: pass",
                f"%%exercise {name}\nfrom micrograd.engine import Value\ndel Value.twice", "print(old.twice().data)"]
    cells = [notebook.cells[0], *(nbformat.v4.new_code_cell(source) for source in sources)]
    for cell in cells[8:10]:
        cell.metadata["tags"] = ["raises-exception"]
    notebook.cells = cells
    return run(notebook, tmp_path_factory.mktemp("reader")).cells[2:-1]


def test_a_tangled_cell_changes_the_class_that_is_there(tried: list[NotebookNode]) -> None:
    assert told(tried[2]) == "6.0 micrograd.engine\n"


def test_a_trial_holds_until_the_next_tangled_cell(tried: list[NotebookNode]) -> None:
    assert told(tried[4]) == "wrong\n" and told(tried[6]) == "6.0 2.0\n"


def test_a_slip_in_a_magic_is_told(tried: list[NotebookNode]) -> None:
    assert errors(tried[7:9]) == ["ValueError", "ValueError"]
    assert "this chapter's exercises are ex-" in str(tried[7].outputs) and "micrograd/engine.py" in str(tried[8].outputs)


def test_an_unfinished_exercise_is_told_what_it_lacks(tried: list[NotebookNode]) -> None:
    assert told(tried[9]).startswith("Not yet. ")


def test_an_answer_that_breaks_or_never_ends_is_told_so(tried: list[NotebookNode]) -> None:
    assert told(tried[10]) == "It stops with an error (line 1): KeyError: 'lost'\n"
    assert told(tried[11]).startswith("Not done after 10 seconds. Is there an endless loop (line 1)?")


def test_what_an_answer_does_to_the_package_is_taken_back(tried: list[NotebookNode]) -> None:
    assert told(tried[13]) == "6.0\n"


# The text


@pytest.mark.parametrize("text, said", [
    ("{data}`2.0` and {grad}`-3.0`", "2.0 and −3.0"),
    ("{data}`{loss:.2f}`, {glue:text}`loss:.3f`", "0.12, 0.125"),
    ("{glue:text}`unknown`", "…"),
    ("{term}`graphs <graph>`, {term}`node`", "graphs, node"),
    ("{cite}`one1970` {cite:t}`one1970`", "(One 1970) One 1970"),
    ("see {numref}`fig-a`", "see figure 2"),
    ("{.opening}\nText", "Text"),
    ("(target)=\n## Title", "## Title"),
    ("% a comment\nText", "Text"),
    ("$$\nx\n$$ (eq)", "$$\nx\n$$"),
    ("[words](other.md#there)", "[words](https://x.org/other.html#there)"),
    ("[words](https://y.org)", "[words](https://y.org)"),
    ("[words](#nowhere)", "words"),
    ("`` {data}`2.0` `` stays", "`` {data}`2.0` `` stays"),
    ("`rules[op](g)` and ``a[b](c)``", "`rules[op](g)` and ``a[b](c)``"),
    ("[`code` here](other.md#there)", "[`code` here](https://x.org/other.html#there)"),
    ("```python\n% kept\nf[i](x)\n```\n[words](#nowhere)", "```python\n% kept\nf[i](x)\n```\nwords"),
    ("`{x: 1}` and {other}`thing`", "`{x: 1}` and `thing`"),
    ("```\nf[i](x)\n````\n[words](#nowhere)\n\n```\nx\n```", "```\nf[i](x)\n````\nwords\n\n```\nx\n```"),
    ("``` `` ``` is code\n[words](#nowhere)\n\n```\nx\n```", "``` `` ``` is code\nwords\n\n```\nx\n```"),
    ("A list:\n\n    f[i](x)", "A list:\n\n    f[i](x)"),
    ("(a.b:c)=\n## Title", "## Title"),
    ("Above.\n\n  % a comment\n  % of two lines\n\nText", "Above.\n\n\nText"),
    ("Above.\n\n+++\n\nText", "Above.\n\n\nText"),
])
def test_markup_in_plain_words(text: str, said: str) -> None:
    known = Known({"loss": "0.125"}, {"fig-a": 2}, {}, {"one1970": "One 1970"},
                  {"other.md#there": "https://x.org/other.html#there"}.get)
    assert prose(text, known) == said


def test_a_text_is_divided_into_prose_and_directives() -> None:
    text = "Before.\n\n```{margin} Aside\n:class: x\nInside.\n```\n\n```python\n:::{not}\n```\n\n::::{exercise} Do\n:name: ex-a\n\nIt.\n::::\n"
    first, margin, between, exercise, _ = parts(text, reader(["colon_fence"]))
    assert first.strip() == "Before." and ":::{not}" in between
    assert (margin.name, margin.title, margin.options, margin.body) == ("margin", "Aside", {"class": "x"}, "Inside.")
    assert (exercise.title, exercise.options["name"], exercise.body.strip()) == ("Do", "ex-a", "It.")


def directive(text: str) -> Any:
    return list(parts(text, reader(["colon_fence"])))[1]


def test_options_are_read_as_the_page_reads_them() -> None:
    assert directive(":::{exercise} Do\n:name: 'ex-a'\n:::\n").options["name"] == "ex-a"
    assert directive(":::{exercise} Do\n---\nname: ex-a\n---\nIt.\n:::\n").body == "It."
    assert directive(':::{image} a.png\n:alt: "A net: two # layers"\n:::\n').options["alt"] == "A net: two # layers"
    cell = directive("```{code-cell} python\n:mystnb: {figure: {name: fig-a, caption: A}}\nx = 1\n```\n")
    assert (figure(cell.options), cell.body) == ("fig-a", "x = 1")


def test_a_part_that_takes_no_options_is_all_body() -> None:
    assert directive(":::{hint}\n:smile: is a name.\n:::\n").body == ":smile: is a name."


def test_a_line_ends_where_an_editor_ends_it() -> None:
    before, note, after = parts("One\u2028line.\n\n:::{note} Aside\nInside.\n:::\nAfter.", reader(["colon_fence"]))
    assert (before, note.body, after) == ("One\u2028line.\n", "Inside.", "After.")


def test_a_comment_in_code_that_is_shown_begins_no_section() -> None:
    text = "# Title\n\n```python\n# a comment\nx = 1\n```\n\n## Below"
    assert list(sections(text, reader([]))) == ["", "# Title\n\n```python\n# a comment\nx = 1\n```\n", "## Below"]


def test_names_of_places_are_those_that_the_page_has() -> None:
    text = ("(here)=\n# Title\n\n```yaml\nname: not-here\n```\n\n::::{exercise} Do\n:name: ex-a\n\n:::{note}\n:name: aside\n"
            ":::\n::::\n\n```{code-cell}\n---\nmystnb:\n  figure:\n    name: fig-a\n---\nx = 1\n```\n")
    assert list(names(text, reader(["colon_fence"]))) == ["here", "ex-a", "aside", "fig-a"]


# On the site


def test_every_chapter_leads_to_its_notebook(site: Path) -> None:
    for docname in chapters():
        page = (site / f"{docname}.html").read_text(encoding="utf-8")
        found = re.search(r'<a href="([^"]+\.ipynb)" download>Download this chapter as a notebook</a>', page)
        assert found, docname
        nbformat.validate(nbformat.read((site / f"{docname}.html").parent / found[1], 4))


def test_the_numbers_in_the_text_are_those_of_the_build(site: Path) -> None:
    assert re.search(r"Of two hundred nets, \d+ learn AND", (site / "notebooks" / "losses.ipynb").read_text(encoding="utf-8"))
