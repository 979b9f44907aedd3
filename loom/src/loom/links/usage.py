"""Who uses whom: the book's identifiers, and every cell that mentions them.

A name is followed through Python's scopes and through the imports between the book's modules.
``x.attr`` counts where x is known to be a class of the book or made by one, or where nothing is
known of x and exactly one class of the book has a member of that name.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from loom.model import Book, Cell, Definition
from loom.python.scopes import ANNOTATED, CALL, LITERAL, SUPER, Path, bound, mentions, path_of
from loom.python.statements import definitions

BUILTINS = {
    "bool",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "set",
    "str",
    "tuple",
}


@dataclass(frozen=True)
class Identifier:
    """A name of the package: of a module, a class or a table."""

    target: str
    name: str
    kind: str

    @property
    def owner(self) -> str:
        """The class or table that it belongs to, or ''."""
        if self.kind == "entry":
            return self.name.partition("[")[0]
        return self.name.rpartition(".")[0] if self.kind == "member" else ""

    @property
    def short(self) -> str:
        """The name as it is written where its class is known."""
        return self.name.removeprefix(f"{self.owner}.") if self.kind == "member" else self.name


@dataclass(frozen=True)
class Use:
    """A cell that mentions an identifier, and the definition in which it does, if any."""

    identifier: Identifier
    cell: Cell
    row: int
    within: str | None


@dataclass(frozen=True)
class Usage:
    """The book's identifiers, in the order of their first definition,
    and their uses in reading order.
    """

    identifiers: tuple[Identifier, ...]
    uses: tuple[Use, ...]


def usage(book: Book) -> Usage:
    """Find the identifiers of a book and who uses them."""
    resolver = _Resolver(book)
    uses = (use for chapter in book.chapters for use in _uses(chapter.cells, resolver))
    return Usage(tuple(resolver.identifiers.values()), tuple(dict.fromkeys(uses)))


def parsed(source: str) -> ast.Module:
    """The syntax tree of a cell, read past IPython's own commands; empty if there is none."""
    for text in (source, _without_commands(source)):
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError):
            continue
    return ast.Module([], [])


def _without_commands(source: str) -> str:
    lines = source.split("\n")
    if lines[0].startswith("%%"):
        return ""
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)


def identifiers(cells: Iterable[Cell]) -> dict[tuple[str, str], Identifier]:
    """The identifiers that tangled cells define, by module and name."""
    found: dict[tuple[str, str], Identifier] = {}
    for cell in cells:
        for one in definitions(cell) if cell.target else ():
            if one.kind not in ("docstring", "import"):
                found.setdefault(
                    (cell.target or "", one.name), Identifier(cell.target or "", one.name, one.kind)
                )
    return found


@dataclass(frozen=True)
class _Module:
    """A module or package of the book, by its dotted name."""

    dotted: str


@dataclass(frozen=True)
class _Made:
    """What a class of the book makes when it is called."""

    by: Identifier


@dataclass(frozen=True)
class _Super:
    """What ``super()`` gives in a method of a class of the book."""

    of: Identifier


@dataclass(frozen=True)
class _Import:
    """A name to look up in another module; the module itself if there is no name."""

    dotted: str
    name: str | None


class _Foreign:
    """Something known not to be of the book, like everything reached through it."""


FOREIGN, BUILTIN = _Foreign(), _Foreign()
Meaning = Identifier | _Module | _Made | _Super | _Import | _Foreign | None
Env = Mapping[str, Meaning]


def dotted(target: str) -> str:
    """The name by which a file of the package is imported."""
    return ".".join(PurePosixPath(target).with_suffix("").parts).removesuffix(".__init__")


class _Resolver:
    """Finds what paths mean in the modules of a book."""

    def __init__(self, book: Book) -> None:
        cells = [cell for chapter in book.chapters for cell in chapter.cells if cell.target]
        self.identifiers = identifiers(cells)
        self.targets = {dotted(cell.target or ""): cell.target or "" for cell in cells}
        self.envs = {target: self.module(target, cells) for target in self.targets.values()}
        self.members: dict[str, set[Identifier]] = defaultdict(set)
        for one in self.identifiers.values():
            if one.kind == "member":
                self.members[one.short].add(one)
        self.bases = {
            one: tuple(self.bases_of(one, cells))
            for one in self.identifiers.values()
            if one.kind == "class"
        }

    def module(self, target: str, cells: Iterable[Cell]) -> dict[str, Meaning]:
        """What the module-level names of a file mean."""
        env: dict[str, Meaning] = {}
        for cell in cells:
            if cell.target == target:
                env |= imports(parsed(cell.source), target)
        own = (one for one in self.identifiers.values() if one.target == target and not one.owner)
        return env | {one.name: one for one in own}

    def bases_of(self, cls: Identifier, cells: Iterable[Cell]) -> Iterator[Identifier]:
        """The classes of the book that a class is made from."""
        for cell in cells:
            for node in parsed(cell.source).body if cell.target == cls.target else ():
                if isinstance(node, ast.ClassDef) and node.name == cls.name:
                    found = (
                        self.meaning(path_of(base), self.envs[cls.target]) for base in node.bases
                    )
                    yield from (
                        base for base in found if isinstance(base, Identifier) and base != cls
                    )

    def meaning(self, path: Path, env: Env) -> Meaning:
        """What a path means, its first name looked up in an environment."""
        first, *steps = path
        meaning = self.root(first, env)
        for step in steps:
            meaning = self.follow(self.step(meaning, step))
        return meaning

    def root(self, name: str, env: Env) -> Meaning:
        if name in env:
            return self.follow(env[name])
        return BUILTIN if name == LITERAL[0] or name in BUILTINS else None

    def follow(self, meaning: Meaning, seen: frozenset[_Import] = frozenset()) -> Meaning:
        """Look an imported name up where it comes from."""
        if not isinstance(meaning, _Import):
            return meaning
        if meaning in seen:
            return None
        if meaning.name is None:
            return _Module(meaning.dotted) if self.of_the_book(meaning.dotted) else FOREIGN
        if not self.of_the_book(meaning.dotted):
            return FOREIGN
        env = self.envs.get(self.targets.get(meaning.dotted, ""), {})
        if meaning.name in env:
            return self.follow(env[meaning.name], seen | {meaning})
        inner = f"{meaning.dotted}.{meaning.name}"
        return _Module(inner) if self.of_the_book(inner) else None

    def of_the_book(self, module: str) -> bool:
        return any(name == module or name.startswith(f"{module}.") for name in self.targets)

    def step(self, meaning: Meaning, step: str) -> Meaning:
        """What one step from a meaning leads to."""
        match meaning:
            case Identifier(kind="class") if step == CALL or step == ANNOTATED:
                return _Made(meaning)
            case Identifier(kind="class") if step == SUPER:
                return _Super(meaning)
            case _Module(name) if step.startswith("."):
                return _Import(name, step[1:])
            case Identifier(kind="class") as cls if step.startswith("."):
                return self.member(cls, step[1:])
            case _Made(cls) if step.startswith("."):
                return self.member(cls, step[1:])
            case _Super(cls) if step.startswith("."):
                return next(
                    (m for base in self.bases[cls] if (m := self.member(base, step[1:]))), None
                )
            case Identifier() if step.startswith("["):
                return self.identifiers.get((meaning.target, f"{meaning.name}{step}"))
            case _Foreign():  # what a foreign annotation such as `Any` admits is not known
                return None if step == ANNOTATED and meaning is FOREIGN else meaning
            case _:
                return self.only(step[1:]) if meaning is None and step.startswith(".") else None

    def member(
        self, cls: Identifier, name: str, seen: frozenset[Identifier] = frozenset()
    ) -> Identifier | None:
        """A class's member, its own or from its bases."""
        if own := self.identifiers.get((cls.target, f"{cls.name}.{name}")):
            return own
        found = (
            self.member(base, name, seen | {cls})
            for base in self.bases.get(cls, ())
            if base not in seen
        )
        return next((one for one in found if one), None)

    def only(self, name: str) -> Identifier | None:
        """The one member of this name, if there is exactly one."""
        found = self.members.get(name, set())
        return next(iter(found)) if len(found) == 1 else None


def imports(tree: ast.AST, target: str | None = None) -> dict[str, _Import]:
    """The names that a module's imports bind;
    ``target`` is the file that relative ones start from.
    """
    found: dict[str, _Import] = {}
    for node in _outside_definitions(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                found[alias.asname or whole] = _Import(whole, None)
        elif isinstance(node, ast.ImportFrom):
            source = _source(node, target)
            found |= {
                alias.asname or alias.name: _Import(source, alias.name) for alias in node.names
            }
    return found


def _outside_definitions(node: ast.AST) -> Iterator[ast.AST]:
    """A module's nodes, without those inside functions and classes."""
    yield node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        for child in ast.iter_child_nodes(node):
            yield from _outside_definitions(child)


def _source(node: ast.ImportFrom, target: str | None) -> str:
    """The absolute name of the module that is imported from."""
    if not node.level:
        return node.module or ""
    folder = PurePosixPath(target or "").parents[
        min(node.level, len(PurePosixPath(target or "").parents)) - 1
    ]
    return ".".join([*folder.parts, *([node.module] if node.module else [])])


def _uses(cells: Iterable[Cell], resolver: _Resolver) -> Iterator[Use]:
    """The uses in one chapter, whose notebook binds its names cell by cell."""
    notebook: dict[str, Meaning] = {}
    for cell in cells:
        if cell.target:
            yield from _tangled_uses(cell, resolver)
            notebook |= _brought(cell, resolver)
        else:
            before = dict(notebook)
            yield from _notebook_uses(cell, resolver, notebook)
            if cell.trial:
                notebook |= {
                    name: one
                    for name, one in before.items()
                    if isinstance(resolver.follow(one), Identifier)
                }


def _tangled_uses(cell: Cell, resolver: _Resolver) -> Iterator[Use]:
    whole = definitions(cell)
    for mention in mentions(parsed(cell.source)):
        one = resolver.meaning(mention.path, resolver.envs[cell.target or ""])
        if isinstance(one, Identifier) and cell.shown:
            yield Use(one, cell, mention.row, _innermost(whole, mention.row))


def _innermost(whole: Iterable[Definition], row: int) -> str | None:
    """The smallest definition around a row."""
    around = [
        one
        for one in whole
        if one.first <= row <= one.last and one.kind not in ("docstring", "import")
    ]
    return (
        min(around, key=lambda one: (one.last - one.first, one.kind == "class")).name
        if around
        else None
    )


def _brought(cell: Cell, resolver: _Resolver) -> dict[str, Meaning]:
    """The names that a tangled cell binds in the notebook."""
    env = resolver.envs[cell.target or ""]
    return {name: env.get(name) for name in bound(parsed(cell.source).body)}


def _notebook_uses(cell: Cell, resolver: _Resolver, notebook: dict[str, Meaning]) -> Iterator[Use]:
    for statement in parsed(cell.source).body:
        for mention in mentions(statement):
            one = resolver.meaning(mention.path, notebook)
            if isinstance(one, Identifier) and cell.shown:
                yield Use(one, cell, mention.row, None)
        notebook |= _bindings(statement, resolver, notebook)


def _bindings(statement: ast.stmt, resolver: _Resolver, notebook: Env) -> dict[str, Meaning]:
    """What a statement of a notebook makes its names mean."""
    if isinstance(statement, ast.ClassDef):
        return {} if is_reopened(statement) else {statement.name: FOREIGN}
    found: dict[str, Meaning] = {}
    for name, values in bound([statement]).items():
        value = values[0] if len(values) == 1 else None
        found[name] = resolver.meaning(path_of(value), notebook) if value is not None else None
    return found | imports(statement)


def is_reopened(node: ast.ClassDef) -> bool:
    """Does the statement continue a class, and not start one?"""
    return any(isinstance(one, ast.Name) and one.id == "extend" for one in node.decorator_list)
