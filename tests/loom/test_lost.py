"""No cell is lost in silence: what looks like a tangled cell and is none is an error, with its line."""

from __future__ import annotations

from typing import Any

import pytest
from littlebook import cell
from loom.__main__ import main
from loom.read.chapters import parse_book

HEAD = "---\nfile_format: mystnb\n---\n\n"
CELL = "```{code-cell} python\n:tangle: toy/m.py\nx = 1\n```"
REFUSED: dict[str, tuple[str, str]] = {  # a chapter, with a mark where the error is; what is said
    "indented": ("Prose.\n\n    §```{code-cell} python\n    :tangle: toy/m.py\n    x = 1\n    ```\n", "in the midst of something else"),
    "indented by a tab": ("Prose.\n\n\t§```{code-cell} python\n\t:tangle: toy/m.py\n\tx = 1\n\t```\n", "in the midst of something else"),
    "in a div": (f"<div>\n§{CELL}\n</div>\n", "in the midst of something else"),
    "in a comment": (f"<!--\n§{CELL}\n-->\n", "in the midst of something else"),
    "in a formula": (f"$$\n§{CELL}\n$$\n", "in the midst of something else"),
    "in a table": ("| a |\n|---|\n§```{code-cell} python | :tangle: toy/m.py\n", "all that may follow is a language"),
    "plain code": ("```python\n§:tangle: toy/m.py\nx = 1\n```\n", "tangles nothing"),
    "plain code, without a language": ("```\n§:tangle: toy/m.py\nx = 1\n```\n", "tangles nothing"),
    "plain code of Jupyter": ("```ipython3\n§:tangle: toy/m.py\nx = 1\n```\n", "tangles nothing"),
    "plain code in a quotation": ("> ```python\n§> :tangle: toy/m.py\n> x = 1\n> ```\n", "tangles nothing"),
    "plain code in a note": ("````{note}\n```python\n§:tangle: toy/m.py\n```\n````\n", "tangles nothing"),
    "plain code with a comment": ("```python\n§#| tangle: toy/m.py\nx = 1\n```\n", "tangles nothing"),
    "code-block": ("```{code-block} python\n§:tangle: toy/m.py\nx = 1\n```\n", "tangles nothing"),
    "code": ("```{code} python\n§:tangle: toy/m.py\nx = 1\n```\n", "tangles nothing"),
    "code-block with YAML": ("```{code-block} python\n---\n§tangle: toy/m.py\n---\nx = 1\n```\n", "tangles nothing"),
    "a directive of Quarto": ("```{python}\n§:tangle: toy/m.py\nx = 1\n```\n", "tangles nothing"),
    "a note": ("```{note}\n§:tangle: toy/m.py\nx = 1\n```\n", "tangles nothing"),
    "no fence": ("§:tangle: toy/m.py\nx = 1\n", "tangles nothing"),
    "words after the language": ("§```{code-cell} python tangle=toy/m.py\nx = 1\n```\n", "all that may follow is a language"),
    "a word for the language": ("§```{code-cell} tangle=toy/m.py\nx = 1\n```\n", "all that may follow is a language"),
    "another language": ("§```{code-cell} bash\necho 1\n```\n", "cells run in Python, not in bash"),
    "a space": ("§``` {code-cell} python\n:tangle: toy/m.py\nx = 1\n```\n", "is no code cell"),
    "capitals": ("§```{Code-Cell} python\n:tangle: toy/m.py\nx = 1\n```\n", "is no code cell"),
    "a letter missing": ("§```{code-cel} python\n:tangle: toy/m.py\nx = 1\n```\n", "is no code cell"),
    "letters exchanged": ("§```{coed-cell} python\nx = 1\n```\n", "is no code cell"),
    "an underscore": ("§```{code_cell} python\n:tangle: toy/m.py\nx = 1\n```\n", "is no code cell"),
    "no hyphen": ("§```{codecell} python\nx = 1\n```\n", "is no code cell"),
    "a word inside": ("§```{code-cell python}\n:tangle: toy/m.py\nx = 1\n```\n", "is no code cell"),
    "no braces": ("§```code-cell\n:tangle: toy/m.py\nx = 1\n```\n", "is no code cell"),
    "colons": ("§:::{code_cell} python\n:tangle: toy/m.py\nx = 1\n:::\n", "is no code cell"),
    "misspelt in a note": ("::::{note}\n§```{code_cell} python\nx = 1\n```\n::::\n", "is no code cell"),
    "without its colon": ("```{code-cell} python\n§tangle: toy/m.py\nx = 1\n```\n", "`tangle` among the code is no option"),
    "without its colon, below an option": ("```{code-cell} python\n:tags: [a]\n§tangle: toy/m.py\nx = 1\n```\n", "is no option"),
    "in a comment of the cell": ("```{code-cell} python\n§# :tangle: toy/m.py\nx = 1\n```\n", "`tangle` among the code is no option"),
    "as Quarto writes it": ("```{code-cell} python\n§#| tangle: toy/m.py\nx = 1\n```\n", "`tangle` among the code is no option"),
    "quotes for backticks": ("\'\'\'{code-cell} python\n§:tangle: toy/m.py\nx = 1\n\'\'\'\n", "tangles nothing"),
    "two backticks": ("``{code-cell} python\n§:tangle: toy/m.py\nx = 1\n``\n", "tangles nothing"),
    "another dash": ("§```{code–cell} python\n:tangle: toy/m.py\nx = 1\n```\n", "is no code cell"),
    "a cell of reStructuredText": ("```{eval-rst}\n.. code-cell:: python\n§   :tangle: toy/m.py\n```\n", "tangles nothing"),
    "below a blank line": ("```{code-cell} python\n\n§:tangle: toy/m.py\nx = 1\n```\n", "`tangle` among the code is no option"),
    "YAML below a blank line": ("```{code-cell} python\n\n---\n§tangle: toy/m.py\n---\nx = 1\n```\n", "is no option"),
    "below code": ("```{code-cell} python\nx = 1\n§:tangle: toy/m.py\n```\n", "`tangle` among the code is no option"),
    "replaces below code": ("```{code-cell} python\n:tangle: toy/m.py\nx = 1\n§:replaces: x\n```\n", "`replaces` among the code is no option"),
    "trial below a comment": ("```{code-cell} python\n# mine\n§:trial: true\nx = 1\n```\n", "`trial` among the code is no option"),
    "a conflict in prose": ("One.\n\n§<<<<<<< HEAD\nTwo.\n=======\nThree.\n>>>>>>> other\n", "a conflict marker of git"),
    "a conflict around a cell": (f"§<<<<<<< HEAD\n{CELL}\n=======\n{CELL}\n>>>>>>> other\n", "a conflict marker of git"),
    "a conflict in options": ("```{code-cell} python\n§<<<<<<< HEAD\n:tangle: toy/m.py\n=======\n:tags: [a]\n>>>>>>> other\nx = 1\n```\n", "a conflict marker of git"),
    "a conflict in code": ("```{code-cell} python\n:tangle: toy/m.py\n§<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> other\n```\n", "a conflict marker of git"),
    "half a conflict": ("One.\n§>>>>>>> other\n", "a conflict marker of git"),
    "the common ancestor": ("One.\n§||||||| 1234567\n", "a conflict marker of git"),
}


def write(book: Any, text: str) -> None:
    book.write("one", cell("y = 1", tangle="toy/n.py"))
    path = book.root / "book/one.md"
    path.write_text(path.read_text() + "\n" + text, encoding="utf-8")


@pytest.mark.parametrize("case", REFUSED)
def test_what_looks_like_a_cell_is_refused_where_it_stands(
    book: Any, refused: Any, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    text, message = REFUSED[case]
    write(book, text.replace("§", "", 1))
    marked = (book.root / "book/one.md").read_text().replace(text.replace("§", "", 1), text)
    line = marked[: marked.rindex("§")].count("\n") + 1
    said = refused(f"book/one.md:{line}", message)
    assert main(["tangle", "--check", "--root", str(book.root)]) == 2
    assert capsys.readouterr().err == said


SHOWN = {
    "in a longer fence": f"````\n{CELL}\n````\n",
    "in a longer fence of Markdown": f"````md\n{CELL}\n````\n",
    "in a longer fence of Python": f"````python\n{CELL}\n````\n",
    "in a fence of tildes": f"~~~md\n{CELL}\n~~~\n",
    "in a code-block": f"````{{code-block}} md\n{CELL}\n````\n",
    "in a code-block with a caption": f"````{{code-block}} md\n:caption: A cell\n\n{CELL}\n````\n",
    "an option in Markdown": "```md\n:tangle: toy/m.py\n```\n",
    "in prose": "A `code-cell` with `:tangle: toy/m.py` is tangled.\nTangle: a word.\ntangle: to twist together\n",
    "in a list": "- `{code-cell}` runs\n- `:tangle:` tangles\n: tangle\n",
    "in a table": "| option | |\n|---|---|\n| `:tangle: toy/m.py` | tangles |\n",
    "in a string": "```{code-cell} python\ntext = '''\n:tangle: toy/m.py\n'''\n```\n",
    "in a string, with a magic command": "````{code-cell} python\n%time x = '''\n```{code-cell}\n'''\n````\n",
    "an annotation with a value": "```{code-cell} python\ntangle: int = 3\ndef f(trial: bool): ...\n```\n",
    "commented out, line by line": "% ```{code-cell} python\n% :tangle: toy/m.py\n% ```\n",
    "another directive": "```{code-block} python\nx = 1\n```\n\n```{raw-cell}\nx\n```\n\n```{code} sh\nls\n```\n",
    "a heading that is underlined": "A title\n=======\n\nShifts: `<<<<<<<`\n\n    <<<<<<< HEAD\n    =======\n",
    "code of any language": "```bash\ntangle: x\n```\n\n```yaml\ntangle: toy/m.py\n```\n",
    "a capital": "```{code-cell} Python\nx = 1\n```\n",
}


@pytest.mark.parametrize("case", SHOWN)
def test_what_is_only_shown_or_said_may_be(book: Any, case: str) -> None:
    write(book, SHOWN[case])
    cells = parse_book(book.root).chapters[0].cells
    assert [each.target for each in cells if each.target] == ["toy/n.py"]


# ---------------------------------------------------------------------------- other files


def test_an_included_file_has_no_cells(book: Any, refused: Any) -> None:
    write(book, "```{include} parts/part.md\n```\n")
    (book.root / "book/parts").mkdir()
    (book.root / "book/parts/part.md").write_text(f"A part.\n\n{CELL}\n")
    place = book.place("one", "{include}")
    refused("book/parts/part.md:3", f"a code cell in a file that {place} includes is neither run nor tangled")
    write(book, ":::{note}\n```{include} /book/parts/part.md\n```\n:::\n")
    refused("book/parts/part.md:3", f"a code cell in a file that {book.place('one', '{include}')} includes")


def test_an_included_file_loses_no_cells(book: Any, refused: Any) -> None:
    write(book, "```{include} part.txt\n```\n")
    (book.root / "book/part.txt").write_text("```{include} other.txt\n```\n")
    (book.root / "book/other.txt").write_text("A part.\n\n```python\n:tangle: toy/m.py\n```\n")
    refused("book/other.txt:4", "tangles nothing")


@pytest.mark.parametrize("text", [f"````\n{CELL}\n````\n", "Prose.\n", "```{include} part.txt\n```\n", "```{include} one.md\n```\n"])
def test_an_included_file_may_show_a_cell(book: Any, text: str) -> None:
    write(book, "```{include} part.txt\n```\n\n```{include} missing.txt\n```\n")
    (book.root / "book/part.txt").write_text(text)
    assert len(parse_book(book.root).chapters[0].cells) == 1


def test_a_file_that_is_shown_as_it_stands_may_hold_cells(book: Any) -> None:
    write(book, "```{include} part.txt\n:literal:\n```\n\n```{literalinclude} part.txt\n```\n")
    (book.root / "book/part.txt").write_text(CELL)
    assert len(parse_book(book.root).chapters[0].cells) == 1


@pytest.mark.parametrize("path", ["book/two.md", "notes/a/two.md", "two.md"])
@pytest.mark.parametrize("text", [CELL, CELL.replace("code-cell", "Code-Cell"), CELL.replace(":tangle: toy/m.py", "---\ntangle: toy/m.py\n---")])
def test_a_chapter_that_is_not_listed_is_refused(book: Any, refused: Any, path: str, text: str) -> None:
    write(book, "")
    (book.root / path).parent.mkdir(parents=True, exist_ok=True)
    (book.root / path).write_text(HEAD + text + "\n")
    refused(f"{path}:5", "a tangled cell in a file that _toc.yml does not list")


@pytest.mark.parametrize(
    "path",
    ["drafts/two.md", "book/old-two.md", "_build/two.md", ".git/two.md", "node_modules/a/two.md", "other/book/two.md", "env/lib/two.md"],
)
def test_what_the_settings_exclude_or_tools_keep_is_no_chapter(book: Any, path: str) -> None:
    write(book, "")
    config = book.root / "_config.yml"
    config.write_text(config.read_text() + "exclude_patterns: [drafts, 'book/old-*']\n")
    for marker in ("other/_toc.yml", "env/pyvenv.cfg"):
        (book.root / marker).parent.mkdir()
        (book.root / marker).touch()
    (book.root / path).parent.mkdir(parents=True, exist_ok=True)
    (book.root / path).write_text(HEAD + CELL + "\n")
    assert len(parse_book(book.root).chapters) == 1


def test_a_file_that_is_not_listed_may_show_a_cell_and_run_one(book: Any) -> None:
    write(book, "")
    (book.root / "CONTRIBUTING.md").write_text(f"````\n{CELL}\n````\n\nThe option `:tangle:`.\n")
    (book.root / "notes.md").write_text(f"{HEAD}```{{code-cell}}\nprint('tangle')\n```\n")
    (book.root / "latin.md").write_bytes(b"tangle \xe9\n")
    assert len(parse_book(book.root).chapters) == 1


def test_one_chapter_may_be_tried_beside_files_that_are_not_listed(book: Any) -> None:
    write(book, "")
    (book.root / "book/two.md").write_text(HEAD + CELL + "\n")
    assert len(parse_book(book.root, "book/one").chapters) == 1


@pytest.mark.parametrize("name", ["_toc.yml", "_config.yml"])
def test_a_conflict_in_the_settings_is_named(book: Any, refused: Any, name: str) -> None:
    write(book, "")
    path = book.root / name
    path.write_text(path.read_text() + "<<<<<<< HEAD\n=======\n>>>>>>> other\n")
    refused(f"{name}:{path.read_text().count(chr(10)) - 2}", "a conflict marker of git")
