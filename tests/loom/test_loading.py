"""The package is imported as a reader would import it."""

from __future__ import annotations

from typing import Any

import pytest
from littlebook import LittleBook, cell
from loom.inside.session import ChapterError

M = "toy/m.py"

NOTEBOOK_ONLY = {
    "extend": "x = extend",
    "display": "Y = display",
    "get_ipython": "SH = get_ipython()",
    "in a function": "def f():\n    display(1)",
    "as a decorator in a function": "def f():\n    @extend\n    class C: ...",
}


@pytest.mark.parametrize("source", NOTEBOOK_ONLY.values(), ids=list(NOTEBOOK_ONLY))
def test_a_tangled_cell_may_not_use_what_only_a_notebook_has(source: str, book: LittleBook, refused: Any) -> None:
    book.write("one", cell(source, tangle=M))
    name = next(name for name in ("extend", "display", "get_ipython") if name in source)
    refused(book.place("one", source.split("\n")[0]), f"`{name}` is there in a notebook only")


def test_a_name_that_a_notebook_has_too_may_be_the_packages_own(book: LittleBook, notebook: Any) -> None:
    book.write("one", cell("def display(x):\n    return x\n\n\ndef f(extend):\n    return display(extend)", tangle=M))
    book.write("two", cell("from toy.m import f\none = f(1)"))
    assert notebook("two").run()["one"] == 1


def test_the_package_is_imported_without_what_a_notebook_has(
    book: LittleBook, notebook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import builtins

    def stranger() -> None: ...

    monkeypatch.setattr(builtins, "stranger", stranger, raising=False)
    book.write("one", cell("x = stranger", tangle=M))
    run = notebook("one").run()
    with pytest.raises(ChapterError, match="leaves cannot be imported: toy.m: NameError: name 'stranger'"):
        run.end()
    assert vars(builtins)["stranger"] is stranger and "extend" in vars(builtins)


def test_a_package_that_does_not_import_is_named(book: LittleBook, notebook: Any) -> None:
    book.write("one", cell("import nowhere_to_be_found", tangle=M))
    book.write("two", cell("x = 1"))
    with pytest.raises(ChapterError, match="the package that book/two.md begins with cannot be imported: toy.m"):
        notebook("two")
