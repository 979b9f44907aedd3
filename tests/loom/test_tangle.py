"""Tangling: what the modules hold, how they look, and which cells cannot become one."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import pytest
from littlebook import cell
from loom.errors import LoomError
from loom.model import Cell
from loom.python.statements import definitions
from loom.read.chapters import parse_book
from loom.tangle.tangle import stages, tangle, tangle_cells

ROOT = Path(__file__).resolve().parents[2]


def give(*sources: str | tuple[str, ...], target: str = "toy/m.py") -> str:
    """What cells tangle to, below the banner: sources, or each with what it replaces, keeps, removes."""
    cells = []
    for number, source in enumerate(sources):
        text, *marks = source if isinstance(source, tuple) else (source,)
        names = [tuple(name.strip() for name in mark.split(",") if name) for mark in (*marks, "", "", "")]
        cells.append(
            Cell("book/one", number, text.strip("\n"), "book/one.md", 100 * number + 1, target, names[0],
                 keeps=names[1], removes=names[2])
        )  # fmt: skip
    return tangle_cells(cells)[target].text.partition("\n")[2].lstrip("\n")


def same(text: str, expected: str) -> None:
    assert text == expected.lstrip("\n")
    ast.parse(text)


VALUE = '''
class Value:
    """A number."""

    def __init__(self, data):
        self.data = data
'''


# ------------------------------------------------------------------------- definitions


def test_new_names_are_added_in_order() -> None:
    same(
        give("x = 1", "def f():\n    return x", "class C:\n    pass", "y: int = 2"),
        """

x = 1


def f():
    return x


class C:
    pass


y: int = 2
""",
    )


def test_only_tangled_cells_are_tangled(book: Any, tangled: Any) -> None:
    book.write(
        "one",
        cell("x = 1", tangle="toy/m.py"),
        cell("print(x)"),
        cell("x = 2", trial=""),
        cell("y = 1", tangle="toy/n.py"),
    )
    assert tangled() == "\nx = 1\n"
    assert tangled("toy/n.py") == "\ny = 1\n"


def test_an_extension_is_folded_into_its_class() -> None:
    same(
        give(
            VALUE,
            "def f():\n    pass",
            "@extend\nclass Value:\n    def __add__(self, other):\n        return other\n\n    __radd__ = __add__",
        ),
        '''

class Value:
    """A number."""

    def __init__(self, data):
        self.data = data

    def __add__(self, other):
        return other

    __radd__ = __add__


def f():
    pass
''',
    )


def test_a_replaced_function_stays_where_it_was() -> None:
    same(
        give("def f():\n    return 1", "def g():\n    return 2", ("def f(x):\n    return 3", "f")),
        """

def f(x):
    return 3


def g():
    return 2
""",
    )


def test_a_replaced_member_stays_where_it_was() -> None:
    text = give(
        VALUE,
        "@extend\nclass Value:\n    def last(self):\n        pass",
        ("@extend\nclass Value:\n    def __init__(self):\n        pass\n\n    def new(self):\n        pass", "Value.__init__"),
    )
    assert [line.strip() for line in text.splitlines() if "def " in line] == [
        "def __init__(self):",
        "def last(self):",
        "def new(self):",
    ]


def test_a_table_entry_is_replaced_by_its_key() -> None:
    same(
        give("T = {}\nT['a'] = 1\nT['b'] = 2", ("T['a'] = 3", "T['a']")),
        "T = {}\nT['a'] = 3\nT['b'] = 2\n",
    )


def test_a_class_may_keep_the_members_that_it_does_not_give() -> None:
    same(
        give(
            VALUE,
            "@extend\nclass Value:\n    def f(self):\n        pass",
            (
                'class Value(Base):\n    """Better."""\n\n    __slots__ = ("data",)\n\n    def g(self):\n        pass\n\n'
                "    def f(self):\n        return 1\n\n    def h(self):\n        pass",
                "Value",
                "Value.*",
            ),
        ),
        '''

class Value(Base):
    """Better."""

    __slots__ = ("data",)

    def g(self):
        pass

    def __init__(self, data):
        self.data = data

    def f(self):
        return 1

    def h(self):
        pass
''',
    )


def test_what_is_kept_and_what_is_given_stand_together_as_they_did() -> None:
    text = give("class C:\n    a = 1\n    b = 2", ("class C:\n    b = 3\n    c = 4", "C", "C.a"))
    same(text, "class C:\n    a = 1\n    b = 3\n    c = 4\n")


REPLACED = {
    "a dataclass": (
        "@dataclass\nclass P:\n    x: int\n    y: int\n    z: int = 0",
        "@dataclass\nclass P:\n    y: int\n    x: int\n    z: int = 0",
    ),
    "a named tuple": (
        "class P(NamedTuple):\n    x: int\n    y: int",
        "class P(NamedTuple):\n    new: str\n    y: int\n    x: int",
    ),
    "an enum": ("class P(Enum):\n    A = 1\n    C = 2", "class P(Enum):\n    B = 1\n    A = 2\n    C = 3"),
    "a typed dict": ("class P(TypedDict):\n    x: int\n    y: int", "class P(TypedDict):\n    y: int\n    x: int"),
    "a protocol": (
        "class P(Protocol):\n    x: int\n\n    def f(self): ...",
        "class P(Protocol):\n    def f(self): ...\n\n    x: int",
    ),
    "one line for two": ("class P:\n    a, b = 1, 2", "class P:\n    b = 1\n\n    a = 2"),
    "slots": ("class P:\n    __slots__ = ('a',)", "class P:\n    def f(self): ...\n\n    __slots__ = ('b',)"),
}


@pytest.mark.parametrize("pair", REPLACED.values(), ids=list(REPLACED))
def test_a_class_that_gives_all_members_is_tangled_as_it_is_written(pair: tuple[str, str]) -> None:
    old, new = pair
    extended = f"{old}\n\n    def g(self): ..."
    for first, later in ((old, new), (extended, f"{new}\n\n    def g(self): ...")):
        same(give(first, "X = 1", (later, "P")), f"{later}\n\n\nX = 1\n")


def test_a_class_loses_the_members_that_its_cell_removes() -> None:
    cells = ["class C:\n    __slots__ = ('a',)\n    b = 2", "@extend\nclass C:\n    def f(self): ..."]
    text = give(*cells, ('class C:\n    """Doc."""\n\n    b = 3', "C", "", "C.__slots__, C.f"))
    same(text, 'class C:\n    """Doc."""\n\n    b = 3\n')
    text = give(*cells, ("class C(int): pass", "C", "", "C.__slots__, C.f, C.b"))
    same(text, "class C(int): pass\n")
    text = give(*cells, ("class C(int):\n    pass", "C", "*", "C.__slots__"))
    same(text, "class C(int):\n    b = 2\n\n    def f(self): ...\n")


def test_a_member_that_was_removed_may_come_again() -> None:
    text = give("class C:\n    a = 1", ("class C:\n    b = 2", "C", "", "C.a"), "@extend\nclass C:\n    a = 3")
    same(text, "class C:\n    b = 2\n\n    a = 3\n")


def test_an_import_that_only_a_removed_member_used_is_dropped() -> None:
    text = give("import os\n\n\nclass C:\n    a = os.sep\n    b = 1", ("class C:\n    b = 1", "C", "", "C.a"))
    assert "import" not in text


def test_a_docstring_is_replaced_when_that_is_announced() -> None:
    same(give('"""Old."""\nx = 1', ('"""New."""', "__doc__")), '"""New."""\n\nx = 1\n')


def test_a_function_gives_way_to_a_class_where_it_stood() -> None:
    text = give("def f():\n    pass", "x = 1", ("class f:\n    pass", "f"))
    assert text.index("class f") < text.index("x = 1")


def test_one_banner_line_stands_on_top() -> None:
    (module,) = tangle_cells([Cell("book/one", 0, "def f(): pass", "book/one.md", 1, "toy/m.py")]).values()
    banner, *rest = module.text.split("\n")
    assert banner.startswith("# Tangled from the book: edit its chapters")
    assert rest == ["", "def f(): pass", ""]
    (module,) = tangle_cells([Cell("book/one", 0, '"""Doc."""', "book/one.md", 1, "toy/m.py")]).values()
    assert module.text.split("\n")[1:] == ['"""Doc."""', ""]


# -------------------------------------------------------------------- spans of the text


def test_everything_that_belongs_to_a_definition_survives() -> None:
    body = '''
    # Why it is there.

    # And more.
    @decorate(
        "é", 1,
    )
    def f(
        self,
        text="""
unindented
  text""",
    ):  # after
        """Doc
unindented
        """
        return text \\
            + text
        # the last word

    @property
    def x(self): return self._x
    @x.setter
    def x(self, value): self._x = value

    @overload
    def g(self, a: int) -> int: ...
    @overload
    def g(self, a: str) -> str: ...
    def g(self, a):
        return a
'''.strip("\n")
    text = give("def decorate(*a):\n    return lambda f: f", "class C:\n    pass", f"@extend\nclass C:\n{body}")
    assert f"class C:\n{body}\n" in text


def test_comments_above_a_definition_go_with_it() -> None:
    text = give("# of f\ndef f():\n    pass\n\n\n# of g\n# too\ndef g():\n    pass", ("# new\ndef f():\n    return 1", "f"))
    same(text, "# new\ndef f():\n    return 1\n\n\n# of g\n# too\ndef g():\n    pass\n")


def test_comments_below_the_last_definition_stay_there() -> None:
    assert give("x = 1\n# the end").endswith("x = 1\n# the end\n")
    assert give("class C:\n    x = 1\n    # of the class\n").endswith("x = 1\n    # of the class\n")
    assert give('class C:\n    """Doc."""\n    # of the class\n').endswith('"""Doc."""\n    # of the class\n')


def test_replacing_a_property_replaces_its_setter_too() -> None:
    text = give(
        "class C:\n    @property\n    def x(self):\n        return 1\n\n    @x.setter\n    def x(self, v):\n        pass",
        ("@extend\nclass C:\n    @property\n    def x(self):\n        return 2", "C.x"),
    )
    assert "setter" not in text and "return 2" in text


def test_a_filler_goes_when_there_is_something_to_say() -> None:
    text = give("class C:\n    ...", "@extend\nclass C:\n    def f(self):\n        pass")
    same(text, "\n\nclass C:\n    def f(self):\n        pass\n")
    text = give('class C:\n    """Doc."""\n    pass', "@extend\nclass C:\n    def f(self):\n        pass")
    same(text, '\n\nclass C:\n    """Doc."""\n\n    def f(self):\n        pass\n')


def test_lines_that_the_author_put_together_stay_together() -> None:
    same(
        give("A = 1\nB = 2\n\nC = 3", "D = 4", "T = {}\nT['a'] = A", "T['b'] = B", "def f(x): return x\ndef g(x): return x"),
        """
A = 1
B = 2

C = 3

D = 4

T = {}
T['a'] = A
T['b'] = B


def f(x): return x
def g(x): return x
""",
    )


def test_members_are_one_blank_line_apart() -> None:
    same(
        give("class C:\n\n\n    a = 1\n    b = 2\n    def f(self):\n        pass\n\n\n    def g(self): pass\n    c = g"),
        """

class C:
    a = 1
    b = 2

    def f(self):
        pass

    def g(self): pass
    c = g
""",
    )


# ------------------------------------------------------------------------------ imports


def test_imports_are_gathered_at_the_head_once() -> None:
    same(
        give(
            '"""Doc."""\nfrom __future__ import annotations\nfrom math import sin',
            "import os.path\nx = os\nimport os",
            "from math import cos, sin\nfrom toy.n import y\nfrom . import z\nimport numpy as np",
        ),
        '''
"""Doc."""

from __future__ import annotations

import os
import os.path
from math import cos, sin

import numpy as np

from . import z
from toy.n import y

x = os
''',
    )


def test_a_long_import_is_broken_into_lines() -> None:
    names = [f"name_number_{number}" for number in range(9)]
    text = give(f"from math import {', '.join(names)}")
    assert text == "from math import (\n" + "".join(f"    {name},\n" for name in names) + ")\n"


def test_an_import_with_a_comment_is_kept_as_it_is() -> None:
    same(give("import math\nfrom n import a  # noqa: F401"), "\nimport math\n\nfrom n import a  # noqa: F401\n")


def test_guarded_imports_follow_the_others() -> None:
    guard = "try:\n    import fast\nexcept ImportError:\n    fast = None"
    typed = "if TYPE_CHECKING:\n    from n import T"
    same(
        give("x = 1", guard, f"from typing import TYPE_CHECKING\n{typed}", guard),
        f"\nfrom typing import TYPE_CHECKING\n\n{guard}\n\n{typed}\n\nx = 1\n",
    )


def test_an_import_that_a_replacement_makes_superfluous_is_dropped() -> None:
    old = "import math\nfrom os import path, sep\n\ndef f():\n    return math.pi, path"
    text = give(old, ("def f():\n    return path", "f"))
    assert "import math" not in text
    assert "from os import path, sep" in text  # nobody ever used `sep`


@pytest.mark.parametrize(
    "keeper",
    ["__all__ = ['math']", "def g():\n    return math", "x: 'math.T' = 1", "class C:\n    y = math"],
)
def test_an_import_that_something_uses_is_kept(keeper: str) -> None:
    assert "import math" in give(f"import math\n\ndef f():\n    return math\n\n{keeper}", ("def f():\n    pass", "f"))


def test_an_import_for_others_is_kept() -> None:
    old = "import math as math\n\ndef f():\n    return math"
    assert "import math as math" in give(old, ("def f():\n    pass", "f"))
    old = "import math\n\ndef f():\n    return math"
    assert "import math" in give(old, ("def f():\n    pass", "f"), target="toy/__init__.py")


def test_an_import_may_replace_and_be_replaced() -> None:
    same(give("from math import exp", ("def exp(x):\n    return x", "exp")), "\n\ndef exp(x):\n    return x\n")
    same(give("def exp(x):\n    return x", "y = 1", ("from math import exp", "exp")), "\nfrom math import exp\n\ny = 1\n")
    same(give("from cmath import exp", ("from math import exp", "exp")), "\nfrom math import exp\n")


# ------------------------------------------------------------------- what comes with it


def test_every_line_knows_its_place() -> None:
    cells = [
        Cell("book/one", 0, "import os\n\nclass C:\n    x = os", "book/one.md", 10, "toy/m.py"),
        Cell("book/two", 0, "@extend\nclass C:\n    # why\n    def f(self): pass", "book/two.md", 5, "toy/m.py"),
    ]
    module = tangle_cells(cells)["toy/m.py"]
    assert dict(zip(module.text.splitlines(), map(str, module.lines), strict=True)) == {
        module.text.splitlines()[0]: "None",
        "": "None",
        "import os": "book/one.md:10",
        "class C:": "book/one.md:12",
        "    x = os": "book/one.md:13",
        "    # why": "book/two.md:7",
        "    def f(self): pass": "book/two.md:8",
    }


def test_pieces_tell_their_history() -> None:
    cells = [
        Cell("book/one", 0, "class C:\n    def f(self):\n        return 1", "book/one.md", 10, "toy/m.py"),
        Cell("book/one", 1, "@extend\nclass C:\n    def g(self): pass", "book/one.md", 20, "toy/m.py"),
        Cell("book/one", 2, "@extend\nclass C:\n    def f(self):\n        return 2", "book/one.md", 30, "toy/m.py", ("C.f",)),
        Cell("book/one", 3, 'class C:\n    """Doc."""', "book/one.md", 40, "toy/m.py", ("C",), keeps=("*",)),
    ]
    module = tangle_cells(cells)["toy/m.py"]
    told = {
        piece.name: [(event.action, str(event.definition.place), event.removed) for event in piece.history]
        for piece in module.pieces
    }
    assert told == {
        "C": [
            ("defined", "book/one.md:10", None),
            ("extended", "book/one.md:20", None),
            ("extended", "book/one.md:30", None),
            ("replaced", "book/one.md:40", "class C:"),
        ],
        "C.f": [
            ("defined", "book/one.md:11", None),
            ("replaced", "book/one.md:32", "    def f(self):\n        return 1"),
        ],
        "C.g": [("defined", "book/one.md:22", None)],
    }
    rows = module.text.splitlines()
    spans = {piece.name: rows[piece.first - 1 : piece.last] for piece in module.pieces}
    assert spans["C.g"] == ["    def g(self): pass"]
    assert spans["C"][0] == "class C:" and spans["C"][-1] == "    def g(self): pass"


def test_a_class_given_again_tells_which_members_it_has_removed() -> None:
    old = Cell("book/one", 0, 'class C:\n    """Doc."""\n    __slots__ = ()\n    a = 1', "book/one.md", 1, "toy/m.py")
    new = Cell("book/one", 1, "class C:\n    a = 2", "book/one.md", 9, "toy/m.py", ("C",), removes=("C.__slots__",))
    pieces = {piece.name: piece for piece in tangle_cells([old, new])["toy/m.py"].pieces}
    assert set(pieces) == {"C", "C.a"}
    assert pieces["C"].history[-1].removed == 'class C:\n    """Doc."""\n    __slots__ = ()'
    assert pieces["C.a"].history[-1].removed == "    a = 1"


def test_a_cell_tells_its_definitions() -> None:
    source = '"""Doc."""\nimport os\n\nT = {}\nT["a"] = x, y = 1, 2\n'
    found = definitions(Cell("c", 0, source.replace('T["a"] = ', "") + 'T["a"] = 1\nclass C:\n    z = 1', "c.md", 1, "toy/m.py"))
    assert [(one.name, one.kind, one.first, one.last) for one in found] == [
        ("__doc__", "docstring", 1, 1),
        ("os", "import", 2, 2),
        ("T", "assignment", 4, 4),
        ("x", "assignment", 5, 5),
        ("y", "assignment", 5, 5),
        ("T['a']", "entry", 6, 6),
        ("C", "class", 7, 8),
        ("C.z", "member", 8, 8),
    ]
    assert found[-1].source == "    z = 1"


def test_a_book_is_tangled_through_a_chapter(book: Any) -> None:
    book.write("one", cell("x = 1", tangle="toy/m.py"))
    book.write("two", cell("y = 1", tangle="toy/m.py"), cell("z = 1", tangle="toy/n.py"))
    whole = parse_book(book.root)
    assert tangle(whole, "") == {}
    assert list(tangle(whole, "book/one")) == ["toy/m.py"]
    assert tangle(whole, "book/two") == tangle(whole)


def test_one_walk_gives_the_package_at_each_chapters_end(book: Any) -> None:
    book.write("one", cell("class C:\n    a = 1\n\n    b = 2", tangle="toy/m.py"), cell("x = 1", tangle="toy/n.py"))
    book.write("two", "No cells.")
    book.write(
        "three",
        cell("class C:\n    a = 10", tangle="toy/m.py", replaces="C, C.a", keeps="C.b"),
        cell("class C:\n    b = 20", tangle="toy/m.py", replaces="C, C.b", keeps="C.a"),
        cell("x = 3", tangle="toy/n.py", replaces="x"),
        cell("y = 1"),
    )
    whole = parse_book(book.root)
    found = stages(whole)
    assert found.after == {name: tangle(whole, name) for name in ("", "book/one", "book/two", "book/three")}
    assert found.whole == tangle(whole)
    first, second = (cell for cell in whole.chapters[2].cells if cell.keeps)
    assert found.left == {
        one: tangle_cells([*whole.chapters[0].cells, *whole.chapters[2].cells[: one.index + 1]]) for one in (first, second)
    }
    assert "a = 10\n\n    b = 2\n" in found.left[first]["toy/m.py"].text
    assert "x = 1" in found.left[second]["toy/n.py"].text


def test_one_walk_gives_this_books_package_at_each_chapters_end() -> None:
    whole = parse_book(ROOT)
    found = stages(whole)
    assert [*found.after] == ["", *(chapter.docname for chapter in whole.chapters)]
    for docname, modules in found.after.items():
        assert modules == tangle(whole, docname), docname
    cells = [cell for chapter in whole.chapters for cell in chapter.cells if cell.target]
    assert [*found.left] == [one for one in cells if one.keeps]
    for one, modules in found.left.items():
        assert modules == tangle_cells(cells[: cells.index(one) + 1]), one.place()


def test_there_is_no_such_chapter(book: Any) -> None:
    book.write("one")
    with pytest.raises(LoomError, match="the book has no chapter `book/two`"):
        tangle(parse_book(book.root), "book/two")


def test_a_module_says_nothing_of_what_stands_elsewhere(book: Any) -> None:
    book.write("one", cell("x = 1", tangle="toy/__init__.py"), cell("y = 1", tangle="toy/m.py"))
    before = tangle(parse_book(book.root))
    book.write("one", "Prose.", cell("x = 2", tangle="toy/__init__.py"), cell("y = 1", tangle="toy/m.py"), cell("print(y)"))
    after = tangle(parse_book(book.root))
    assert after["toy/m.py"].text == before["toy/m.py"].text
    old, new = (made["toy/__init__.py"].text.splitlines() for made in (before, after))
    assert [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]] == [("x = 1", "x = 2")]


# -------------------------------------------------------------------- what is an error


def refuse(book: Any, refused: Any, cells: list[str | tuple[str, ...]], at: str, *messages: str) -> None:
    """Tangling these cells is an error at the line with a mark; `{mark}` in a message is a place."""
    blocks = []
    for source in cells:
        text, *marks = source if isinstance(source, tuple) else (source,)
        named = {option: mark for option, mark in zip(("replaces", "keeps", "removes"), marks, strict=False) if mark}
        blocks.append(cell(text, tangle="toy/m.py", **named))
    book.write("one", *blocks)
    places = [message.removeprefix("@") for message in messages if message.startswith("@")]
    texts = [message for message in messages if not message.startswith("@")]
    refused(book.place("one", at), *texts, *(book.place("one", place) for place in places))


@pytest.mark.parametrize(
    ("cells", "at", "messages"),
    [
        (["x = 1\ny = ("], "y = (", ["not Python: '(' was never closed"]),
        (["x = 1", "return 1"], "return 1", ["not Python: 'return' outside function"]),
        (["x = 1", "%time x"], "%time", ["not Python"]),
        (["x = 1\nprint(x)"], "print(x)", ["stray statement `print(x)`", "imports, functions, classes"]),
        (["x = 1\nx += 1"], "x += 1", ["stray statement `x += 1`"]),
        (["def f(): pass\nf.x = 1"], "f.x = 1", ["stray statement `f.x = 1`"]),
        (["for i in (): pass"], "for i", ["stray statement"]),
        (["if x:\n    y = 1"], "if x:", ["stray statement `if x:`"]),
        (["try:\n    import a\nexcept ValueError:\n    pass"], "try:", ["stray statement"]),
        (["try:\n    import a\nexcept:\n    pass"], "try:", ["stray statement"]),
        (["try:\n    import a\nexcept ImportError:\n    print()"], "print()", ["imports and assignments to names only"]),
        (["x = 1\n'a string'"], "'a string'", ["stray statement"]),
        (["x = 1", "'a string'"], "'a string'", ["stray string", "first cell"]),
        (["# only a comment"], "# only a comment", ["defines nothing"]),
        (["x = " + "-" * 5000 + "1"], "x = ---", ["not Python"]),
        (["x = " + "(" * 90 + "1," * 90 + ")" * 90 + "\ny = " + "+".join(["1"] * 300)], "x = (", ["nested too deeply"]),
        (["very_long_name_of_a_function('with an argument', 1)"], "very_long", ["`very_long_name_of_a_function('with an a…`"]),
        (["@(\n    property\n)\ndef f(): ..."], "@(", ["a line that is no statement of its own"]),
        (["x = 1; y = 2"], "x = 1; y = 2", ["two statements on one line"]),
        (["class C:\n    x = 1; y = 2"], "x = 1; y = 2", ["two statements on one line"]),
        (["class C:\n    print()"], "print()", ["stray statement `print()`; the class body holds"]),
        (["class C:\n  x = 1"], "x = 1", ["indent a class body by four spaces"]),
        (["# -*- coding: latin-1 -*-\n'''Doc é.'''"], "coding: latin-1", ["a module's encoding; the package is UTF-8"]),
        (["x = 1  # why\n# vim: set fileencoding=latin-1 :\ny = 1"], "fileencoding", ["a module's encoding"]),
        (["from __future__ import annotations", "def f(x: (y := 1)): ..."], "def f", ["Python reads this in its cell, and not in toy/m.py: "]),
        (["class C: x = 1"], "class C", ["a class body on the class's own line"]),
        (["x = 1", "from __future__ import annotations"], "from __future__", ["in the module's first cell", "@x = 1"]),
        (["class C: \\\n    x = 1"], "class C", ["a backslash joins"]),
        (["from math import *"], "import *", ["hides which names it brings"]),
        (["from loom import extend"], "from loom", ["must not need the loom"]),
        (["@extend\ndef f(): pass"], "def f", ["`@extend` reopens a class"]),
        (["class C:\n    @extend\n    class D:\n        x = 1"], "class D", ["`@extend` reopens a class"]),
    ],
)
def test_a_statement_that_is_no_definition_is_refused(
    book: Any, refused: Any, cells: list[Any], at: str, messages: list[str]
) -> None:
    refuse(book, refused, cells, at, *messages)


@pytest.mark.parametrize(
    ("cells", "at", "messages"),
    [
        (["def f(): pass", "def f(x): pass"], "def f(x)", ["`f` is defined already", "`:replaces: f`", "@def f()"]),
        (["f = 1", "class f: pass"], "class f", ["`f` is defined already", "@f = 1"]),
        (["x, y = 1, 2", "y = 3"], "y = 3", ["`y` is defined already", "@x, y"]),
        (["T = {}\nT['a'] = 1", "T['a'] = 2"], "T['a'] = 2", ["`T['a']` is defined already", "@T['a'] = 1"]),
        (["T = {}\nT['a'] = 1", 'T["a"] = 2'], 'T["a"] = 2', ["`T['a']` is defined already", "@T['a'] = 1"]),
        (["class C:\n    def f(self): pass", "@extend\nclass C:\n    def f(self, x): pass"], "def f(self, x)",
         ["`C.f` is defined already", "`:replaces: C.f`", "@def f(self):"]),
        (["from math import exp", "def exp(): pass"], "def exp", ["`exp` is defined already", "@import exp"]),
        (["from math import exp", "from cmath import exp"], "from cmath", ["`exp` is defined already", "@from math"]),
        (["import a as x", "import b as x"], "import b", ["`x` is defined already", "@import a"]),
        (["def f(): pass\n\ndef f(x): pass"], "def f(x)", ["`f` is defined twice in this cell", "@def f()"]),
        ([("def f(): pass\n\ndef f(x): pass", "f")], "def f(x)", ["`f` is defined twice in this cell", "@def f()"]),
        (["class C:\n    @property\n    def x(self): pass\n\n    y = 1\n\n    @x.setter\n    def x(self, v): pass"],
         "def x(self, v)", ["`C.x` is defined twice", "stand together", "@def x(self):"]),
    ],
)  # fmt: skip
def test_a_redefinition_must_be_announced(
    book: Any, refused: Any, cells: list[Any], at: str, messages: list[str]
) -> None:
    refuse(book, refused, cells, at, *messages)


def test_a_class_given_again_must_be_announced(book: Any, refused: Any) -> None:
    refuse(book, refused, [VALUE, "class Value(object):\n    pass"], "class Value(object)", "`Value` is defined already", "@class Value:")


FOUR = "class C:\n    a = 1\n    b, c = 2, 3\n\n    def f(self): ..."


@pytest.mark.parametrize(
    ("cells", "at", "messages"),
    [
        ([FOUR, ("class C(int):\n    b = 4", "C")], "class C(int)",
         ["`C` is given again without `C.a` (book/one.md", "`C.f` (book/one.md", ":keeps: C.*", ":removes: C.a, C.c, C.f`", "@a = 1"]),
        (["class C:\n    a = 1", ("class C(int):\n    pass", "C")], "class C(int)", ["without `C.a`", "give it too", "`:removes: C.a`"]),
        (["class C:\n    a = 1", "@extend\nclass C:\n    b = 1", ("class C(int):\n    a = 1", "C")], "class C(int)", ["without `C.b`", "@b = 1"]),
        (["class C:\n    __slots__ = ()", ("class C(int): pass", "C")], "class C(int)", ["without `C.__slots__`"]),
        (["class C:\n    a = 1\n    b = 1", ("class C(int):\n    b = 2\n    a = 2", "C", "C.a")], "class C(int)", ["`:keeps: C.a` keeps nothing", "gives it"]),
        (["class C:\n    a = 1\n    b = 1\n    k = 1", ("class C(int):\n    b = 2\n    a = 2", "C", "C.*")], "a = 2", ["`C.a` stands above `C.b`"]),
        (["class C:\n    a = 1", ("class C(int):\n    a = 2", "C", "C.*")], "class C(int)", ["`:keeps: C.*` keeps nothing"]),
        (["class C:\n    a = 1", ("class C(int):\n    a = 2", "C", "", "C.x")], "class C(int)", ["`:removes: C.x` removes nothing"]),
        (["class C:\n    a = 1\n    b = 1", ("class C(int):\n    a = 2", "C", "C.b", "C.b")], "class C(int)", ["`:keeps: C.b` keeps nothing", "removes it, too"]),
        (["class C:\n    a = 1\n    b = 1", ("class C(int):\n    a = 2\n    b = 2", "C", "", "C.b")], "class C(int)", ["`:removes: C.b` removes nothing", "gives it"]),
        ([FOUR, ("class C(int):\n    b = 4", "C", "C.*")], "class C(int)", ["`C.b, C.c` is one statement"]),
        ([FOUR, ("class C(int):\n    x = 4", "C", "C.a, C.f, C.b", "C.c")], "class C(int)", ["`C.b, C.c` is one statement"]),
        ([VALUE, ("class Value(int):\n    a = 1\n    a = 2", "Value", "Value.*")], "a = 2", ["`Value.a` is defined twice in this cell"]),
    ],
)  # fmt: skip
def test_a_class_given_again_says_what_becomes_of_each_member(
    book: Any, refused: Any, cells: list[Any], at: str, messages: list[str]
) -> None:
    refuse(book, refused, cells, at, *messages)


@pytest.mark.parametrize(
    ("cells", "at", "message"),
    [
        ([("def f(): pass", "f")], "def f", "`:replaces: f` announces a replacement, but nothing of that name was there"),
        (["x = 1", ("y = 1", "x")], "y = 1", "`:replaces: x` announces a replacement, but this cell does not give it"),
        (["class C:\n    a = 1", ("@extend\nclass C:\n    b = 1", "C.b")], "@extend", "nothing of that name was there"),
        (["T = {}", ("T['a'] = 1", "T['a']")], "T['a'] = 1", "nothing of that name was there"),
        (["class C:\n    a = 1", ("@extend\nclass C:\n    b = 1", "C")], "@extend", "this cell does not give it"),
    ],
)
def test_what_is_announced_must_happen(book: Any, refused: Any, cells: list[Any], at: str, message: str) -> None:
    refuse(book, refused, cells, at, message)


def test_a_statement_of_two_names_is_replaced_as_a_whole(book: Any, refused: Any) -> None:
    refuse(book, refused, ["x, y = 1, 2", ("y = 3", "y")], "y = 3", "`x, y` is one statement", "@x, y")


def test_a_class_is_replaced_by_a_class_only(book: Any, refused: Any) -> None:
    refuse(book, refused, [VALUE, ("def Value(): pass", "Value")], "def Value", "`Value` is a class", "@class Value")


AGAIN = "@extend\nclass Value{}:  # again\n    {}"
PLAIN = AGAIN.format("", "x = 1")
DECORATED = f"import d\n\n@d.d\n{VALUE.strip()}"


@pytest.mark.parametrize(
    ("cells", "at", "messages"),
    [
        ([PLAIN], "# again", ["`@extend` of `Value`, a class that no earlier cell of toy/m.py defines"]),
        (["Value = 1", PLAIN], "# again", ["which is no class", "@Value = 1"]),
        ([VALUE, AGAIN.format("(Base)", "x = 1")], "# again", ["cannot change the bases of `Value`", "`:replaces: Value`"]),
        ([VALUE, AGAIN.format("(metaclass=M)", "x = 1")], "# again", ["cannot change the bases"]),
        ([VALUE, AGAIN.format("", '"""Doc."""')], "# again", ["cannot change the docstring"]),
        ([VALUE, AGAIN.format("", "__slots__ = ()")], "__slots__", ["cannot change the slots of `Value`"]),
        ([VALUE, AGAIN.format("", "__slots__: tuple = ()")], "__slots__", ["cannot change the slots of `Value`"]),
        ([VALUE, AGAIN.format("", "x, __slots__ = 1, ()")], "__slots__", ["cannot change the slots of `Value`"]),
        ([VALUE, AGAIN.format("", "pass")], "# again", ["gives `Value` nothing"]),
        ([VALUE, f"@final\n{PLAIN}"], "# again", ["only decorator"]),
        ([VALUE, f"@extend\n{PLAIN}"], "# again", ["only decorator"]),
        ([VALUE, PLAIN.replace("@extend", "@loom.extend")], "# again", ["only decorator"]),
        ([VALUE, PLAIN.replace("@extend", "@extend()")], "# again", ["only decorator"]),
        (["class Value: pass", PLAIN], "# again", ["no room for members", "@class Value: pass"]),
        ([VALUE, ("class Value: pass", "Value", "Value.*")], "class Value: pass", ["no room for members"]),
        ([DECORATED, AGAIN.format("", "x: int = 1")], "x: int", ["the decorator of `Value`", "without `Value.x`", "@class Value:"]),
        ([DECORATED, AGAIN.format("", "def __eq__(self, o): ...")], "__eq__", ["without `Value.__eq__`", "@class Value:"]),
    ],
)  # fmt: skip
def test_an_extension_adds_members_and_nothing_else(
    book: Any, refused: Any, cells: list[Any], at: str, messages: list[str]
) -> None:
    refuse(book, refused, cells, at, *messages)


FIELD, METHOD = "B = 2", "def g(self): return 1"
HOOK = "class N:\n    def __init_subclass__(cls):\n        {}\n\n\nclass Value(N):\n    x = 1"


@pytest.mark.parametrize(
    ("head", "added", "why"),
    [
        ("from enum import Enum\n\n\nclass Value(Enum):\n    A = 1", FIELD, "Enum has made it of what its body held"),
        ("import enum\n\n\nclass Value(enum.IntFlag):\n    A = 1", FIELD, "IntFlag has made it"),
        ("import enum as e\n\n\nclass Value(str, e.Enum):\n    A = 1", "def __str__(self): ...", "Enum has made it"),
        ("from enum import Enum\n\n\nclass Base(Enum): ...\n\n\nclass Value(Base):\n    A = 1", FIELD, "Enum has made it"),
        ("from typing import NamedTuple\n\n\nclass Value(NamedTuple):\n    x: int", "y: int", "NamedTuple has made it"),
        ("from typing import NamedTuple\n\n\nclass Value(NamedTuple):\n    x: int", "y = 1", "NamedTuple has made it"),
        ("from typing import TypedDict\n\n\nclass Value(TypedDict):\n    x: int", "y: int", "a TypedDict is made of"),
        ("from typing import Protocol\n\n\nclass Value(Protocol):\n    x: int", METHOD, "a Protocol is made of"),
        ("import typing as t\n\n\nclass Value(t.Protocol[int]):\n    x: int", METHOD, "a Protocol is made of"),
        ("class M(type): ...\n\n\nclass Value(metaclass=M):\n    x = 1", METHOD, "the metaclass of `Value` has seen"),
        ("class M(type): ...\n\n\nclass N(metaclass=M): ...\n\n\nclass Value(N):\n    x = 1", METHOD, "the metaclass of `N`"),
        (HOOK.format("cls.all = [*vars(cls)]"), METHOD, "`N.__init_subclass__` (book/one.md:10) has looked at its members"),
        (HOOK.format("register(cls)"), METHOD, "has looked at its members"),
        (HOOK.format("cls.x += 1"), METHOD, "has looked at its members"),
    ],
)
def test_what_has_seen_a_whole_class_cannot_be_extended(
    head: str, added: str, why: str, book: Any, refused: Any
) -> None:
    refuse(book, refused, [head, AGAIN.format("", added)], added, "`@extend` cannot give `Value` (book/one.md:", why, "`:replaces: Value`")
    both = f"{head}\n\n\n{AGAIN.format('', added)}"
    refuse(book, refused, [both], added, why)


@pytest.mark.parametrize(
    "head",
    [
        "from enum import Enum\n\n\nclass Value(Enum):\n    A = 1",
        "from typing import NamedTuple\n\n\nclass Value(NamedTuple):\n    x: int",
        "from abc import ABC\n\n\nclass Value(ABC):\n    x = 1",
        "from typing import Generic, TypeVar\n\nT = TypeVar('T')\n\n\nclass Value(Generic[T]):\n    x = 1",
        HOOK.format("N.kinds = [cls]"),
        HOOK.format("KINDS[cls.__name__] = cls").replace("class N", "KINDS = {}\n\n\nclass N"),
    ],
)
def test_a_class_that_nothing_has_looked_at_gains_methods(head: str, book: Any, notebook: Any) -> None:
    book.write("one", cell(head, tangle="toy/m.py"), cell(AGAIN.format("", METHOD), tangle="toy/m.py"), cell("one = Value.g(0)"))
    run = notebook("one").run()
    assert run["one"] == 1
    run.end()


def test_a_decorated_class_may_get_plain_methods() -> None:
    text = give(DECORATED, AGAIN.format("", "def f(self): ..."))
    assert text.endswith("    def f(self): ...\n")


# ------------------------------------------- what a notebook forgives and a module does not


@pytest.mark.parametrize(
    ("cells", "at", "messages"),
    [
        (["def f(): ...", "g = f", ("def f(x): ...", "f")], "def f(x)", ["`f` is replaced here, but `g`", "@g = f", "@def f()"]),
        (["def f(): ...", "X = f()", ("def f(x): ...", "f")], "def f(x)", ["but `X`", "@X = f()"]),
        (["def f(): ...", "def g(a=f): ...", ("def f(x): ...", "f")], "def f(x)", ["but `g`", "@def g(a=f)"]),
        (["def f(a): ...", "@f\ndef g(): ...", ("def f(x): ...", "f")], "def f(x)", ["but `g`", "@def g()"]),
        (["class A: ...", "class B(A): ...", ("class A(object): ...", "A")], "class A(obj", ["but `B`", "@class B(A)"]),
        (["x = 1", "class B:\n    y = x", ("x = 2", "x")], "x = 2", ["but `B.y`", "@y = x"]),
        (["x = 1", "y = x", ("x = 2", "x")], "x = 2", ["but `y`", "@y = x"]),
        (["T = {}", "T[1] = 2", ("T = dict()", "T")], "T = dict()", ["but `T[1]`", "@T[1] = 2"]),
        (["def f(): ...", "T = {}\nT['f'] = f", ("def f(x): ...", "f")], "def f(x)", ["but `T['f']`", "@T['f'] = f"]),
        (["T = {}\nT['f'] = 1", "x = T['f']", ("T['f'] = 2", "T['f']")], "T['f'] = 2", ["but `x`", "@x = T['f']"]),
        (["class C:\n    def f(self): ...\n    g = f", ("@extend\nclass C:\n    def f(self, x): ...", "C.f")],
         "def f(self, x)", ["`C.f` is replaced here, but `C.g`", "@g = f", "@def f(self):"]),
        (["class C:\n    def f(self): ...", "g = C.f", ("@extend\nclass C:\n    def f(self, x): ...", "C.f")],
         "def f(self, x)", ["but `g`", "@g = C.f"]),
        (["class C:\n    def __init__(self): ...", "ONE = C()",
          ("@extend\nclass C:\n    def __init__(self, x=1): ...", "C.__init__")], "x=1", ["but `ONE`", "@ONE = C()"]),
        (["class C:\n    a = 1", "ONE = C()", "@extend\nclass C:\n    def __init__(self): ..."], "def __init__",
         ["`C.__init__` is added here, but `ONE`", "was made without it", "@ONE = C()"]),
        (["def f(): ...\ndef g(): return f()", "X = g()", ("def f(x): ...", "f")], "def f(x)", ["but `X`", "@X = g()"]),
        (["x = 1", "X = [x for y in ()]", ("x = 2", "x")], "x = 2", ["but `X`", "@X = ["]),
        (["from math import pi", "X = pi", ("pi = 3", "pi")], "pi = 3", ["but `X`", "@X = pi"]),
        (["x = 1", ("y = x\nx = 2", "x")], "x = 2", ["but `y`", "@y = x"]),
        (["x = 1", ("x = x + 1", "x")], "x = x + 1", ["`x` is made from the one before", "@x = 1"]),
        (["T = {}\nT['a'] = 1", "def f(): return T.get('a')", ("T['a'] = f()", "T['a']")], "T['a'] = f()",
         ["`T['a']` is made from the one before", "@T['a'] = 1"]),
        (["T = {}\nT['a'] = 1", "X = dict(T)", ("T['a'] = 2", "T['a']")], "T['a'] = 2", ["but `X`", "@X = dict"]),
    ],
)  # fmt: skip
def test_nothing_that_stays_was_made_from_what_is_replaced(
    book: Any, refused: Any, cells: list[Any], at: str, messages: list[str]
) -> None:
    refuse(book, refused, cells, at, *messages)


@pytest.mark.parametrize(
    "cells",
    [
        ["def f(): ...", "def g(): return f()", ("def f(x): ...", "f")],
        ["def f(): ...", "g = lambda: f()", ("def f(x): ...", "f")],
        ["def f(): ...", "X = f", ("def f(x): ...\n\nX = f", "f, X")],
        ["class C:\n    def f(self): ...", "X = C", ("@extend\nclass C:\n    def f(self, x): ...", "C.f")],
        ["x = 1", "def f(x): return [x for x in x]", ("x = 2", "x")],
        ["x = 1", "async def f(): return x", "class C:\n    y = f.x", ("x = 2", "x")],
        ["x = 1", "def f():\n    global x\n    x = x + 1", ("x = 2", "x")],
        ["x = 1", "X = (lambda x: x)(2)", ("x = 2", "x")],
        ["T = {}\nT['a'] = 1\nT['b'] = 2", "X = T['b']", ("T['a'] = 3", "T['a']")],
        ["from __future__ import annotations\nclass C: ...", "def f(x: C): ...", ("class C(object): ...", "C")],
    ],
)
def test_what_only_looks_a_name_up_when_called_may_stay(cells: list[Any]) -> None:
    assert give(*cells)


LOCAL = {
    "a parameter": "def make(limit): return limit",
    "an assignment": "def make():\n    limit = 3\n    return limit",
    "a capture": "def make():\n    match 3:\n        case limit:\n            return limit",
    "a starred capture": "def make():\n    match [3]:\n        case [*limit]:\n            return limit",
    "the rest of a mapping": "def make():\n    match {1: 3}:\n        case {**limit}:\n            return limit",
    "an alternative with a name": "def make():\n    match 3:\n        case int() as limit:\n            return limit",
    "an import": "def make():\n    from math import pi as limit\n    return limit",
    "an import of a module": "def make():\n    import limit.inner\n    return limit",
    "a function": "def make():\n    def limit(): ...\n    return limit",
    "a class": "def make():\n    class limit: ...\n    return limit",
    "a caught error": "def make():\n    try:\n        pass\n    except OSError as limit:\n        return limit",
    "a walrus": "def make():\n    return (limit := 3) and limit",
    "a walrus in a comprehension": "def make():\n    return [limit := x for x in 'ab'] and limit",
    "a walrus in a default": "def make():\n    def g(x=(limit := 3)): ...\n    return limit",
    "a comprehension": "def make(): return [limit for limit in 'ab']",
    "a comprehension in a comprehension": "def make(): return [[limit for x in 'ab'] for limit in 'ab']",
    "a lambda": "def make(): return (lambda limit: limit)(3)",
    "a loop": "def make():\n    for limit in 'ab':\n        return limit",
    "a with": "def make():\n    with open('a') as limit:\n        return limit",
    "a deletion": "def make():\n    limit = 3\n    del limit\n    return limit",
    "from outside": "def make(limit):\n    def inner(): return limit\n    return inner()",
    "nonlocal": "def make(limit):\n    def inner():\n        nonlocal limit\n        limit += 1\n    return inner()",
    "in a nested class": "def make():\n    class K:\n        limit = 3\n        y = limit\n    return K",
    "an attribute of its own": "class K:\n    limit = 3\n    y = limit\n\n\ndef make(): return K.y",
    "a quoted annotation": "def make(x: 'limit' = 3): return x",
}
LOOKED_UP = {
    "a class does not hide it from a method": "def make():\n    class K:\n        limit = 3\n        def f(self): return limit\n    return K().f()",
    "global": "def make(limit):\n    def inner():\n        global limit\n        return limit\n    return inner()",
    "before a class binds it": "def make():\n    class K:\n        limit = limit\n    return K",
    "the first of a comprehension": "def make(): return [limit for limit in limit]",
    "a default": "def make():\n    def g(limit=limit): ...\n    return g",
    "a lambda's default": "def make(): return lambda limit=limit: limit",
    "a walrus in a lambda": "def make(): return (lambda: (limit := 3), limit)",
    "a walrus in a lambda in a comprehension": "def make(): return [lambda: (limit := x) for x in 'ab'] and limit",
    "a pattern's class": "def make(x=3):\n    match x:\n        case limit.A: ...",
    "a decorator": "def make():\n    @limit\n    def limit_(): ...",
}
GENERIC = {
    "a function": "def make[limit](x: limit = 3) -> limit: return x",
    "its body": "def make[limit](): return limit",
    "a class": "class K[limit](list[limit]):\n    def f(self, x: limit) -> limit: return limit\n\n\ndef make(): return K",
    "a class in a function": "def make():\n    class K[limit](list[limit]):\n        x: limit\n    return K",
    "an alias": "def make():\n    type A[limit] = list[limit]\n    return A",
    "what an alias means": "def make():\n    type limit = int\n    return limit",
}
needs_generics = pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with Python 3.12")


@pytest.mark.parametrize("source", [
    *(pytest.param(source, id=name) for name, source in LOCAL.items()),
    *(pytest.param(source, id=f"type parameter of {name}", marks=needs_generics) for name, source in GENERIC.items()),
])  # fmt: skip
def test_a_local_name_is_not_the_modules(source: str) -> None:
    used = f"{source}\n\n\nX = make({3 if '(limit)' in source else ''})"
    assert give("limit = 5", used, ("limit = 6", "limit"))


@pytest.mark.parametrize("source", LOOKED_UP.values(), ids=list(LOOKED_UP))
def test_a_name_of_the_module_is_looked_up(source: str) -> None:
    call = f"X = make({3 if '(limit)' in source else ''})"
    with pytest.raises(LoomError, match="`limit` is replaced here, but `X`"):
        give("limit = 5", f"{source}\n\n\n{call}", ("limit = 6", "limit"))


@pytest.mark.parametrize(
    ("cells", "at", "messages"),
    [
        (["def f(): ...", "x = 1", ("def f(a=x): ...", "f")], "def f(a=x)", ["`f`", "needs `x`", "would stand above it", "@x = 1"]),
        (["class C: ...", "class B: ...", ("class C(B): ...", "C")], "class C(B)", ["needs `B`", "@class B"]),
        (["X = 1", "Y = 2", ("X = Y", "X")], "X = Y", ["needs `Y`", "@Y = 2"]),
        (["class C:\n    a = 1", "X = 2", "@extend\nclass C:\n    b = X"], "b = X", ["`C.b`", "needs `X`", "@X = 2"]),
        (["class C:\n    a = 1", "@extend\nclass C:\n    b = C.a"], "b = C.a", ["`C.b` needs `C` while", "@class C:"]),
        (["class C:\n    a = 1", "@extend\nclass C:\n    def f(self) -> C: ..."], "def f(self)",
         ["`C.f` needs `C`", "from __future__ import annotations"]),
    ],
)  # fmt: skip
def test_nothing_needs_what_stands_further_down(
    book: Any, refused: Any, cells: list[Any], at: str, messages: list[str]
) -> None:
    refuse(book, refused, cells, at, *messages)


def test_a_call_needs_all_that_it_runs_into(book: Any, refused: Any) -> None:
    cells = ["def f(): ...\nX = 1", ("def g(): ...\ndef f(): return g()\nX = f()", "f, X")]
    refuse(book, refused, cells, "X = f()", "`X`", "needs `g`", "@def g()")


def test_a_replacement_may_not_need_its_own_cells_helper_too_early(book: Any, refused: Any) -> None:
    cells = ["def f(): ...", ("def d(g): ...\n\n@d\ndef f(x): ...", "f")]
    refuse(book, refused, cells, "def f(x)", "`f`", "needs `d`", "@def d(g)")


@pytest.mark.parametrize(
    ("cells", "at", "messages"),
    [
        (["x = 1", "class C:\n    x = 2", "@extend\nclass C:\n    def f(self, y=x): ..."], "def f(self, y=x)",
         ["`C.f` looks up `x`", "would then find `C.x`", "@x = 2"]),
        (["class C:\n    a = 1\n    z = 2", ("@extend\nclass C:\n    b = 3\n    a = b", "C.a")], "a = b",
         ["`C.a` looks up `b`", "no longer find `C.b`", "@b = 3"]),
    ],
)  # fmt: skip
def test_folding_does_not_change_what_a_class_body_sees(
    book: Any, refused: Any, cells: list[Any], at: str, messages: list[str]
) -> None:
    refuse(book, refused, cells, at, *messages)


@pytest.mark.parametrize(
    ("first", "second", "at"),
    [
        ("def f(): ...", "def f(x): ...", "def f(x)"),
        ("class C:\n    x = 1", "@extend\nclass C:  # here\n    y = 1", "# here"),
        ("X = 1", "X = 2", "X = 2"),
        ("T = {}\nT['a'] = 1", "from toy.m import T\nT['a'] = 2", "T['a'] = 2"),
    ],
)
def test_a_name_lives_in_one_module(book: Any, refused: Any, first: str, second: str, at: str) -> None:
    book.write("one", cell(first, tangle="toy/m.py"))
    book.write("two", cell(second, tangle="toy/n.py"))
    line = first.split("\n")[-1] if "T[" in first else first.split("\n")[0]
    refused(book.place("two", at), "belongs to toy/m.py", book.place("one", line), "it cannot move to toy/n.py")


def test_special_names_live_in_every_module(book: Any) -> None:
    book.write("one", cell("__all__ = ['f']\ndef f(): ...", tangle="toy/m.py"))
    book.write("two", cell("__all__ = ['f']\nfrom toy.m import f", tangle="toy/__init__.py"))
    assert len(tangle(parse_book(book.root))) == 2


@pytest.mark.parametrize("how", ["from toy.m import C", "from .m import C"])
def test_what_is_replaced_was_not_the_base_of_something_in_another_module(book: Any, refused: Any, how: str) -> None:
    book.write("one", cell("class C: ...", tangle="toy/m.py"))
    book.write("two", cell(f"{how}\n\nclass D(C): ...", tangle="toy/n.py"))
    book.write("three", cell("class C(object): ...", tangle="toy/m.py", replaces="C"))
    refused(book.place("three", "class C(object)"), "but `D`", book.place("two", "class D(C)"), book.place("one", "class C"))


@pytest.mark.parametrize(
    ("source", "row", "message"),
    [
        ("def f():\nx = 1", 2, "after function definition on line {0}"),
        ("x = (\n1,\n]", 3, "does not match opening parenthesis '(' on line {0}"),
        ("x = 1\ny = 'open", 2, "(detected at line {1})"),
    ],
)
def test_what_python_says_of_lines_is_said_of_the_chapters(
    book: Any, refused: Any, source: str, row: int, message: str
) -> None:
    book.write("one", "Prose.", cell(source, tangle="toy/m.py"))
    first = book.line("one", source.split("\n")[0])
    refused(f"book/one.md:{first + row - 1}", message.format(*range(first, first + 9)))
