"""Which names a statement looks up: at once, while it is being defined, or later, when called."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import lru_cache

from .syntax import Function, Statement


@dataclass
class Lookups:
    """The names that a statement looks up.

    ``Value.__add__`` counts as itself and as ``Value``, ``RULES['*']`` as itself and as ``RULES``;
    ``RULES[]`` stands for all that is in it.

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
    visitor = _Visitor(lazy_annotations)
    for node in statement.own_nodes():
        visitor.visit(node)
    if statement.kind == "class" and isinstance(statement.node, ast.ClassDef):
        visitor.call(*statement.node.decorator_list)
    names = {name.rpartition(".")[2] for name in statement.names}
    if len(statement.nodes) > 1:  # a setter looks up the property, its own other part
        visitor.found.now -= names | {name for name in visitor.found.now if name.partition(".")[0] in names}
    return visitor.found


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


class _Visitor(ast.NodeVisitor):
    """Walks a statement and sorts what it looks up."""

    def __init__(self, lazy_annotations: bool) -> None:
        self.found = Lookups()
        self._lazy = lazy_annotations
        self._depth = 0  # of function bodies around
        self._local: list[set[str]] = []

    def call(self, *functions: ast.expr) -> None:
        """Note what is called while the statement is being defined."""
        for node in functions:
            if self._depth:
                continue
            if isinstance(node, ast.Name):
                self.found.called.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                self.found.called.add(f"{node.value.id}.{node.attr}")

    def _look_up(self, name: str) -> None:
        root = name.partition(".")[0].partition("[")[0]
        if not any(root in names for names in self._local):
            (self.found.later if self._depth else self.found.now).add(name)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._look_up(node.id)
            self._look_up(f"{node.id}[]")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name):
            self._look_up(f"{node.value.id}.{node.attr}")
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not isinstance(node.value, ast.Name) or not isinstance(node.slice, ast.Constant | ast.UnaryOp):
            self.generic_visit(node)
            return
        self._look_up(node.value.id)
        if isinstance(node.ctx, ast.Load):
            self._look_up(f"{node.value.id}[{ast.unparse(node.slice)}]")

    def visit_Call(self, node: ast.Call) -> None:
        self.call(node.func)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: Function) -> None:
        self.call(*node.decorator_list)
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._signature(node.args)
        if node.returns:
            self._annotation(node.returns)
        self._later(node.body, _bound(node))

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._signature(node.args)
        self._later([node.body], {arg.arg for arg in _arguments(node.args)})

    def _signature(self, args: ast.arguments) -> None:
        for default in [*args.defaults, *args.kw_defaults]:
            if default:
                self.visit(default)
        for arg in _arguments(args):
            if arg.annotation:
                self._annotation(arg.annotation)

    def _later(self, body: list[ast.stmt] | list[ast.expr], local: set[str]) -> None:
        self._depth += 1
        self._local.append(local)
        for node in body:
            self.visit(node)
        self._local.pop()
        self._depth -= 1

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.target)
        self._annotation(node.annotation)
        if node.value:
            self.visit(node.value)

    def _annotation(self, node: ast.expr) -> None:
        self._depth += self._lazy
        self.visit(node)
        self._depth -= self._lazy

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.call(*node.decorator_list)
        self.generic_visit(node)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        targets = [generator.target for generator in node.generators]
        names = {item.id for target in targets for item in ast.walk(target) if isinstance(item, ast.Name)}
        self._local.append(names)
        self.generic_visit(node)
        self._local.pop()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension


def _arguments(args: ast.arguments) -> list[ast.arg]:
    extra = [arg for arg in (args.vararg, args.kwarg) if arg]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *extra]


def _bound(node: Function) -> set[str]:
    """The function's own names: its parameters, and what its body assigns."""
    names = {arg.arg for arg in _arguments(node.args)}
    outside: set[str] = set()
    for item in (inner for statement in node.body for inner in ast.walk(statement)):
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
            names.add(item.id)
        elif isinstance(item, ast.Global):
            outside |= set(item.names)
    return names - outside
