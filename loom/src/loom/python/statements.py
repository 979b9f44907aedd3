"""The definitions of a cell: which names, of which kind, in which rows.

Everything here is read from the syntax tree.  A *statement* is what one edit adds or replaces:
a function with its decorators, its overloads and the comments directly above it.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field, replace
from functools import lru_cache

from loom.errors import LoomError
from loom.model import Cell, Definition

Function = ast.FunctionDef | ast.AsyncFunctionDef
DEEPEST = 200
COOKIE = re.compile(r"[ \f]*#.*?coding[:=][ ]*[-\w.]+")
ALLOWED = "imports, functions, classes and assignments to names"


@dataclass(frozen=True)
class Statement:
    """What stands between two neighbours of a body: its nodes, names and rows.

    ``names`` are as written in its own body (a member is ``__add__``, not ``Value.__add__``).
    ``members`` and ``head`` (the rows before the first member) belong to classes alone.
    """

    kind: str
    names: tuple[str, ...]
    nodes: tuple[ast.stmt, ...]
    cell: Cell
    first: int
    last: int
    head: int = 0
    members: tuple[Statement, ...] = ()
    extends: bool = False
    inline: bool = False  # a class that is whole on one line, with no room for members

    @property
    def node(self) -> ast.stmt:
        """The first node: the only one, but for overloads and properties."""
        return self.nodes[0]

    @property
    def rows(self) -> list[str]:
        """The statement's text, row by row."""
        return self.cell.source.split("\n")[self.first - 1 : self.last]

    @property
    def head_rows(self) -> list[str]:
        """The text of a class above its first member."""
        return self.rows[: self.head - self.first + 1]

    def own_nodes(self) -> list[ast.AST]:
        """The tree of the statement; of a class, its head without its members."""
        if self.kind != "class" or not isinstance(self.node, ast.ClassDef) or not self.members:
            return list(self.nodes)
        return [*self.node.decorator_list, *self.node.bases, *self.node.keywords]

    @property
    def is_filler(self) -> bool:
        """``pass`` and ``...``, which hold a body's place until it has something to say."""
        return self.kind == "filler"


@lru_cache(maxsize=4096)
def statements(cell: Cell) -> tuple[Statement, ...]:
    """The statements of a tangled cell; anything that is no definition is an error."""
    rows = cell.source.split("\n")
    _check_rows(cell, rows)
    body = _Body(cell, rows, _syntax_tree(cell).body)
    found = body.statements()
    if not found:
        raise LoomError("this tangled cell defines nothing", cell.place())
    return found


@lru_cache(maxsize=4096)
def definitions(cell: Cell) -> tuple[Definition, ...]:
    """The definitions of a tangled cell, a class before its members."""
    found: list[Definition] = []
    for statement in statements(cell):
        found += describe(statement)
        prefix = f"{statement.names[0]}." if statement.kind == "class" else ""
        for member in statement.members:
            found += describe(member, prefix)
    return tuple(found)


def describe(statement: Statement, prefix: str = "") -> list[Definition]:
    """One definition for each name of a statement."""
    kind = "member" if prefix else statement.kind
    source = "\n".join(statement.rows)
    return [
        Definition(prefix + name, kind, statement.cell, statement.first, statement.last, source)
        for name in statement.names
        if not statement.is_filler
    ]


def canonical_name(node: ast.expr) -> str | None:
    """How a definition is called: ``f``, ``Value.__add__``, ``RULES['*']``."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return f"{owner}.{name}"
        case ast.Subscript(value=ast.Name(id=table), slice=key):
            return f"{table}[{ast.unparse(key)}]"
    return None


# ------------------------------------------------------------------------- details


def _check_rows(cell: Cell, rows: list[str]) -> None:
    for number, row in enumerate(rows, 1):
        if "\t" in row:
            raise LoomError("a tab in code; indent with four spaces", cell.place(number))
        if number <= 2 and COOKIE.match(row):
            raise LoomError(
                "Python would take this for a module's encoding; the package is UTF-8",
                cell.place(number),
            )


def _syntax_tree(cell: Cell) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(cell.source)
            compile(tree, cell.path, "exec", dont_inherit=True)
        _check_depth(tree)
        return tree
    except SyntaxError as error:
        raise LoomError(
            f"not Python: {_in_chapter(error.msg, cell)}", cell.place(error.lineno or 1)
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise LoomError(f"not Python: {error}", cell.place()) from None


def _in_chapter(message: str, cell: Cell) -> str:
    """Python's words on a mistake, in which lines are those of the chapter."""
    return re.sub(r"\b(?<=line )\d+", lambda found: str(cell.place(int(found[0])).line), message)


def _check_depth(tree: ast.AST) -> None:
    """What Python's compiler can still follow may be too deep for a walk over the tree."""
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise RecursionError("nested too deeply")


@dataclass
class _Body:
    """The body of a module or of a class, being cut into statements."""

    cell: Cell
    rows: list[str]
    nodes: list[ast.stmt]
    start: int = 0  # the last row before the body
    end: int | None = None  # the body's last row
    indent: int = 0
    owner: str = ""
    _found: list[Statement] = field(default_factory=list)

    def statements(self) -> tuple[Statement, ...]:
        """Cut the body; each row between two statements goes to the one that it explains."""
        above = self.start
        groups = self._groups()
        for number, group in enumerate(groups):
            first_row, last_row = _first_row(group[0]), group[-1].end_lineno or 0
            self._check_alone(group[0], above)
            first = self._first_comment(above, first_row)
            following = _first_row(groups[number + 1][0]) if number + 1 < len(groups) else None
            last = self._last_comment(last_row, following)
            self._found.append(self._statement(group, first, last))
            above = last
        return tuple(self._found)

    def _groups(self) -> list[list[ast.stmt]]:
        """Neighbouring nodes that define one thing: overloads, a property and its setter."""
        groups: list[list[ast.stmt]] = []
        for node in self.nodes:
            if groups and _continues(groups[-1], node):
                groups[-1].append(node)
            else:
                groups.append([node])
        return groups

    def _check_alone(self, node: ast.stmt, above: int) -> None:
        """A statement has its lines for itself; above it stand comments and blank lines only."""
        row = _first_row(node)
        if row <= above or self.rows[row - 1][: self.indent].strip():
            raise LoomError("two statements on one line; give each its own", self.cell.place(row))
        for number in range(above + 1, row):
            text = self.rows[number - 1].strip()
            if text and not text.startswith("#"):
                raise LoomError("a line that is no statement of its own", self.cell.place(number))
        if above == row - 1 and above and self.rows[above - 1].endswith("\\"):
            raise LoomError("a backslash joins this line to the next", self.cell.place(above))

    def _first_comment(self, above: int, row: int) -> int:
        """The first comment after the statement above, or ``row`` itself."""
        for number in range(above + 1, row):
            if self.rows[number - 1].strip():
                return number
        return row

    def _last_comment(self, row: int, following: int | None) -> int:
        """Comments that are indented deeper than the body end the statement above them."""
        end = following - 1 if following else (self.end or len(self.rows))
        last = row
        for number in range(row + 1, end + 1):
            text = self.rows[number - 1]
            if not text.strip():
                continue
            if following and len(text) - len(text.lstrip()) <= self.indent:
                break
            last = number
        return last

    # ------------------------------------------------------------ kinds of statement

    def _statement(self, group: list[ast.stmt], first: int, last: int) -> Statement:
        node = group[0]
        kind, names = self._kind_and_names(node, first_of_body=not self._found)
        statement = Statement(kind, names, tuple(group), self.cell, first, last)
        if not isinstance(node, ast.ClassDef) or self.owner:
            return statement
        if self._is_inline(node):
            _is_extension(node, self.cell)
            return replace(statement, head=last, inline=True)
        return self._class(statement, node)

    def _kind_and_names(self, node: ast.stmt, first_of_body: bool) -> tuple[str, tuple[str, ...]]:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self._refuse_extend(node)
                return "function", (name,)
            case ast.ClassDef(name=name):
                if self.owner:
                    self._refuse_extend(node)
                return "class", (name,)
            case ast.Assign() | ast.AnnAssign():
                return self._assignment(node)
            case ast.Pass() | ast.Expr() if self.owner and _is_filler(node):
                return "filler", ()
            case ast.Expr(value=ast.Constant(value=str())) if first_of_body and not self.owner:
                return "docstring", ("__doc__",)
        if not self.owner and (names := _imported(node, self.cell)):
            return "import", names
        raise self._stray(node)

    def _assignment(self, node: ast.Assign | ast.AnnAssign) -> tuple[str, tuple[str, ...]]:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if len(targets) == 1 and isinstance(targets[0], ast.Subscript) and not self.owner:
            if name := canonical_name(targets[0]):
                return "entry", (name,)
        names: list[str] = []
        for target in targets:
            parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
            for part in parts:
                if not isinstance(part, ast.Name):
                    raise self._stray(node)
                names.append(part.id)
        return "assignment", tuple(dict.fromkeys(names))

    def _refuse_extend(self, node: Function | ast.ClassDef) -> None:
        if any(_is_extend(decorator) for decorator in node.decorator_list):
            raise LoomError(
                "`@extend` reopens a class of the module, and stands on nothing else",
                self.cell.place(node.lineno),
            )

    def _stray(self, node: ast.stmt) -> LoomError:
        text = ast.unparse(node).split("\n")[0]
        if len(text) > 40:
            text = text[:39] + "…"
        what = "the class body holds" if self.owner else "a tangled cell holds"
        allowed = "functions, classes and assignments to names" if self.owner else ALLOWED
        return LoomError(
            f"stray statement `{text}`; {what} {allowed} only", self.cell.place(node.lineno)
        )

    # ---------------------------------------------------------------------- classes

    def _class(self, statement: Statement, node: ast.ClassDef) -> Statement:
        """A class with its parts: its head, docstring included, and its members."""
        nodes = list(node.body)
        start = self._colon_row(nodes[0])
        if ast.get_docstring(node, clean=False) is not None:
            start = nodes.pop(0).end_lineno or start
        for member in nodes:
            if _indent(member, self.rows) != 4:
                raise LoomError(
                    "indent a class body by four spaces", self.cell.place(member.lineno)
                )
        body = _Body(self.cell, self.rows, nodes, start, statement.last, 4, node.name)
        return replace(
            statement,
            head=start if nodes else statement.last,
            members=body.statements(),
            extends=_is_extension(node, self.cell),
        )

    def _is_inline(self, node: ast.ClassDef) -> bool:
        """``class Stop(Exception): pass``: a class that is whole on the row of its colon."""
        before = self.rows[node.body[0].lineno - 1].encode()[: node.body[0].col_offset]
        if not before.strip():
            return False
        if len(node.body) > 1 or not _is_filler(node.body[0]) and ast.get_docstring(node) is None:
            raise LoomError(
                "a class body on the class's own line; give it lines of its own",
                self.cell.place(node.lineno),
            )
        return True

    def _colon_row(self, first: ast.stmt) -> int:
        row = _first_row(first) - 1
        while not self.rows[row - 1].strip() or self.rows[row - 1].lstrip().startswith("#"):
            row -= 1
        return row


def _indent(node: ast.stmt, rows: list[str]) -> int:
    row = rows[_first_row(node) - 1]
    return len(row) - len(row.lstrip())


def _first_row(node: ast.stmt) -> int:
    """The first row of a node, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _is_filler(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and node.value.value is ...
    )


def _continues(group: list[ast.stmt], node: ast.stmt) -> bool:
    """Is this function one more part of the group's: an implementation, a setter?"""
    above = group[-1]
    if not isinstance(above, Function) or not isinstance(node, Function) or above.name != node.name:
        return False
    if any(_last_name(item) == "overload" for item in above.decorator_list):
        return True
    return any(
        isinstance(item, ast.Attribute)
        and isinstance(item.value, ast.Name)
        and item.value.id == node.name
        for item in node.decorator_list
    )


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_extend(decorator: ast.expr) -> bool:
    """Is this `extend`, however it is spelt?"""
    return _last_name(decorator.func if isinstance(decorator, ast.Call) else decorator) == "extend"


def _is_extension(node: ast.ClassDef, cell: Cell) -> bool:
    """Is the class reopened?  Then its head may say nothing else."""
    if not any(_is_extend(item) for item in node.decorator_list):
        return False
    place = cell.place(node.lineno)
    if len(node.decorator_list) > 1 or not isinstance(node.decorator_list[0], ast.Name):
        raise LoomError(
            "`@extend`, written like this, must be the only decorator of a reopened class", place
        )
    if node.bases or node.keywords or getattr(node, "type_params", None):
        raise LoomError(
            f"`@extend` cannot change the bases of `{node.name}`;"
            f" replace the class's head: `:replaces: {node.name}`", place,
        )
    if ast.get_docstring(node, clean=False) is not None:
        raise LoomError(
            f"`@extend` cannot change the docstring of `{node.name}`;"
            f" replace the class's head: `:replaces: {node.name}`", place,
        )
    for item in node.body:
        targets = item.targets if isinstance(item, ast.Assign) else [getattr(item, "target", node)]
        names = [
            name for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)
        ]
        if isinstance(item, (ast.Assign, ast.AnnAssign)) and any(
            name.id == "__slots__" for name in names
        ):
            raise LoomError(
                f"`@extend` cannot change the slots of `{node.name}`;"
                f" replace the class's head: `:replaces: {node.name}`", cell.place(item.lineno),
            )
    if all(_is_filler(item) for item in node.body):
        raise LoomError(f"this `@extend` gives `{node.name}` nothing", place)
    return True


# ------------------------------------------------------------------------- imports


def _imported(node: ast.stmt, cell: Cell) -> tuple[str, ...]:
    """The names that an import binds; also one under ``try`` or ``if TYPE_CHECKING``."""
    match node:
        case ast.Import(names=names):
            _refuse_loom([alias.name for alias in names], cell, node)
            return tuple(dict.fromkeys(alias.asname or alias.name.split(".")[0] for alias in names))
        case ast.ImportFrom(names=names):
            if not node.level:
                _refuse_loom([node.module or ""], cell, node)
            if any(alias.name == "*" for alias in names):
                raise LoomError(
                    "`import *` hides which names it brings; list them", cell.place(node.lineno)
                )
            return tuple(dict.fromkeys(alias.asname or alias.name for alias in names))
        case ast.Try() | ast.If() if _is_guard(node):
            return _guarded(node, cell)
    return ()


def _refuse_loom(modules: list[str], cell: Cell, node: ast.stmt) -> None:
    if any(module.split(".")[0] == "loom" for module in modules):
        raise LoomError(
            "the package must not need the loom; `extend` is there without an import",
            cell.place(node.lineno),
        )


def _is_guard(node: ast.Try | ast.If) -> bool:
    if isinstance(node, ast.If):
        return _last_name(node.test) == "TYPE_CHECKING"
    return not node.finalbody and all(
        {_last_name(item) for item in getattr(handler.type, "elts", [handler.type])}
        <= {"ImportError", "ModuleNotFoundError"}
        for handler in node.handlers
        if handler.type is not None
    ) and all(handler.type is not None for handler in node.handlers)


def _guarded(node: ast.Try | ast.If, cell: Cell) -> tuple[str, ...]:
    """What the branches of a guard bind: imports, and assignments in their stead."""
    names: list[str] = []
    branches = [node.body, node.orelse]
    if isinstance(node, ast.Try):
        branches += [handler.body for handler in node.handlers]
    for item in (item for branch in branches for item in branch):
        if isinstance(item, (ast.Import, ast.ImportFrom)):
            names += _imported(item, cell)
        elif isinstance(item, ast.Assign) and all(isinstance(t, ast.Name) for t in item.targets):
            names += [t.id for t in item.targets if isinstance(t, ast.Name)]
        elif not isinstance(item, (ast.Pass, ast.Raise)):
            raise LoomError(
                "a guarded import holds imports and assignments to names only",
                cell.place(item.lineno),
            )
    return tuple(dict.fromkeys(names))
