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
    visitor = Mentions()
    visitor.visit(node)
    return tuple(visitor.found)


def path_of(node: ast.expr) -> Path:
    """The path that a module-level expression starts with."""
    return Scope().path(node)


def bound(nodes: Iterable[ast.AST]) -> dict[str, list[ast.expr | None]]:
    """The names that statements of one scope bind, each with the expressions it is bound to."""
    visitor = _Bindings.of(nodes)
    return {name: values for name, values in visitor.names.items() if name not in visitor.outer}


@dataclass
class Scope:
    """The names bound in one scope, each with the path that it stands for."""

    names: dict[str, Path] = field(default_factory=dict)
    outer: Scope | None = None
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

    def inner(self, names: dict[str, list[ast.expr | None]]) -> Scope:
        """A scope within this one. A name bound once, to an expression, stands for it."""
        scope = Scope({name: UNKNOWN for name in names}, self)
        for name, values in names.items():
            if len(values) == 1 and values[0] is not None:
                scope.names[name] = scope.path(values[0])
        return scope

    def function(self, node: Function | ast.Lambda) -> Scope:
        """The scope of a function's parameters and body."""
        body = node.body if isinstance(node.body, list) else [node.body]
        scope = self.inner(bound(body))
        scope.outer = self.generic(node)
        scope.names |= {name: (name,) for name in _Bindings.of(body).of_module}
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

    def generic(self, node: ast.AST) -> Scope:
        """The scope of the type parameters of a function, a class or an alias; this one,
        if there are none.
        """
        names: dict[str, Path] = dict.fromkeys(type_parameters(node), LITERAL)
        return Scope(names, self) if names else self

    def class_body(self, node: ast.ClassDef) -> Scope:
        """The scope of a class's body: its own names are its members."""
        path = (*self.owner, f".{node.name}") if self.owner else self.lookup(node.name)
        if path[0] == UNKNOWN[0]:  # local to a function
            path = LITERAL
        return Scope(
            {name: (*path, f".{name}") for name in bound(node.body)}, self.generic(node), owner=path
        )


def type_parameters(node: ast.AST) -> list[str]:
    """The names of the type parameters in `def f[T]` or `class C[T]`."""
    return [parameter.name for parameter in getattr(node, "type_params", [])]


def _parameters(args: ast.arguments) -> Iterator[ast.arg]:
    yield from args.posonlyargs
    yield from args.args
    yield from args.kwonlyargs
    yield from (arg for arg in (args.vararg, args.kwarg) if arg)


def _defaults(args: ast.arguments) -> list[ast.expr]:
    return [default for default in (*args.defaults, *args.kw_defaults) if default]


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
        self.outer: set[str] = set()  # names that mean those of a scope around
        self.of_module: set[str] = set()

    @classmethod
    def of(cls, nodes: Iterable[ast.AST]) -> _Bindings:
        """What some statements bind."""
        visitor = cls()
        for node in nodes:
            visitor.visit(node)
        return visitor

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
        outside = (
            [*node.bases, *node.keywords]
            if isinstance(node, ast.ClassDef)
            else _defaults(node.args)
        )
        for part in (*node.decorator_list, *outside):
            self.visit(part)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Definition

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for default in _defaults(node.args):
            self.visit(default)

    def visit_Comprehension(self, node: Comprehension) -> None:
        for part in ast.iter_child_nodes(node):
            for inner in (part.iter, *part.ifs) if isinstance(part, ast.comprehension) else (part,):
                self.visit(inner)

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

    def visit_Global(self, node: ast.Global) -> None:
        self.of_module |= set(node.names)
        self.outer |= set(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.outer |= set(node.names)


class Mentions(ast.NodeVisitor):
    """Collects the mentions of a module, scope by scope."""

    def __init__(self) -> None:
        self.scope = Scope()
        self.found: list[Mention] = []

    def add(self, node: ast.expr) -> None:
        path = self.scope.path(node)
        if path not in (UNKNOWN, LITERAL):
            self.found.append(Mention(path, node.end_lineno or node.lineno))

    def within(self, scope: Scope, nodes: Iterable[ast.AST]) -> None:
        outside, self.scope = self.scope, scope
        for node in nodes:
            self.visit(node)
        self.scope = outside

    def body(self, scope: Scope, nodes: Iterable[ast.AST]) -> None:
        """Visit the body of a function, which runs later."""
        self.within(scope, nodes)

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
        for part in (*node.decorator_list, *_defaults(node.args)):
            self.visit(part)
        outside, self.scope = self.scope, self.scope.generic(node)
        self.type_bounds(node)
        for arg in _parameters(node.args):
            self.annotation(arg.annotation)
        self.annotation(node.returns)
        self.scope = outside
        self.body(self.scope.function(node), node.body)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Function

    def visit_TypeAlias(self, node: ast.AST) -> None:
        self.type_bounds(node)
        self.body(self.scope.generic(node), [node.value])  # type: ignore[attr-defined]

    def type_bounds(self, node: ast.AST) -> None:
        """Visit what the type parameters are bound by, which is looked up later."""
        for parameter in getattr(node, "type_params", []):
            self.body(self.scope.generic(node), ast.iter_child_nodes(parameter))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.annotation(node.annotation)
        self.visit(node.target)
        if node.value:
            self.visit(node.value)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for default in _defaults(node.args):
            self.visit(default)
        self.body(self.scope.function(node), [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in node.decorator_list:
            self.visit(part)
        self.type_bounds(node)
        self.within(self.scope.generic(node), (*node.bases, *node.keywords))
        scope = self.scope.class_body(node)
        members, scope.names = scope.names, {}
        for statement in node.body:  # a name is the class's own from where it is bound
            self.within(scope, [statement])
            scope.names |= {name: members[name] for name in bound([statement]) if name in members}

    def visit_Comprehension(self, node: Comprehension) -> None:
        first, *others = node.generators
        self.visit(first.iter)
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        names = bound(generator.target for generator in node.generators)
        self.within(self.scope.inner(names), [*first.ifs, *others, *results])

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_Comprehension

    def annotation(self, node: ast.expr | None) -> None:
        """Visit an annotation, which may be absent or written as a string."""
        read = _unquoted(node)
        if read is node and read is not None:
            self.visit(read)
        elif read is not None and node is not None:
            for part in ast.walk(read):
                ast.copy_location(part, node)
            self.visit(read)
