"""What a piece of Python mentions from outside itself, found through its scopes.

Every mention is a path. It starts at a module-level name and goes on step by step:
``a.b(c)["k"]`` mentions ``('a', '.b', '()', "['k']")`` and ``('c',)``. A parameter or local
name is followed to what it stands for where that is written down (``self``, an annotation, its
only assignment); otherwise its path starts at ``UNKNOWN``. A literal starts at ``LITERAL``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Path = tuple[str, ...]

UNKNOWN: Path = ("?",)
LITERAL: Path = ("#",)
CALL, ANNOTATED, SUPER = "()", ":", "^"

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DISPLAYS = (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Set, ast.Dict)
_LITERALS = (*_DISPLAYS, *_COMPREHENSIONS, ast.Compare, ast.Lambda)


@dataclass(frozen=True)
class Mention:
    """A path and the row, within the piece of source, where it is written."""

    path: Path
    row: int


def mentions(node: ast.AST) -> tuple[Mention, ...]:
    """Every mention in a module or statement, in the order of writing."""
    visitor = _Mentions()
    visitor.visit(node)
    return tuple(visitor.found)


def path_of(node: ast.expr) -> Path:
    """The path that a module-level expression starts with."""
    return _Scope().path(node)


def bound(nodes: Iterable[ast.AST]) -> dict[str, list[ast.expr | None]]:
    """The names that statements of one scope bind, each with the expressions it is bound to."""
    visitor = _Bindings()
    for node in nodes:
        visitor.visit(node)
    return {name: values for name, values in visitor.names.items() if name not in visitor.outer}


@dataclass
class _Scope:
    """The names bound in one scope, each with the path that it stands for."""

    names: dict[str, Path] = field(default_factory=dict)
    outer: _Scope | None = None
    owner: Path | None = None  # the class whose body this is
    method_of: Path | None = None  # the class whose method this is

    def lookup(self, name: str) -> Path:
        """What a name written in this scope stands for."""
        if name in self.names:
            return self.names[name]
        scope = self.outer
        while scope and (scope.owner or name not in scope.names):
            scope = scope.outer
        return scope.names[name] if scope else (name,)

    def path(self, node: ast.expr) -> Path:
        """The path of an expression written in this scope."""
        match node:
            case ast.Name():
                return self.lookup(node.id)
            case ast.Attribute():
                return (*self.path(node.value), f".{node.attr}")
            case ast.Subscript(slice=ast.Constant()):
                return (*self.path(node.value), f"[{ast.unparse(node.slice)}]")
            case ast.Call(func=ast.Name(id="super"), args=[]) if owner := self.method():
                return (*owner, SUPER)
            case ast.Call():
                return (*self.path(node.func), CALL)
            case _:
                return LITERAL if isinstance(node, _LITERALS) else UNKNOWN

    def method(self) -> Path | None:
        """The class around the method that this scope is part of."""
        return self.method_of or (self.outer.method() if self.outer else None)

    def inner(self, names: dict[str, list[ast.expr | None]]) -> _Scope:
        """A scope within this one. A name bound once, to an expression, stands for it."""
        scope = _Scope({name: UNKNOWN for name in names}, self)
        for name, values in names.items():
            if len(values) == 1 and values[0] is not None:
                scope.names[name] = scope.path(values[0])
        return scope

    def function(self, node: Function | ast.Lambda) -> _Scope:
        """The scope of a function's parameters and body."""
        body = node.body if isinstance(node.body, list) else [node.body]
        scope = self.inner(bound(body))
        for arg in _parameters(node.args):
            plain = arg not in (node.args.vararg, node.args.kwarg) and arg.arg not in bound(body)
            scope.names[arg.arg] = self.annotated(arg) if plain else UNKNOWN
        if self.owner and not isinstance(node, ast.Lambda):
            scope.method_of = self.owner
            scope.names |= self.receiver(node, self.owner)
        return scope

    def annotated(self, arg: ast.arg) -> Path:
        """What a parameter stands for, as far as its annotation tells."""
        annotation = _unquoted(arg.annotation)
        if isinstance(annotation, ast.Name | ast.Attribute):
            return (*self.path(annotation), ANNOTATED)
        return UNKNOWN

    def receiver(self, node: Function, owner: Path) -> dict[str, Path]:
        """What a method's first parameter stands for: an instance, or the class."""
        decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
        first = [*node.args.posonlyargs, *node.args.args][:1]
        if not first or "staticmethod" in decorators:
            return {}
        is_class = "classmethod" in decorators or node.name in ("__new__", "__init_subclass__")
        return {first[0].arg: owner if is_class else (*owner, CALL)}

    def class_body(self, node: ast.ClassDef) -> _Scope:
        """The scope of a class's body: its own names are its members."""
        path = (*self.owner, f".{node.name}") if self.owner else self.lookup(node.name)
        if path[0] == UNKNOWN[0]:  # local to a function
            path = LITERAL
        return _Scope({name: (*path, f".{name}") for name in bound(node.body)}, self, owner=path)


def _parameters(args: ast.arguments) -> Iterator[ast.arg]:
    yield from args.posonlyargs
    yield from args.args
    yield from args.kwonlyargs
    yield from (arg for arg in (args.vararg, args.kwarg) if arg)


def _unquoted(annotation: ast.expr | None) -> ast.expr | None:
    """An annotation, read if it is written as a string."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return ast.parse(annotation.value.strip(), mode="eval").body
        except SyntaxError:
            return None
    return annotation


class _Bindings(ast.NodeVisitor):
    """Collects the names that one scope binds, not looking into the scopes within it."""

    def __init__(self) -> None:
        self.names: dict[str, list[ast.expr | None]] = {}
        self.outer: set[str] = set()

    def note(self, name: str | None, value: ast.expr | None = None) -> None:
        if name:
            self.names.setdefault(name, []).append(value)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.note(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        match node.targets:
            case [ast.Name(id=name)]:
                self.note(name, node.value)
                self.visit(node.value)
            case _:
                self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.note(node.target.id, node.value)
        self.visit(node.value)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.note(alias.asname or alias.name.partition(".")[0])

    visit_ImportFrom = visit_Import

    def visit_Definition(self, node: Function | ast.ClassDef) -> None:
        self.note(node.name)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Definition

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """A scope of its own."""

    def visit_Comprehension(self, node: Comprehension) -> None:
        for part in ast.walk(node):
            if isinstance(part, ast.NamedExpr):
                self.note(part.target.id)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_Comprehension

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.note(node.name)
        self.generic_visit(node)

    def visit_Capture(self, node: ast.MatchAs | ast.MatchStar) -> None:
        self.note(node.name)
        self.generic_visit(node)

    visit_MatchAs = visit_MatchStar = visit_Capture

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.note(node.rest)
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> None:
        self.outer |= set(node.names)

    visit_Nonlocal = visit_Global


class _Mentions(ast.NodeVisitor):
    """Collects the mentions of a module, scope by scope."""

    def __init__(self) -> None:
        self.scope = _Scope()
        self.found: list[Mention] = []

    def add(self, node: ast.expr) -> None:
        path = self.scope.path(node)
        if path not in (UNKNOWN, LITERAL):
            self.found.append(Mention(path, node.end_lineno or node.lineno))

    def within(self, scope: _Scope, nodes: Iterable[ast.AST]) -> None:
        outside, self.scope = self.scope, scope
        for node in nodes:
            self.visit(node)
        self.scope = outside

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and self.scope.lookup(node.id)[-1].lstrip(".") == node.id:
            self.add(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.add(node)
        self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.slice, ast.Constant) and isinstance(node.ctx, ast.Load):
            self.add(node)
        self.generic_visit(node)

    def visit_Function(self, node: Function) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        self.signature(node.args)
        self.annotation(node.returns)
        self.within(self.scope.function(node), node.body)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Function

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.annotation(node.annotation)
        self.visit(node.target)
        if node.value:
            self.visit(node.value)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.signature(node.args)
        self.within(self.scope.function(node), [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        self.within(self.scope.class_body(node), node.body)

    def visit_Comprehension(self, node: Comprehension) -> None:
        first, *others = node.generators
        self.visit(first.iter)
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        names = bound(generator.target for generator in node.generators)
        self.within(self.scope.inner(names), [*first.ifs, *others, *results])

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_Comprehension

    def signature(self, args: ast.arguments) -> None:
        for arg in _parameters(args):
            self.annotation(arg.annotation)
        for default in (*args.defaults, *args.kw_defaults):
            if default:
                self.visit(default)

    def annotation(self, node: ast.expr | None) -> None:
        """Visit an annotation, which may be absent or written as a string."""
        read = _unquoted(node)
        if read is node and read is not None:
            self.visit(read)
        elif read is not None and node is not None:
            for part in ast.walk(read):
                ast.copy_location(part, node)
            self.visit(read)
