"""A module in the making: blocks that change while the cells go by in reading order.

A new definition is a new block, ``@extend`` adds blocks to a class, and an announced
replacement puts another block where one stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from loom.errors import LoomError
from loom.model import Cell, Event, Place
from loom.python.imports import imported, is_plain, split
from loom.python.lookups import words
from loom.python.statements import Statement, describe, statements


@dataclass
class Clock:
    """Counts what is executed, over all modules of a book."""

    now: int = 0

    def tick(self) -> int:
        self.now += 1
        return self.now


@dataclass(eq=False)
class Block:
    """A statement where it stands now.

    ``owner`` is the class of a member; ``time`` is when the statement was executed last, and
    ``body`` in which execution of a class body.  ``seat`` is the statement that stood here first,
    which says what the author has put next to each other.  ``members`` belong to classes alone.
    """

    statement: Statement
    owner: str
    time: int
    body: int
    history: dict[str, list[Event]]
    seat: Statement
    members: list[Block] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The kind of the statement; see `Definition`."""
        return self.statement.kind

    @property
    def cell(self) -> Cell:
        """The cell whose text stands here."""
        return self.statement.cell

    @property
    def place(self) -> Place:
        """Where the statement starts in its chapter, below its comments and decorators."""
        return self.cell.place(self.statement.node.lineno)

    @property
    def names(self) -> tuple[str, ...]:
        """The qualified names that the block defines."""
        prefix = f"{self.owner}." if self.owner else ""
        return tuple(prefix + name for name in self.statement.names)

    @property
    def member_names(self) -> dict[str, Place]:
        """The qualified names of a class's members, each with its place."""
        return {name: member.place for member in self.members for name in member.names}

    @property
    def title(self) -> str:
        """The names as one reads them in a message."""
        return ", ".join(self.names)


@dataclass
class Turn:
    """What the execution of one cell has done so far."""

    cell: Cell
    given: set[str] = field(default_factory=set)
    replaced: list[tuple[Block, Block]] = field(default_factory=list)
    added: list[Block] = field(default_factory=list)  # members that `@extend` gives to a class
    # Each of them, or its successor, by its class.
    extended: list[tuple[Block, Block]] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)  # members of classes that this cell gives again
    removed: set[str] = field(default_factory=set)

    def check_announced(self, name: str, old: Block, new: Block) -> None:
        """What is there already may be given again only once, and only when the cell says so."""
        if old.cell == self.cell:
            raise LoomError(
                f"`{name}` is defined twice in this cell, first at {old.place};"
                " the parts of one definition (overloads, a property and its setter) stand "
                "together",
                new.place,
            )
        if name not in self.cell.replaces:
            raise LoomError(
                f"`{name}` is defined already, at {old.place};"
                f" to replace it, announce it with `:replaces: {name}`",
                new.place,
            )

    def fate(self, member: Block, given: set[str]) -> str:
        """What becomes of an old member of a class that this cell gives again: given,
        kept or removed.
        """
        fates = {self.fate_of(name, given) for name in member.names}
        if len(fates) > 1 and "kept" in fates:
            raise LoomError(
                f"`{member.title}` is one statement ({member.place}); keep all of it, or nothing",
                self.cell.place(),
            )
        return next(fate for fate in ("kept", "given", "removed") if fate in fates)

    def fate_of(self, name: str, given: set[str]) -> str:
        """The same of one name; "" if the cell does not say."""
        if name in given:
            return "given"
        if name in self.cell.removes:
            self.removed.add(name)
            return "removed"
        if {name, "*", f"{name.partition('.')[0]}.*"} & {*self.cell.keeps}:
            self.kept.add(name)
            return "kept"
        return ""

    def finish(self) -> None:
        """Everything announced must have happened."""
        self._finish_members("keeps", self.cell.keeps, self.kept)
        self._finish_members("removes", self.cell.removes, self.removed)
        done = {name for old, _ in self.replaced for name in old.names}
        for name in self.cell.replaces:
            if name in done:
                continue
            if name in self.given:
                problem = "but nothing of that name was there before"
            else:
                problem = "but this cell does not give it"
            raise LoomError(
                f"`:replaces: {name}` announces a replacement, {problem}", self.cell.place()
            )

    def _finish_members(self, option: str, announced: tuple[str, ...], done: set[str]) -> None:
        for name in announced:
            owner = name.removesuffix("*")
            if name in done or owner != name and any(one.startswith(owner) for one in done):
                continue
            if name in self.given:
                problem = "this cell gives it"
            elif name in self.removed:
                problem = "this cell removes it, too"
            else:
                problem = (
                    "no class that this cell replaces has such a member "
                    "besides those that the cell gives"
                )
            raise LoomError(f"`:{option}: {name}` {option} nothing: {problem}", self.cell.place())


class Draft:
    """The blocks of one module: its docstring, its imports, and everything else."""

    def __init__(self, target: str, clock: Clock) -> None:
        self.target = target
        self.clock = clock
        self.docstring: list[Block] = []
        self.imports: list[Block] = []
        self.blocks: list[Block] = []
        self.lost_words: set[str] = set()  # names that replaced text has used

    # ------------------------------------------------------------------- looking

    def top(self) -> list[Block]:
        """The blocks of the module's own level, in order."""
        return [*self.docstring, *self.imports, *self.blocks]

    def everything(self) -> Iterator[Block]:
        """All blocks, a class before its members."""
        for block in self.top():
            yield block
            yield from block.members

    def find(self, name: str) -> Block | None:
        """The block that defines a qualified name."""
        return next((block for block in self.everything() if name in block.names), None)

    # ----------------------------------------------------------------- executing

    def execute(self, cell: Cell) -> Turn:
        """Execute a cell: all its statements, in order."""
        turn = Turn(cell)
        is_first = not self.top()
        for statement in statements(cell):
            if statement.kind == "docstring" and not is_first and "__doc__" not in cell.replaces:
                raise LoomError(
                    "stray string; a module's docstring stands in the module's first cell,"
                    " or is announced with `:replaces: __doc__`",
                    cell.place(statement.node.lineno),
                )
            self._add(statement, turn)
        turn.finish()
        return turn

    def _add(self, statement: Statement, turn: Turn) -> None:
        if statement.extends:
            self._extend(statement, turn)
        elif statement.kind == "class":
            self._add_class(statement, turn)
        elif is_plain(statement):
            for part in split(statement):
                self._add_import(part, turn)
        elif any(block.statement.rows == statement.rows for block in self.imports):
            turn.given |= set(statement.names)  # the same guarded import once more
        else:
            self._put(self._block(statement, turn), turn)

    def _block(self, statement: Statement, turn: Turn, owner: str = "", body: int = 0) -> Block:
        found = describe(statement, f"{owner}." if owner else "")
        history = {definition.name: [Event("defined", definition)] for definition in found}
        turn.given |= set(history)
        return Block(statement, owner, self.clock.tick(), body, history, seat=statement)

    def _add_import(self, part: Statement, turn: Turn) -> None:
        """Add an import, unless the module has it already."""
        block = self._block(part, turn)
        late = [one for one in self.top() if one.cell != turn.cell]
        if imported(part).module == "__future__" and late and not self.find(block.title):
            raise LoomError(
                "a `from __future__` import changes the whole module; "
                "write it in the module's first cell,"
                f" at {late[0].cell.place()}",
                block.place,
            )
        for other in self.imports:
            if is_plain(other.statement) and imported(other.statement).agrees(imported(part)):
                if imported(other.statement) == imported(part):
                    return
                self.imports.append(block)
                return
        self._put(block, turn)

    def _put(self, block: Block, turn: Turn) -> None:
        """Add a block at the end, or where the one stands that it replaces."""
        home = self._home(block)
        old = self._replaced_by(block, turn)
        if old is None:
            home.append(block)
            return
        if old.kind == "class" and block.kind != "class":
            raise LoomError(
                f"`{old.title}` is a class ({old.place}); only a class can replace it", block.place
            )
        self._note_replacement(old, block, turn, old.statement.rows)
        self._home(old)[self._home(old).index(old)] = block
        if self._home(old) is not home:
            self._home(old).remove(block)
            home.append(block)

    def _home(self, block: Block) -> list[Block]:
        return {"docstring": self.docstring, "import": self.imports}.get(block.kind, self.blocks)

    def _replaced_by(self, block: Block, turn: Turn) -> Block | None:
        """The block that gives way to this one; the cell must have announced it."""
        known = None
        for name in block.names:
            if found := self.find(name):
                turn.check_announced(name, found, block)
                known = known or found
        if known and set(known.names) != set(block.names):
            raise LoomError(
                f"`{known.title}` is one statement ({known.place});"
                " only a statement that gives the same names can replace it",
                block.place,
            )
        return known

    def _note_replacement(self, old: Block, block: Block, turn: Turn, rows: list[str]) -> None:
        """Remember what has gone, these rows of text, and what has come for it."""
        turn.replaced.append((old, block))
        block.seat = old.seat
        removed = "\n".join(rows)
        for name in block.history.keys() & old.history.keys():
            event = replace(block.history[name][-1], action="replaced", removed=removed)
            block.history[name] = [*old.history[name], event]
        self._note_loss(old)

    def _note_loss(self, old: Block) -> None:
        for node in old.statement.own_nodes():
            self.lost_words |= words(node)

    # ------------------------------------------------------------------- classes

    def _add_class(self, statement: Statement, turn: Turn) -> None:
        block = self._block(statement, turn)
        old = self.find(block.title)
        if old and old.kind == "class":
            turn.check_announced(block.title, old, block)
            self._replace_class(old, block, turn)
        else:
            self._put(block, turn)
            self._add_members(block, statement, turn)
        block.time = self.clock.tick()  # a class is there when its body is done

    def _replace_class(self, old: Block, block: Block, turn: Turn) -> None:
        """Put a class where another stands: as it is written,
        with those old members that the cell keeps.
        """
        given = self._given(block, turn)
        names = {name for member in given for name in member.names}
        _check_complete(
            old, block, [name for name in old.member_names if not turn.fate_of(name, names)]
        )
        fates = [(member, turn.fate(member, names)) for member in old.members if member.names]
        kept = [member for member, fate in fates if fate == "kept"]
        removed = [member for member, fate in fates if fate == "removed"]
        if block.statement.inline and kept:
            raise _no_room(block, block.place)
        rows = [
            *old.statement.head_rows,
            *(row for member in removed for row in member.statement.rows),
        ]
        self._note_replacement(old, block, turn, rows)
        for member in removed:
            self._note_loss(member)
        for member in given:
            for other in [other for other, _ in fates if {*other.names} & {*member.names}]:
                self._note_replacement(other, member, turn, other.statement.rows)
            if not kept:
                member.seat = member.statement
        block.members = _among(old.members, kept, given)
        self.blocks[self.blocks.index(old)] = block

    def _given(self, owner: Block, turn: Turn) -> list[Block]:
        """The members that the text of a class gives."""
        body = self.clock.tick()
        found = [self._block(member, turn, owner.title, body) for member in owner.statement.members]
        seen: dict[str, Block] = {}
        for block in found:
            for name in block.names:
                if name in seen:
                    turn.check_announced(name, seen[name], block)
                seen[name] = block
        return found

    def _extend(self, statement: Statement, turn: Turn) -> None:
        """Open a class again."""
        (name,) = statement.names
        place = statement.cell.place(statement.node.lineno)
        block = self.find(name)
        if block is None:
            raise LoomError(
                f"`@extend` of `{name}`, a class that no earlier cell of {self.target} defines",
                place,
            )
        if block.kind != "class":
            raise LoomError(f"`@extend` of `{name}`, which is no class ({block.place})", place)
        if block.statement.inline:
            raise _no_room(block, place)
        for definition in describe(statement):
            block.history[name].append(Event("extended", definition))
        self._add_members(block, statement, turn)

    def _add_members(self, owner: Block, statement: Statement, turn: Turn) -> None:
        """Add members at the end of the class, or where those stand that they replace."""
        body = self.clock.tick()
        for member in statement.members:
            block = self._block(member, turn, owner.title, body)
            if statement.extends:
                turn.extended.append((owner, block))
            old = self._replaced_by(block, turn)
            if old is None:
                turn.added += [block] if statement.extends else []
                owner.members.append(block)
                continue
            self._note_replacement(old, block, turn, old.statement.rows)
            owner.members[owner.members.index(old)] = block


def _among(old: list[Block], kept: list[Block], given: list[Block]) -> list[Block]:
    """Kept members where they stood; given ones where they did,
    and new ones below the one given before.
    """
    if not kept:
        return given
    rows = {name: row for row, member in enumerate(old) for name in member.names}
    placed, row, above = [], -1, None
    for member in given:
        here = min((rows[name] for name in member.names if name in rows), default=row)
        if here < row:
            raise LoomError(
                f"`{member.title}` stands above `{above.title if above else ''}` in the class "
                "whose members are kept,"
                " and below it in this cell; give them in that order, or give all members",
                member.place,
            )
        row, above = here, member
        placed.append((row, member))
    placed += [(old.index(member), member) for member in kept]
    return [member for _, member in sorted(placed, key=lambda one: one[0])]


def _check_complete(old: Block, block: Block, missing: list[str]) -> None:
    """A class that is given again leaves nothing open."""
    if missing:
        places = old.member_names
        listed, names = (
            ", ".join(f"`{name}` ({places[name]})" for name in missing),
            ", ".join(missing),
        )
        them = "it" if len(missing) == 1 else "them"
        raise LoomError(
            f"`{block.title}` is given again without {listed}; give {them} too, "
            f"or say what becomes of {them}:"
            f" `:keeps: {names}` (`:keeps: {block.title}.*` for all that are not given) or "
            f"`:removes: {names}`",
            block.place,
        )


def _no_room(block: Block, place: Place) -> LoomError:
    return LoomError(
        f"`{block.title}` is written on one line ({block.place}) and has no room for members;"
        " give its body a line of its own",
        place,
    )
