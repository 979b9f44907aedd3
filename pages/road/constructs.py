"""Constructs: the bits of Python that somebody with a year of it may not have met.

What is taken for granted: names and numbers, lists, tuples, dictionaries and slices of them, plain
f-strings, `if`, `for` and `while`, functions with keywords and defaults, classes with `__init__`,
imports.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

ARITHMETIC = {
    f"__{name}__" for name in "add sub mul truediv floordiv mod pow matmul neg pos abs".split()
}
REFLECTED = {f"__r{name}__" for name in "add sub mul truediv floordiv mod pow matmul".split()}
COMPARING = {f"__{name}__" for name in "eq ne lt le gt ge hash bool".split()}
HOLDING = {
    f"__{name}__" for name in "len getitem setitem delitem contains iter next reversed".split()
}
GROUPS = {
    "a method for an operator (`__add__`)": ARITHMETIC,
    "a reflected method (`__radd__`)": REFLECTED,
    "a method for comparisons (`__eq__`)": COMPARING,
    "a method for what holds things (`__len__`)": HOLDING,
}
#: They need no word.
PLAIN = {"__init__", "__repr__", "__str__"}
TOLD = {"getattr", "setattr", "hasattr", "vars", "iter", "next", "map", "filter", "type", "super"}
SIMPLE: dict[type[ast.AST], str] = {
    ast.Lambda: "`lambda`",
    ast.SetComp: "a set comprehension",
    ast.DictComp: "a dict comprehension",
    ast.ListComp: "a list comprehension",
    ast.GeneratorExp: "a generator expression",
    ast.IfExp: "a conditional expression (`a if b else c`)",
    ast.NamedExpr: "`:=`",
    ast.Yield: "`yield`",
    ast.YieldFrom: "`yield from`",
    ast.With: "`with`",
    ast.Global: "`global`",
    ast.Nonlocal: "`nonlocal`",
    ast.Match: "`match`",
    ast.Raise: "`raise`",
    ast.Assert: "`assert`",
    ast.Delete: "`del`",
    ast.Set: "a set (`{a, b}`)",
    ast.AsyncFunctionDef: "`async`",
    ast.Await: "`await`",
    ast.MatMult: "`@` between matrices",
    ast.LShift: "operators on bits",
    ast.RShift: "operators on bits",
    ast.BitAnd: "operators on bits",
    ast.BitXor: "operators on bits",
    ast.Invert: "operators on bits",
}


def constructs(source: str) -> list[tuple[str, int]]:
    """The constructs in some code, each with the row where it first stands, in that order."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # such as a cell that shows a mistake
        return []
    first: dict[str, int] = {}
    for name, row in _Constructs().of(tree):
        first[name] = min(row, first.get(name, row))
    return sorted(first.items(), key=lambda item: item[1])


class _Constructs:
    """Walks a tree; `within` are the functions around, whose calls of themselves are recursion."""

    def of(self, node: ast.AST, within: tuple[str, ...] = ()) -> Iterator[tuple[str, int]]:
        row = getattr(node, "lineno", 0)
        for name in named(node, within):
            yield name, row
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            within = (*within, node.name)
        elif isinstance(node, ast.ClassDef):
            within = ()
        for child in ast.iter_child_nodes(node):
            for name, below in self.of(child, within):
                yield name, below or row


def named(node: ast.AST, within: tuple[str, ...]) -> Iterator[str]:
    """What a node itself is called."""
    if type(node) in SIMPLE:
        yield SIMPLE[type(node)]
    match node:
        case ast.FunctionDef():
            yield from _function(node, within)
        case ast.ClassDef():
            yield from _class(node)
        case ast.Call():
            yield from _call(node, within)
        case ast.comprehension():
            yield from ["a condition in a comprehension"] if node.ifs else []
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() if (
            len(node.generators) > 1
        ):
            yield "two loops in a comprehension"
        case ast.FormattedValue():
            yield from ["a format in an f-string (`{x:.2f}`)"] if node.format_spec else []
            yield from ["`!r` in an f-string"] if node.conversion == ord("r") else []
        case ast.Starred(ctx=ast.Store()):
            yield "a star in unpacking (`first, *rest = xs`)"
        case ast.List(ctx=ast.Load()) | ast.Tuple(ctx=ast.Load()) | ast.Set() if _stars(node.elts):
            yield "a star in a list (`[*xs, y]`)"
        case ast.Dict() if None in node.keys:
            yield "two stars in a dictionary"
        case ast.Try():
            yield from ["`try`", *(["`finally`"] if node.finalbody else [])]
        case ast.For() | ast.While() if node.orelse:
            yield "`else` of a loop"
        case ast.Slice() if node.step:
            yield "a slice with a step (`xs[::2]`)"
        case ast.Compare() if len(node.ops) > 1:
            yield "a chain of comparisons (`a < b < c`)"
        case ast.AnnAssign():
            yield "an annotated name (`x: int = 0`)"
        case ast.Assign() if len(node.targets) > 1:
            yield "one value for two names (`a = b = 0`)"
        case ast.Tuple(ctx=ast.Store()) if any(
            isinstance(part, ast.Tuple | ast.List) for part in node.elts
        ):
            yield "unpacking within unpacking (`i, (a, b)`)"


def _stars(parts: list[ast.expr]) -> bool:
    return any(isinstance(part, ast.Starred) for part in parts)


def _function(node: ast.FunctionDef, within: tuple[str, ...]) -> Iterator[str]:
    yield from ["a function within a function"] if within else []
    yield from map(_decorator, node.decorator_list)
    arguments = node.args
    yield from ["a star before a parameter (`*xs`)"] if arguments.vararg else []
    yield from ["two stars before a parameter (`**options`)"] if arguments.kwarg else []
    yield from ["a parameter given by its name alone (`*, x`)"] if arguments.kwonlyargs else []
    yield from ["a parameter given without its name (`x, /`)"] if arguments.posonlyargs else []
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    notes = [node.returns, *(one.annotation for one in every)]
    yield from ["annotations (`x: int`, `-> int`)"] if any(notes) else []
    if any(isinstance(part, ast.Subscript) for note in notes if note for part in ast.walk(note)):
        yield "annotations with brackets (`list[int]`)"
    if re.fullmatch(r"__\w+__", node.name) and node.name not in PLAIN:
        yield next(
            (group for group, names in GROUPS.items() if node.name in names),
            f"the method `{node.name}`",
        )


def _class(node: ast.ClassDef) -> Iterator[str]:
    yield from ["inheritance (`class A(B)`)"] if node.bases else []
    yield from map(_decorator, node.decorator_list)
    if any(isinstance(part, ast.Assign) for part in node.body):
        yield "a name in the body of a class"


def _decorator(node: ast.expr) -> str:
    """A decorator by its name, whatever it is given; `@x.setter` whatever it sets."""
    name = ast.unparse(node.func if isinstance(node, ast.Call) else node)
    return f"the decorator `@{re.sub(r'^[^.]+(?=[.](setter|getter|deleter)$)', '…', name)}`"


def _call(node: ast.Call, within: tuple[str, ...]) -> Iterator[str]:
    yield from ["a star in a call (`f(*xs)`)"] if _stars(node.args) else []
    yield from (
        ["two stars in a call (`f(**options)`)"]
        if any(word.arg is None for word in node.keywords)
        else []
    )
    match node.func:
        case ast.Name(id=name) if name in within:
            yield "recursion"
        case ast.Attribute(value=ast.Name(id="self"), attr=name) if name in within:
            yield "recursion"
        case ast.Name(id=name) if name in TOLD:
            yield f"`{name}()`"
        case ast.Name(id="sorted" | "min" | "max") if any(
            word.arg == "key" for word in node.keywords
        ):
            yield "`key=` in `sorted`, `min` or `max`"
        case ast.Name(id="zip") if any(word.arg == "strict" for word in node.keywords):
            yield "`zip(…, strict=True)`"
