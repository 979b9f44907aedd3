"""Tangle: from cells to the modules that hold what running the cells in order defines.

A pure function of plain data.  Each module is kept as a list of blocks while the cells go by
in reading order: a new definition is a new block, ``@extend`` adds blocks to a class, and an
announced replacement changes a block where it stands.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from .errors import LoomError
from .model import Book, Cell, Definition, Place
from .lookups import words
from .syntax import Statement, describe, statements

__all__ = ["Event", "Module", "Piece", "cells_through", "digest", "tangle", "tangle_cells"]

BANNER = "# Tangled from the book by `python -m loom tangle`: edit the chapters, not this file."
WIDTH = 100


# --------------------------------------------------------------------- the outcome


@dataclass(frozen=True)
class Event:
    """What a cell did to a piece; ``removed`` is the text that a replacement took away."""

    action: str  # 'defined', 'extended' or 'replaced'
    definition: Definition
    removed: str | None = None


@dataclass(frozen=True)
class Piece:
    """A definition in its module, with all that happened to it on the way."""

    name: str
    kind: str
    first: int
    last: int
    history: tuple[Event, ...]


@dataclass(frozen=True)
class Module:
    """A tangled module; ``lines[i]`` is where the text of line ``i + 1`` was written."""

    target: str
    text: str
    lines: tuple[Place | None, ...]
    pieces: tuple[Piece, ...]


def tangle(book: Book, through: str | None = None) -> dict[str, Module]:
    """The package's modules, as they stand at the end of chapter ``through``.

    ``None`` is the end of the book, ``""`` is before its first chapter.
    """
    return tangle_cells(cells_through(book, through))


def cells_through(book: Book, through: str | None = None) -> tuple[Cell, ...]:
    """The tangled cells in reading order, up to the end of a chapter."""
    names = [chapter.docname for chapter in book.chapters]
    if through is None:
        last = len(names)
    elif through == "":
        last = 0
    elif through in names:
        last = names.index(through) + 1
    else:
        raise LoomError(f"the book has no chapter `{through}`")
    chapters = book.chapters[:last]
    return tuple(cell for chapter in chapters for cell in chapter.cells if cell.target)


def tangle_cells(cells: Iterable[Cell]) -> dict[str, Module]:
    """The modules that some tangled cells give, executed in this order."""
    cells = tuple(cells)
    shelf = _Shelf()
    for cell in cells:
        shelf.add(cell)
    book_digest = digest(cells)
    return {
        target: draft.module(book_digest) for target, draft in sorted(shelf.drafts.items())
    }


def digest(source: Book | Iterable[Cell]) -> str:
    """The digest of the tangled cells; prose and the other cells do not change it."""
    cells = cells_through(source) if isinstance(source, Book) else source
    total = hashlib.sha256()
    for cell in cells:
        for part in (cell.target or "", ", ".join(cell.replaces), cell.source):
            total.update(f"{len(part)}:{part}".encode())
    return total.hexdigest()[:16]


# ----------------------------------------------------------------------- the blocks


@dataclass
class _Block:
    """A statement where it stands now; ``time`` is when it was executed last."""

    name: str
    statement: Statement
    time: int
    history: dict[str, list[Event]]
    members: list[_Block] = field(default_factory=list)
    head_history: int = 0
    body: int = 0  # the class body, one execution of it, that this member was executed in

    @property
    def kind(self) -> str:
        return self.statement.kind

    @property
    def cell(self) -> Cell:
        return self.statement.cell

    @property
    def place(self) -> Place:
        return self.cell.place(_node_row(self.statement))

    @property
    def names(self) -> tuple[str, ...]:
        """The qualified names that the block defines."""
        prefix = self.name[: -len(self.statement.names[0])] if self.statement.names else ""
        return tuple(prefix + name for name in self.statement.names)


def _node_row(statement: Statement) -> int:
    return statement.node.lineno


@dataclass
class _Shelf:
    """All modules in the making."""

    drafts: dict[str, _Draft] = field(default_factory=dict)

    def add(self, cell: Cell) -> None:
        """Execute one more cell."""
        target = cell.target or ""
        found = statements(cell)
        draft = self.drafts.setdefault(target, _Draft(target))
        self._refuse_moves(draft, found)
        draft.add(cell, found)

    def _refuse_moves(self, draft: _Draft, found: tuple[Statement, ...]) -> None:
        for statement in found:
            for name in statement.names:
                if statement.kind == "import" or name.startswith("__") and name.endswith("__"):
                    continue
                for other in self.drafts.values():
                    known = other.find(name)
                    if other is not draft and known and known.kind != "import":
                        raise LoomError(
                            f"`{name}` belongs to {other.target} ({known.place});"
                            f" it cannot move to {draft.target}",
                            statement.cell.place(_node_row(statement)),
                        )


class _Draft:
    """One module in the making."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.docstring: _Block | None = None
        self.imports: list[_Block] = []
        self.blocks: list[_Block] = []
        self.clock = 0
        self.bodies = 0
        self.dropped: list[Statement] = []  # what replacements took away

    def find(self, name: str) -> _Block | None:
        """The block that defines a qualified name."""
        for block in self.everything():
            if name in block.names:
                return block
        return None

    def top(self) -> list[_Block]:
        docstring = [self.docstring] if self.docstring else []
        return docstring + self.imports + self.blocks

    def everything(self) -> Iterator[_Block]:
        """All blocks, a class before its members."""
        for block in self.top():
            yield block
            yield from block.members

    # ------------------------------------------------------------- executing a cell

    def add(self, cell: Cell, found: tuple[Statement, ...]) -> None:
        """Execute a cell: all its statements, then the checks that need them all."""
        turn = _Turn(cell)
        is_first = not self.top()
        for number, statement in enumerate(found):
            if statement.kind == "docstring" and not (is_first or "__doc__" in cell.replaces):
                raise LoomError(
                    "stray string; a module's docstring stands in its first cell, or is announced"
                    " with `:replaces: __doc__`",
                    cell.place(_node_row(statement)),
                )
            self._add_statement(statement, turn)
        turn.finish()
        _check_replaced(self, turn)
        _check_order(self, turn)

    def _add_statement(self, statement: Statement, turn: _Turn) -> None:
        if statement.extends:
            self._extend(statement, turn)
        elif statement.kind == "class":
            self._add_class(statement, turn)
        elif _is_plain_import(statement):
            for part in _split_import(statement):
                self._place(part, turn)
        elif statement.kind == "import" and self._is_repeated(statement):
            turn.given |= set(statement.names)
        else:
            self._place(statement, turn)

    def _is_repeated(self, statement: Statement) -> bool:
        return any(_rows(block.statement) == _rows(statement) for block in self.imports)

    def _tick(self) -> int:
        self.clock += 1
        return self.clock

    def _block(self, statement: Statement, turn: _Turn, prefix: str = "", body: int = 0) -> _Block:
        block_name = prefix + (statement.names[0] if statement.names else "")
        history = {
            definition.name: [Event("defined", definition)]
            for definition in describe(statement, prefix)
        }
        turn.given |= set(history)
        return _Block(block_name, statement, self._tick(), history, body=body)

    def _known(self, block: _Block, turn: _Turn) -> _Block | None:
        """The block that this one replaces; it must be announced."""
        known = [found for name in block.names if (found := self.find(name))]
        for name, found in zip(block.names, known, strict=False):
            turn.check_announced(name, found, block)
        if not known:
            return None
        old = known[0]
        if set(old.names) != set(block.names):
            raise LoomError(
                f"`{', '.join(old.names)}` is one statement ({old.place}); replace it by one"
                " statement that gives the same names",
                block.place,
            )
        return old

    def _place(self, statement: Statement, turn: _Turn) -> None:
        """Add a block to the module, or put it where an announced one stands."""
        block = self._block(statement, turn)
        old = self.find(block.name) if _is_plain_import(statement) else None
        if old and _is_plain_import(old.statement) and _same_import(old.statement, statement):
            return
        old = self._known(block, turn)
        shelf = self._shelf_of(block)
        if old is None:
            shelf.append(block)
        else:
            self._replace(old, block, turn)

    def _shelf_of(self, block: _Block) -> list[_Block]:
        if block.kind == "docstring" and self.docstring is None:
            self.docstring = block
            return []
        return self.imports if block.kind == "import" else self.blocks

    def _replace(self, old: _Block, block: _Block, turn: _Turn) -> None:
        if old.kind == "class":
            raise LoomError(
                f"`{old.name}` is a class ({old.place}); only a class can replace it", block.place
            )
        self._inherit_history(old, block)
        turn.replaced[old.name] = (old, block)
        self.dropped.append(old.statement)
        if old is self.docstring:
            self.docstring = block
            return
        shelf, home = self._shelf_of(old), self._shelf_of(block)
        if shelf is home:
            shelf[shelf.index(old)] = block
        else:
            shelf.remove(old)
            home.append(block)

    def _inherit_history(self, old: _Block, block: _Block) -> None:
        removed = "\n".join(_rows(old.statement))
        for name, events in block.history.items():
            event = replace(events[-1], action="replaced", removed=removed)
            block.history[name] = [*old.history.get(name, []), event]

    # -------------------------------------------------------------------- classes

    def _add_class(self, statement: Statement, turn: _Turn) -> None:
        block = self._block(statement, turn)
        old = self._known(block, turn)
        self.bodies += 1
        if old is None:
            self.blocks.append(block)
            self._add_members(block, statement, turn)
        elif old.kind == "class":
            self._replace_head(old, block, turn)
        else:
            self._replace(old, block, turn)
            self._add_members(block, statement, turn)
        block.time = self._tick()

    def _replace_head(self, old: _Block, block: _Block, turn: _Turn) -> None:
        """A new head over all the members so far, which are executed again below it."""
        removed = "\n".join(_rows(old.statement)[: old.statement.head - old.statement.first + 1])
        event = replace(block.history[block.name][-1], action="replaced", removed=removed)
        block.history[block.name] = [*old.history[block.name], event]
        turn.replaced[block.name] = (old, block)
        self.dropped.append(replace(old.statement, members=()))
        block.members = old.members
        self.blocks[self.blocks.index(old)] = block
        turn.heads.add(block.name)
        self._add_members(block, block.statement, turn, top=True)
        for member in block.members:
            member.time, member.body = self._tick(), self.bodies

    def _extend(self, statement: Statement, turn: _Turn) -> None:
        name = statement.names[0]
        block = self.find(name)
        if block is None or block.kind != "class":
            raise LoomError(
                f"`@extend` of `{name}`, a class that no cell of {self.target} has defined yet",
                statement.cell.place(_node_row(statement)),
            )
        if block.statement.inline:
            raise LoomError(
                f"`{name}` is written on one line ({block.place}) and has no room for more;"
                " give its body a line of its own",
                statement.cell.place(_node_row(statement)),
            )
        self.bodies += 1
        for definition in describe(statement):
            block.history[name].append(Event("extended", definition))
        self._add_members(block, statement, turn)

    def _add_members(
        self, owner: _Block, statement: Statement, turn: _Turn, top: bool = False
    ) -> None:
        """Add members at the end, or below their neighbour in the class's new head."""
        position = 0 if top else None
        for member in statement.members:
            block = self._block(member, turn, f"{owner.name}.", self.bodies)
            old = self._known_member(block, turn)
            if old:
                self._inherit_history(old, block)
                turn.replaced[old.name] = (old, block)
                self.dropped.append(old.statement)
                index = owner.members.index(old)
                owner.members[index] = block
                position = index + 1 if top else None
            elif position is None:
                owner.members.append(block)
            else:
                owner.members.insert(position, block)
                position += 1

    def _known_member(self, block: _Block, turn: _Turn) -> _Block | None:
        if block.statement.is_filler:
            return None
        return self._known(block, turn)

    # ------------------------------------------------------------------- rendering

    def module(self, book_digest: str) -> Module:
        """The module as a careful person would write it."""
        page = _Page()
        page.lines.append(("", None))
        if self.docstring:
            page.block(self.docstring, 0)
        self._write_imports(page)
        for above, block in zip([None, *self.blocks], self.blocks, strict=False):
            page.block(block, _blank_rows(above, block) if above else _after_head(block, page))
        body = "".join(f"{text}\n" for text, _ in page.lines[1:])
        is_package = self.target.endswith("__init__.py")
        text = banner(body, book_digest if is_package and self.target.count("/") == 1 else None) + body
        return Module(self.target, text, tuple(place for _, place in page.lines), tuple(page.pieces))

    def _write_imports(self, page: _Page) -> None:
        kept = [block for block in self.imports if self._is_needed(block)]
        plain = [block for block in kept if _is_plain_import(block.statement)]
        blank = 1 if self.docstring else 0
        for group in _import_groups(plain):
            for number, (text, blocks) in enumerate(group):
                page.imports(text, blocks, 0 if number else blank)
            blank = 1
        for number, block in enumerate(kept):
            if block not in plain:
                page.block(block, min(blank, 1))
                blank = 1

    def _is_needed(self, block: _Block) -> bool:
        """Is the import used, or does it at least not owe its uselessness to a replacement?"""
        if self.target.endswith("__init__.py") or not _is_plain_import(block.statement):
            return True
        if _import_of(block.statement)[0] == "__future__" or _is_reexport(block.statement):
            return True
        name = block.name
        if not any(name in words(node) for old in self.dropped for node in old.nodes):
            return True
        return any(
            name in words(node)
            for other in self.everything()
            if not _is_plain_import(other.statement)
            for node in other.statement.nodes
        )


@dataclass
class _Turn:
    """What the execution of one cell has done so far."""

    cell: Cell
    given: set[str] = field(default_factory=set)
    replaced: dict[str, tuple[_Block, _Block]] = field(default_factory=dict)
    heads: set[str] = field(default_factory=set)

    def check_announced(self, name: str, old: _Block, new: _Block) -> None:
        """A name that is there already may be given again only when the cell says so."""
        if old.cell is self.cell:
            raise LoomError(f"`{name}` is defined twice in this cell, first at {old.place}", new.place)
        if name in self.cell.replaces:
            return
        owner = name.rpartition(".")[0]
        if owner in self.heads and new.kind == "assignment":
            return
        raise LoomError(
            f"`{name}` is defined already, at {old.place};"
            f" to replace it, announce it with `:replaces: {name}`",
            new.place,
        )

    def finish(self) -> None:
        """Everything announced must have happened."""
        for name in self.cell.replaces:
            if name in self.replaced or any(name in new.names for _, new in self.replaced.values()):
                continue
            if name in self.given:
                raise LoomError(
                    f"`:replaces: {name}` announces a replacement, but nothing of that name"
                    " was there before",
                    self.cell.place(),
                )
            raise LoomError(
                f"`:replaces: {name}` announces a replacement that this cell does not give",
                self.cell.place(),
            )


# ------------------------------------------------------------------------- checks


def _check_replaced(draft: _Draft, turn: _Turn) -> None:
    """Nothing that is kept may have been made from what was replaced."""


def _check_order(draft: _Draft, turn: _Turn) -> None:
    """Nothing may need, while it is defined, what stands further down."""


# ------------------------------------------------------------------------- imports


def _is_plain_import(statement: Statement) -> bool:
    """An import that may be merged with others: no guard around it, no comment beside it."""
    return isinstance(statement.node, (ast.Import, ast.ImportFrom)) and not any(
        "#" in row for row in _rows(statement)
    )


def _split_import(statement: Statement) -> list[Statement]:
    """One statement for each name that an import brings."""
    node = statement.node
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    parts = []
    for alias in node.names:
        if isinstance(node, ast.Import):
            part: ast.stmt = ast.Import([alias])
            bound = alias.asname or alias.name.split(".")[0]
        else:
            part = ast.ImportFrom(node.module, [alias], node.level)
            bound = alias.asname or alias.name
        parts.append(replace(statement, names=(bound,), nodes=(ast.copy_location(part, node),)))
    return parts


def _import_of(statement: Statement) -> tuple[str, str, str | None]:
    """Module, name in it (or nothing), and the name that it is given here."""
    node = statement.node
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    alias = node.names[0]
    if isinstance(node, ast.Import):
        return alias.name, "", alias.asname
    return "." * node.level + (node.module or ""), alias.name, alias.asname


def _same_import(one: Statement, other: Statement) -> bool:
    return _import_of(one) == _import_of(other)


def _is_reexport(statement: Statement) -> bool:
    _, name, asname = _import_of(statement)
    return bool(asname) and asname == name


def _import_groups(blocks: list[_Block]) -> list[list[tuple[str, list[_Block]]]]:
    """The import lines, in the customary groups: the future, other modules, the package's own."""
    groups: list[dict[str, list[_Block]]] = [{}, {}, {}]
    for block in blocks:
        module, name, asname = _import_of(block.statement)
        group = 0 if module == "__future__" else 2 if module.startswith(".") else 1
        key = f"from {module} import" if name else f"import {module}" + (f" as {asname}" if asname else "")
        groups[group].setdefault(key, []).append(block)
    return [
        [(_import_line(key, group[key]), group[key]) for key in sorted(group, key=_import_rank)]
        for group in groups
        if group
    ]


def _import_rank(key: str) -> tuple[bool, str]:
    return key.startswith("from"), key


def _import_line(key: str, blocks: list[_Block]) -> str:
    if key.startswith("import"):
        return key
    names = []
    for block in blocks:
        _, name, asname = _import_of(block.statement)
        names.append(f"{name} as {asname}" if asname else name)
    names = sorted(set(names))
    line = f"{key} {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return f"{key} (\n" + "".join(f"    {name},\n" for name in names) + ")"


# ------------------------------------------------------------------------- layout


def banner(body: str, book_digest: str | None = None) -> str:
    """The first line of a module: where it comes from, and the digest of what follows."""
    own = hashlib.sha256(body.encode()).hexdigest()[:16]
    book = f" book {book_digest}" if book_digest else ""
    return f"{BANNER} [{own}{book}]\n"


def _rows(statement: Statement) -> list[str]:
    return statement.cell.source.split("\n")[statement.first - 1 : statement.last]


def _is_long(block: _Block) -> bool:
    """A definition that wants air around it."""
    return block.kind in ("function", "class") and block.statement.last > block.statement.first


def _are_neighbours(above: _Block, block: _Block) -> bool:
    """Did the author write one right below the other?"""
    return above.cell is block.cell and above.statement.last + block.statement.blanks + 1 == block.statement.first


def _blank_rows(above: _Block, block: _Block, inside_class: bool = False) -> int:
    """How many blank rows a careful person leaves between two blocks."""
    if _is_long(above) or _is_long(block):
        return 1 if inside_class else 2
    if _are_neighbours(above, block) and not block.statement.blanks:
        return 0
    if {above.kind, block.kind} & {"function", "class"}:
        return 1 if inside_class else 2
    same_table = above.kind == block.kind == "entry" and _table(above) == _table(block)
    return 0 if same_table and above.cell is not block.cell else 1


def _table(block: _Block) -> str:
    return block.name.partition("[")[0]


def _after_head(block: _Block, page: _Page) -> int:
    if len(page.lines) == 1:
        return 0
    return 2 if block.kind in ("function", "class") else 1


class _Page:
    """Lines being written, each with its place, and the pieces that they hold."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, Place | None]] = []
        self.pieces: list[Piece] = []

    def block(self, block: _Block, blanks: int) -> None:
        """Write a block below so many blank rows."""
        self._blank(blanks)
        first = len(self.lines) + 1
        start = len(self.pieces)
        if block.kind == "class" and block.statement.head:
            self._class(block)
        else:
            self._rows(block.statement, block.statement.first, block.statement.last)
        self.pieces[start:start] = self._pieces(block, first)

    def imports(self, text: str, blocks: list[_Block], blanks: int) -> None:
        """Write an import that several cells may have asked for."""
        self._blank(blanks)
        first = len(self.lines) + 1
        place = min(blocks, key=lambda block: block.time).place
        self.lines += [(row, place) for row in text.split("\n")]
        for block in blocks:
            self.pieces += self._pieces(block, first)

    def _blank(self, count: int) -> None:
        self.lines += [("", None)] * count

    def _rows(self, statement: Statement, first: int, last: int) -> None:
        rows = statement.cell.source.split("\n")
        for row in range(first, last + 1):
            self.lines.append((rows[row - 1], statement.cell.place(row)))

    def _pieces(self, block: _Block, first: int) -> list[Piece]:
        kind = "member" if block.body and "." in block.name else block.kind
        return [
            Piece(name, kind, first, len(self.lines), tuple(events))
            for name, events in block.history.items()
        ]

    def _class(self, block: _Block) -> None:
        self._rows(block.statement, block.statement.first, block.statement.head)
        members = [member for member in block.members if not member.statement.is_filler]
        shown = members or block.members
        for above, member in zip([None, *shown], shown, strict=False):
            self.block(member, self._blanks_in_class(block, above, member))

    def _blanks_in_class(self, owner: _Block, above: _Block | None, member: _Block) -> int:
        if above:
            return _blank_rows(above, member, inside_class=True)
        node = owner.statement.node
        if not isinstance(node, ast.ClassDef) or ast.get_docstring(node, clean=False) is None:
            return 0
        if _is_long(member) or member.cell is not owner.cell:
            return 1
        return min(member.statement.blanks, 1)
