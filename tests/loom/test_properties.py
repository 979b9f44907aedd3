"""For little books that nobody thought of: the module defines what executing the cells defines."""

from __future__ import annotations

import builtins
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, example, given, settings
from hypothesis import strategies as st
from littlebook import PACKAGE
from loom.errors import LoomError
from loom.inside.extend import extend
from loom.model import Cell
from loom.python.statements import definitions
from loom.read.chapters import parse_book
from loom.tangle.tangle import tangle_cells

TARGET = f"{PACKAGE}/m.py"


def examples(count: int) -> Any:
    """How many little books to try, however long that takes."""
    return settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def extend_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "extend", extend, raising=False)


# ----------------------------------------------------------------------- little books


class Author:
    """Writes cells that are likely to run, and knows what they have defined so far."""

    def __init__(self, draw: Any, replacing: bool) -> None:
        self.draw = draw
        self.replacing = replacing
        self.known: dict[str, str] = {}  # qualified name: kind
        self.announced: list[str] = []
        self.kept: list[str] = []
        self.removed: list[str] = []
        self.given: set[str] = set()
        self.in_class = False

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def cell(self, number: int) -> Cell:
        self.announced, self.kept, self.removed, self.given = [], [], [], set()
        statements = [self.statement() for _ in range(self.draw(st.integers(1, 3)))]
        blank = self.pick("\n", "\n\n", "\n\n\n")
        source = blank.join(filter(None, statements)) or f"UNIQUE_{number} = {number}"
        return Cell("book/one", number, source, "book/one.md", 50 * number + 1, TARGET, tuple(self.announced),
                    keeps=tuple(self.kept), removes=tuple(self.removed))  # fmt: skip

    def statement(self) -> str:
        return str(self.pick(self.function, self.constant, self.a_class, self.record, self.extension, self.entry, self.an_import)())

    def name(self, *choices: str, kind: str, owner: str = "") -> str:
        """A name to define; one that is known already is announced, or passed over."""
        for _ in range(4):
            name = self.pick(*choices)
            qualified = f"{owner}.{name}" if owner else name
            if qualified in self.given or "class" in (kind, self.known.get(qualified)) and qualified in self.known:
                continue
            if qualified in self.known and not self.replacing:
                continue
            if qualified in self.known:
                self.announced.append(qualified)
            self.known[qualified] = kind
            self.given.add(qualified)
            return str(name)
        return ""

    # ------------------------------------------------------------ what is looked up

    def eager(self) -> str:
        """An expression that is evaluated at once; in a class body, it would be looked up further up."""
        if self.in_class and not self.replacing:
            return "1"
        return str(self.pick("1", "'text'", *self.of("constant"), *(f"{f}(2)" for f in self.of("function")), *self.of("function")))

    def later(self) -> str:
        """An expression in a function of `a`."""
        calls = [f"({name}(a - 1) if a > 0 else 0)" for name in self.of("function", "class")]
        tables = [f"{name}.get('k')" for name in self.of("table")]
        return str(self.pick("a", "a + 1", "unknown_name", '"""over\nlines"""', "[a for a in range(a)]",
                             *self.of("constant"), *calls, *tables, "math.pi", "sqrt(a * a)"))  # fmt: skip

    def of(self, *kinds: str) -> list[str]:
        return [name for name, kind in self.known.items() if kind in kinds]

    # ------------------------------------------------------------------- statements

    def comment(self, indent: str = "") -> str:
        return str(self.pick("", "", f"{indent}# why\n", f"{indent}# why\n\n{indent}# und für was\n"))

    def function(self) -> str:
        comment, body, default = self.comment(), self.later(), self.eager()
        decorator = self.pick("", "", *(f"@{name}\n" for name in self.of("decorator")))
        if not (name := self.name("f", "g", "h", "d", kind="function")):
            return ""
        if name == "d":
            self.known[name] = "decorator"
            return f"{comment}def d(function):\n    return function"
        layout = self.pick("def {}(a, b={}):\n    return {}", "def {}(\n    a,\n    b={},  # é\n):\n    '''Doc\nopen'''\n    return {}",
                           "def {}(a, b={}): return {}")  # fmt: skip
        return comment + decorator + str(layout.format(name, default, body))

    def constant(self) -> str:
        comment, value = self.comment(), self.eager()
        name = self.name("K", "L", "M", kind="constant")
        return f"{comment}{name}{self.pick('', ': object')} = {value}" if name else ""

    def entry(self) -> str:
        tables = self.of("table")
        if not tables:
            name = self.name("T", kind="table")
            return f"{name} = {{}}" if name else ""
        value = self.eager()
        name = self.name("T['k']", "T['l']", kind="entry")
        return f"{name} = {value}" if name else ""

    def an_import(self) -> str:
        return str(self.pick("import math", "from math import sqrt", "from math import sqrt, pi as circle", "import math"))

    def a_class(self) -> str:
        known = [name for name in ("C", "B") if name in self.known and name not in self.given]
        if known and self.replacing and self.pick(True, False, False):
            name = self.pick(*known)
            self.announced.append(name)
        else:
            name = self.name("C", "B", kind="class")
        if not name:
            return ""
        self.given.add(name)
        base = self.pick("", "(object)", *(f"({other})" for other in self.of("class") if other != name and other == "B"))
        doc = self.pick("", '    """Doc."""\n', '    """Doc\nopen\n    """\n\n')
        slots = self.pick("", "", "    __slots__ = ('s', '__dict__')\n")
        comment, members = self.comment(), self.members(name)
        if slots:
            self.known[f"{name}.__slots__"] = "member"
            self.given.add(f"{name}.__slots__")
        if name in self.announced:
            self.dispose(name, keeping=self.pick(True, False))
        self.known[name] = "class"
        return f"{comment}class {name}{base}:\n{doc}{slots}{members or '    pass'}"

    def dispose(self, owner: str, keeping: bool) -> None:
        """Keep some of the members that a class given again leaves out, and remove the others."""
        for member in [one for one in self.known if one.startswith(f"{owner}.") and one not in self.given]:
            if keeping and member != f"{owner}.__slots__" and self.pick(True, True, False):
                self.kept.append(member)
            else:
                self.removed.append(member)
                del self.known[member]

    def record(self) -> str:
        """A class that is made from the order of its fields."""
        name, kind = self.pick(("D", "dataclass"), ("N", "NamedTuple"), ("E", "Enum"))
        if name in self.given or name in self.known and not self.replacing:
            return ""
        if name in self.known:
            self.announced.append(name)
        fields = self.draw(st.permutations(["x", "y", "z"]))[: self.pick(1, 2, 3)]
        self.known[name] = "record"
        self.given |= {name, *(f"{name}.{field}" for field in fields)}
        self.known |= dict.fromkeys((f"{name}.{field}" for field in fields), "member")
        self.dispose(name, keeping=False)
        rows = [f"    {field} = {number}" if kind == "Enum" else f"    {field}: int" for number, field in enumerate(fields)]
        head = {
            "dataclass": f"from dataclasses import dataclass\n@dataclass\nclass {name}:",
            "NamedTuple": f"from typing import NamedTuple\nclass {name}(NamedTuple):",
            "Enum": f"from enum import Enum\nclass {name}(Enum):",
        }[kind]
        return "\n".join([head, *rows])

    def extension(self) -> str:
        classes = [name for name in self.of("class", "record") if name not in self.given]
        if not classes:
            return ""
        name = self.pick(*classes)
        if self.known[name] == "record":
            method = self.name("m", "n", kind="member", owner=name)
            return f"@extend\nclass {name}:\n    def {method}(self, a=1):\n        return a" if method else ""
        members = self.members(name)
        return f"@extend\nclass {name}:\n{members}" if members else ""

    def members(self, owner: str) -> str:
        here: list[str] = []
        self.in_class = True
        parts = [self.member(owner, here) for _ in range(self.draw(st.integers(0, 3)))]
        self.in_class = False
        return str(self.pick("\n", "\n\n")).join(filter(None, parts))

    def member(self, owner: str, here: list[str]) -> str:
        comment, body, default = self.comment("    "), self.later(), self.eager()
        kind = self.pick("method", "method", "attribute", "alias", "property", "special")
        names = {"special": ("__eq__", "__hash__", "__init__", "__repr__")}.get(kind, ("m", "n", "o", "p"))
        if kind == "alias" and not here:
            return ""
        if not (name := self.name(*names, kind="member", owner=owner)):
            return ""
        here.append(name)
        texts = {
            "method": f"    def {name}(self, a, b={default}):\n        return {body}",
            "attribute": f"    {name} = {default}",
            "alias": f"    {name} = {here[0]}",
            "property": f"    @property\n    def {name}(self): return 1\n    @{name}.setter\n    def {name}(self, a): pass",
            "special": SPECIAL.get(name, ""),
        }
        return comment + texts[kind]


SPECIAL = {
    "__eq__": "    def __eq__(self, other):\n        return type(self) is type(other)",
    "__hash__": "    def __hash__(self):\n        return 7",
    "__init__": "    def __init__(self, a=0):\n        self.a = a",
    "__repr__": "    def __repr__(self):\n        return 'me'",
}


@st.composite
def books(draw: Any, replacing: bool = True) -> list[Cell]:
    """The cells of a little book."""
    author = Author(draw, replacing)
    return [author.cell(number) for number in range(draw(st.integers(1, 7)))]


# ----------------------------------------------------------------- running and comparing


def run(cells: list[Cell]) -> dict[str, Any]:
    """What executing the cells in order defines."""
    names: dict[str, Any] = {"__name__": "m"}
    for cell in cells:
        before = dict(names)
        exec(compile(cell.source, "m", "exec", dont_inherit=True), names)
        for name in cell.replaces:
            if isinstance(before.get(name), type) and names[name] is not before[name]:
                graft(before[name], names[name], [one.removeprefix(f"{name}.") for one in cell.keeps])
    return names


def graft(old: type, new: type, kept: list[str]) -> None:
    """A class given again keeps some members."""
    for name in kept:
        if name in vars(old):
            setattr(new, name, vars(old)[name])
    if "__eq__" in kept and "__hash__" not in vars(new):
        new.__hash__ = None  # type: ignore[assignment]


def describe(value: Any, depth: int = 0) -> Any:
    """A value in words that do not depend on where it was defined."""
    if depth > 5:
        return "…"
    if isinstance(value, types.FunctionType):
        return code(value.__code__), value.__qualname__, describe(value.__defaults__, depth + 1), value.__doc__
    if isinstance(value, property):
        return [describe(part, depth + 1) for part in (value.fget, value.fset, value.fdel)]
    if isinstance(value, type):
        return value.__qualname__
    if isinstance(value, (list, tuple)):
        return [describe(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return [(describe(key, depth + 1), describe(one, depth + 1)) for key, one in value.items()]
    if type(value).__module__ == "m":
        return type(value).__qualname__, describe(getattr(value, "__dict__", {}), depth + 1)
    if isinstance(value, types.MemberDescriptorType):
        return "slot"
    return re.sub(r"0x[0-9a-f]+", "", repr(value))


def code(value: types.CodeType) -> Any:
    parts = [code(one) if isinstance(one, types.CodeType) else one for one in value.co_consts]
    return value.co_name, value.co_code, parts, value.co_names, value.co_varnames, value.co_flags


def call(function: Any, *arguments: Any) -> Any:
    try:
        return describe(function(*arguments))
    except Exception as error:
        return type(error).__name__, str(error)


def layout(cls: type) -> dict[str, Any]:
    noise = {"__dict__", "__weakref__", "__module__", "__firstlineno__", "__static_attributes__"}
    members = {name: describe(value) for name, value in vars(cls).items() if name not in noise}
    members["bases"] = [base.__qualname__ for base in cls.__mro__]
    members["size"] = cls.__basicsize__
    members["hash"] = cls.__hash__ is None
    return members


def behaviour(names: dict[str, Any]) -> dict[str, Any]:
    """What each name is, and what it does when it is called."""
    found: dict[str, Any] = {}
    for name, value in names.items():
        if name.startswith("__") or isinstance(value, types.ModuleType) or getattr(value, "__module__", "m") != "m":
            continue
        found[name] = [describe(value)]
        if isinstance(value, types.FunctionType):
            found[name] += [call(value, 3), call(value, 0, 1)]
        elif isinstance(value, type):
            found[name] += [layout(value), *(list(using(value))), *(call(value, *range(n)) for n in range(4))]
    return found


def using(cls: type) -> Iterator[Any]:
    for name in sorted(vars(cls)):
        if not name.startswith("__"):
            yield name, call(lambda name=name: getattr(cls(), name)(3))
    try:
        one, other = cls(), cls()
    except Exception as error:
        yield str(error)
    else:
        yield call(lambda: [hash(one) == hash(other), one == other, repr(one)[:2], {one: 1}])


def text_of(cells: list[Cell]) -> str:
    return tangle_cells(cells)[TARGET].text


def execute(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "m"}
    exec(compile(text, "m", "exec", dont_inherit=True), names)
    return names


def attempt(cells: list[Cell]) -> dict[str, Any]:
    """What the cells define; books that do not run prove nothing."""
    try:
        return run(cells)
    except Exception as error:
        event(f"does not run: {type(error).__name__}")
        assume(False)
        raise


def attempt_tangle(cells: list[Cell]) -> str:
    try:
        return text_of(cells)
    except LoomError as error:
        event("refused: " + error.message.rpartition("`")[2][:40])
        assume(False)
        raise


# -------------------------------------------------------------------------- properties


@examples(150)
@given(books())
def test_the_module_defines_what_executing_the_cells_defines(cells: list[Cell]) -> None:
    ran = behaviour(attempt(cells))
    made = behaviour(execute(attempt_tangle(cells)))
    assert made == ran
    event("a book that runs and tangles")


@examples(80)
@given(books(replacing=False))
def test_a_book_that_runs_without_replacements_is_never_refused(cells: list[Cell]) -> None:
    ran = behaviour(attempt(cells))
    assert behaviour(execute(text_of(cells))) == ran


@examples(80)
@given(books())
def test_every_definition_has_the_text_that_was_written_last(cells: list[Cell]) -> None:
    attempt_tangle(cells)
    module = tangle_cells(cells)[TARGET]
    rows = module.text.split("\n")
    written = {}
    for cell in cells:
        written = {name: one for name, one in written.items() if name not in cell.removes}
        written |= {one.name: one for one in definitions(cell)}
    pieces = {piece.name: piece for piece in module.pieces}
    for name, definition in written.items():
        piece = pieces.get(name)
        if piece is None:
            assert definition.kind == "import"
        elif definition.kind not in ("class", "import"):
            assert "\n".join(rows[piece.first - 1 : piece.last]) == definition.source
    for row, place in zip(rows, module.lines, strict=False):
        if place and not row.startswith(("import ", "from ")):
            (cell,) = [one for one in cells if 0 <= place.line - one.line < 50]
            assert cell.source.split("\n")[place.line - cell.line] == row
        else:
            assert place or not row or row.startswith("# Tangled")


@examples(80)
@given(books())
def test_tangling_is_deterministic_and_idempotent(cells: list[Cell]) -> None:
    text = attempt_tangle(cells)
    assert text_of([Cell(**vars(cell)) for cell in cells]) == text
    body = text.partition("\n")[2].strip("\n")
    again = text_of([Cell("book/two", 0, body, "book/two.md", 1, TARGET)])
    assert again.partition("\n")[2].strip("\n") == body


# ---------------------------------------------------------------- nothing but LoomErrors

CODE = st.sampled_from(
    """x = 1|def f(a, b=x):|    return a|class C:|    y = x|    def m(self): pass|@extend|class C: pass|@d|    @property|
    @y.setter|    def y(self): ...|import os|from a import *|from __future__ import annotations|if TYPE_CHECKING:|try:|
except ImportError:|    pass|    import z|T['a'] = 1|T[x] = f|a.b = 2|x, y = y, x|x += 1|\"\"\"|'''doc'''|# é|    # c|\\|
;|x = 1; y = 2|    |\t|(|)|lambda: x|async def g(): await x|return|nonlocal x|global x|yield x|x: int|C.m = 1|del x|
type X = int|def f[T](a: T): pass|class C[T]: pass|@overload|def f(a): ...|__slots__ = ()|    __slots__ = ()|*a, b = 1|
x = y = 2|(x) = 3|x[0], y = 1|with x: pass|match x:|    case 1: pass|@extend()|raise|\x00|\x0c|\ud7ff|print(1)""".replace("\n", "").split("|")
)  # fmt: skip


@st.composite
def scraps(draw: Any) -> list[Cell]:
    """Cells of anything: scraps of code, and text that is none."""
    cells = []
    for number in range(draw(st.integers(1, 4))):
        source = draw(st.lists(CODE, max_size=6).map("\n".join) | st.text(max_size=30))
        replaces = draw(st.lists(st.sampled_from(["x", "f", "C", "C.m", "C.y", "T['a']", "__doc__", "os"]), max_size=2))
        target = draw(st.sampled_from([TARGET, f"{PACKAGE}/n.py", f"{PACKAGE}/__init__.py"]))
        cells.append(Cell("book/one", number, source, "book/one.md", 50 * number + 1, target, tuple(replaces)))
    return cells


@examples(250)
@given(scraps())
@example([Cell("book/one", 0, "(" * 300 + ")" * 300, "book/one.md", 1, TARGET)])
@example([Cell("book/one", 0, "x = " + "-" * 5000 + "1", "book/one.md", 1, TARGET)])
@example([Cell("book/one", 0, "x = " + "+".join(["1"] * 5000), "book/one.md", 1, TARGET)])
@example([Cell("book/one", 0, "x = " + "1" * 5000, "book/one.md", 1, TARGET)])
@example([Cell("book/one", 0, "x = '\\x0c'\n\x0cy = 1", "book/one.md", 1, TARGET)])
def test_no_code_makes_it_raise_anything_else(cells: list[Cell]) -> None:
    try:
        modules = tangle_cells(cells)
    except LoomError as error:
        assert error.place is not None
        assert error.message
    else:
        for module in modules.values():
            compile(module.text, module.target, "exec", dont_inherit=True)
            assert len(module.lines) == module.text.count("\n")


MARKDOWN = st.sampled_from(
    """---|file_format: mystnb|```{code-cell} python|```|````|:::{note}|:::|:tangle: toy/m.py|:tangle: ../m.py|:replaces: x, C.m|
:replaces: [|:trial:|:tags: [a, b]|:tags: {|:tangle: 2020-99-99|:tangle: !!python/name:x|mystnb: {a: 1}|: x|x = 1|class C: pass|
# Title|- item|> quote|    indented|+++|+++ {"a": 1}|{raw-cell}|```{raw-cell}|tangle: toy/m.py|:load: a.py|:name: x||
<div>|[a]: b|$$|~~~|```python|:a: &x|:b: *x|{% raw %}|(label)=|%|```{code-cell}|````{note}|:tangle:|jupytext: 1""".replace("\n", "").split("|")
)  # fmt: skip


@examples(150)
@given(
    chapter=st.lists(MARKDOWN, max_size=12).map("\n".join) | st.text(max_size=60),
    head=st.sampled_from(["---\nfile_format: mystnb\n---\n", ""]),
    raw=st.binary(max_size=3),
)
def test_no_chapter_makes_it_raise_anything_else(
    chapter: str, head: str, raw: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = Path(tmp_path_factory.mktemp("book"))
    (root / "_toc.yml").write_text("root: one\n")
    (root / "_config.yml").write_text(f"sphinx: {{config: {{loom_package: {PACKAGE}}}}}\n")
    (root / "one.md").write_bytes((head + chapter).encode("utf-8", "surrogatepass") + raw)
    try:
        book = parse_book(root)
        tangle_cells(cell for chapter in book.chapters for cell in chapter.cells if cell.target)
    except LoomError as error:
        assert error.place is not None


CONTENTS = st.sampled_from(
    """root: one|root: two|chapters:|- file: one|  - file: two|parts:|- chapters:|  chapters:|- 1|[|{a: b}|&x|*x|: |
\t|---|!!python/name:x|- file: [a]|? x|- glob: a|- url: b|root: ..|root: /|root: .""".replace("\n", "").split("|")
)


@examples(100)
@given(toc=st.lists(CONTENTS, max_size=6).map("\n".join) | st.text(max_size=30))
def test_no_table_of_contents_makes_it_raise_anything_else(
    toc: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = Path(tmp_path_factory.mktemp("book"))
    (root / "_toc.yml").write_text(toc, encoding="utf-8", newline="")
    (root / "_config.yml").write_text(toc if toc.startswith("&") else f"sphinx: {{config: {{loom_package: {PACKAGE}}}}}\n")
    (root / "one.md").write_text("")
    try:
        assert parse_book(root).chapters[0].docname == "one"
    except LoomError as error:
        assert error.place is not None
