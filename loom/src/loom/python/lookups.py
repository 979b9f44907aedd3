"""Which names a statement looks up: at once, while it is being defined, or later, when called."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from loom.python.scopes import Function, Mentions, Scope
from loom.python.statements import Statement


@dataclass
class Lookups:
    """The names that a statement looks up.

    ``m.Value.f`` counts as itself, as ``m.Value`` and as ``m``, ``RULES['*']`` as itself and as
    ``RULES``; ``RULES[]`` stands for all that is in it.

    ``now``: while being defined (a decorator, a default, a base, a value);
    ``called``: those of them that are called then, so that their bodies run too;
    ``later``: inside function bodies.
    """

    now: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)


@lru_cache(maxsize=8192)
def lookups(statement: Statement, lazy_annotations: bool) -> Lookups:
    """The names that a statement looks up; of a class, what its head looks up."""
    finder = _Finder(lazy_annotations)
    if statement.kind == "class":
        finder.scope = finder.scope.generic(statement.node)
    for node in statement.own_nodes():
        finder.visit(node)
    if isinstance(statement.node, ast.ClassDef):
        finder.call(*statement.node.decorator_list)
    found, names = finder.lookups, {name.rpartition(".")[2] for name in statement.names}
    if len(statement.nodes) > 1:  # a setter looks up the property, its own other part
        found.now -= {name for name in found.now if root(name) in names}
    return found


def root(name: str) -> str:
    """The first name of `m.Value.f` or `RULES['*']`."""
    return name.partition("[")[0].partition(".")[0]


def words(node: ast.AST) -> set[str]:
    """Every name in a tree, also inside strings that could be annotations or ``__all__``."""
    found: set[str] = set()
    for item in ast.walk(node):
        if isinstance(item, ast.Name):
            found.add(item.id)
        elif isinstance(item, ast.Constant) and isinstance(item.value, str):
            found |= _quoted_names(item.value)
    return found


def _quoted_names(text: str) -> set[str]:
    if len(text) > 200:
        return set()
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {item.id for item in ast.walk(tree) if isinstance(item, ast.Name)}


class _Finder(Mentions):
    """Walks a statement and sorts what it looks up."""

    def __init__(self, lazy_annotations: bool) -> None:
        super().__init__()
        self.lookups = Lookups()
        self._lazy = lazy_annotations
        self._depth = 0  # of function bodies around

    def call(self, *functions: ast.expr) -> None:
        """Note what is called while the statement is being defined."""
        if not self._depth:
            self.lookups.called |= {name for node in functions if (name := self._name(node))}

    def add(self, node: ast.expr) -> None:
        if name := self._name(node):
            self._look_up(name, f"{name}[]")

    def _look_up(self, *names: str) -> None:
        (self.lookups.later if self._depth else self.lookups.now).update(names)

    def _name(self, node: ast.expr) -> str:
        """The dotted name, if it starts at a name of the module."""
        match node:
            case ast.Name(id=name) if self.scope.lookup(name) == (name,):
                return name
            case ast.Attribute(value=value, attr=attribute) if owner := self._name(value):
                return f"{owner}.{attribute}"
        return ""

    def body(self, scope: Scope, nodes: Iterable[ast.AST]) -> None:
        self._depth += 1
        super().body(scope, nodes)
        self._depth -= 1

    def annotation(self, node: ast.expr | None) -> None:
        """An annotation that is a text or is kept as one is not looked up."""
        if not self._lazy and not isinstance(node, ast.Constant):
            super().annotation(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """One entry of a table is not the whole table."""
        table = self._name(node.value)
        if not table or not isinstance(node.slice, ast.Constant | ast.UnaryOp):
            self.generic_visit(node)
            return
        self._look_up(
            table,
            *([f"{table}[{ast.unparse(node.slice)}]"] if isinstance(node.ctx, ast.Load) else []),
        )
        if isinstance(node.value, ast.Attribute):
            self.visit(node.value.value)

    def visit_Call(self, node: ast.Call) -> None:
        self.call(node.func)
        self.generic_visit(node)

    def visit_Function(self, node: Function) -> None:
        self.call(*node.decorator_list)
        super().visit_Function(node)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Function

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.call(*node.decorator_list)
        super().visit_ClassDef(node)
