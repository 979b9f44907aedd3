"""What Python would forgive in a notebook and not in a module.

A tangled module must define what executing the cells in order has defined.  It does not, where
something that stays was made from what is replaced, or where something needs, while it is being
defined, what stands further down in the module than it came in the book.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from loom.errors import LoomError
from loom.python.imports import imported, is_plain
from loom.python.lookups import Lookups, lookups, root
from loom.python.scopes import type_parameters
from loom.python.statements import Statement
from loom.tangle.draft import Block, Draft, Turn

Drafts = Mapping[str, Draft]
NOTEBOOK_ONLY = ("extend", "display", "get_ipython")
METHODS_ONLY = {
    "enum": ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"),
    "typing": ("NamedTuple",),
}
CLOSED = ("TypedDict", "Protocol")  # classes that are made of what their body holds, once
NOT_LOOKED_AT = ("__name__", "__qualname__", "__module__", "__doc__")
MADE_WITH = ("__new__", "__init__", "__post_init__")  # what runs when a class is called


def check_owner(draft: Draft, drafts: Drafts, found: Iterable[Statement]) -> None:
    """A name belongs to one module and cannot move to another."""
    for statement in found:
        for name in statement.names:
            if statement.kind == "import" or _is_special(name):
                continue
            for other in drafts.values():
                known = other.find(name) if other is not draft else None
                if known and known.kind != "import":
                    raise LoomError(
                        f"`{name}` belongs to {other.target} ({known.place});"
                        f" it cannot move to {draft.target}",
                        statement.cell.place(statement.node.lineno),
                    )


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def check_cell(draft: Draft, drafts: Drafts, turn: Turn) -> None:
    """Check the modules after a cell has been executed."""
    eager = Eager(drafts)
    for old, new in turn.replaced:
        _check_replaced(draft, old, new, eager)
    for new in turn.added:
        _check_added(draft, new, eager)
    _check_order(draft, turn, eager)
    _check_class_scopes(draft)
    _check_extended(draft, turn, eager)
    _check_decorated(turn)
    _check_notebook_names(draft, turn, eager)


# ---------------------------------------------------------------- what is looked up when


@dataclass(frozen=True)
class Name:
    """A definition, wherever it is looked up from."""

    target: str
    name: str


class Eager:
    """Follows what blocks look up while they are being defined, through calls and imports.

    It knows the modules as they stand after one cell, and is good for that moment only.
    """

    def __init__(self, drafts: Drafts) -> None:
        self.drafts = drafts
        self._index = {
            target: {name: block for block in draft.everything() for name in block.names}
            for target, draft in drafts.items()
        }
        self._resolved: dict[tuple[str, str, str], Name] = {}
        self._lazy = {target: self._has_lazy_annotations(target) for target in drafts}

    def _has_lazy_annotations(self, target: str) -> bool:
        block = self._index[target].get("annotations")
        if block is None or not is_plain(block.statement):
            return False
        return imported(block.statement).module == "__future__"

    def roots(self, target: str, block: Block) -> set[str]:
        """The names that a block begins to look something up with, at once or later."""
        found = self._lookups(target, block)
        return {root(name) for name in found.now | found.later}

    def find(self, name: Name) -> Block | None:
        """The block that defines a name."""
        return self._index.get(name.target, {}).get(name.name)

    def of(self, target: str, block: Block) -> dict[Name, bool]:
        """All that is looked up; True for what the block itself mentions, not what it calls."""
        found = self._lookups(target, block)
        result = {self._resolve(target, block.owner, name): True for name in found.now}
        for name in self._called(target, block, found.called):
            result.setdefault(name, False)
        return result

    def _lookups(self, target: str, block: Block) -> Lookups:
        found = lookups(block.statement, self._lazy[target])
        owner = self.find(Name(target, block.owner)) if block.owner else None
        own = {*type_parameters(owner.statement.node)} if owner else set()
        if not own:
            return found
        kinds = (found.now, found.called, found.later)
        return Lookups(*({name for name in names if root(name) not in own} for names in kinds))

    def _resolve(self, target: str, owner: str, name: str) -> Name:
        """Which definition a name means: the class's own, the module's, or an imported one."""
        key = target, owner, name
        if key not in self._resolved:
            self._resolved[key] = self._meant(*key)
        return self._resolved[key]

    def _meant(self, target: str, owner: str, name: str) -> Name:
        if owner and self.find(Name(target, f"{owner}.{name}")):
            return Name(target, f"{owner}.{name}")
        seen = set()
        found = Name(target, name)
        while found not in seen:
            seen.add(found)
            whole = self.origin(found.target, found.name)
            found = self._in_the_book(whole) or found
        return found

    def origin(self, target: str, name: str) -> str:
        """The whole name of what is imported, such as ``enum.Enum``;
        "" if the name is no import.
        """
        known = self.find(Name(target, root(name)))
        if known is None or known.kind != "import" or not is_plain(known.statement):
            return ""
        what, rest = imported(known.statement), name.removeprefix(root(name))
        module = _absolute(target, what.module)
        if what.name:
            return f"{module}.{what.name}{rest}"
        return f"{module if what.alias else root(name)}{rest}"

    def _in_the_book(self, whole: str) -> Name | None:
        """The definition of that whole name, ``toy.m.Value.f``,
        in the module that is the longest part of it.
        """
        dotted, bracket, entry = whole.partition("[")
        parts = dotted.split(".")
        for length in range(len(parts) - 1, 0, -1):
            stem, name = "/".join(parts[:length]), ".".join(parts[length:])
            for target in (f"{stem}.py", f"{stem}/__init__.py"):
                if target in self._index:
                    return Name(target, name + bracket + entry)
        return None

    def ancestry(self, target: str, block: Block) -> Iterator[tuple[str, Block | str]]:
        """A class and all that it is made from: blocks of the book, each with its module,
        and others' whole names.
        """
        waiting: list[tuple[str, Block | str]] = [(target, block)]
        seen: set[int] = set()
        while waiting:
            target, one = waiting.pop(0)
            yield target, one
            if (
                isinstance(one, str)
                or id(one) in seen
                or not isinstance(one.statement.node, ast.ClassDef)
            ):
                continue
            seen.add(id(one))
            for base in one.statement.node.bases:
                name = ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
                meant = self._resolve(target, "", name)
                known = self.find(meant)
                if known and known.kind == "class":
                    waiting.append((meant.target, known))
                else:
                    waiting.append((target, self.origin(target, name) or name))

    def _called(self, target: str, block: Block, called: Iterable[str]) -> Iterator[Name]:
        """What the bodies look up that run while a block is being defined."""
        waiting = [self._resolve(target, block.owner, name) for name in called]
        seen = set(waiting)
        while waiting:
            for name in self._body(waiting.pop()):
                if name not in seen:
                    seen.add(name)
                    waiting.append(name)
                    yield name

    def _body(self, name: Name) -> set[Name]:
        """What a definition looks up when it is called."""
        block = self.find(name)
        if block is None:
            return set()
        if block.kind == "class":
            made = {Name(name.target, f"{name.name}.{method}") for method in MADE_WITH}
            return {one for one in made if self.find(one)}
        found = self._lookups(name.target, block)
        if block.kind == "function":
            return {self._resolve(name.target, "", one) for one in found.later}
        return {self._resolve(name.target, block.owner, one) for one in found.now}


def _absolute(target: str, module: str) -> str:
    """The name of a module that a file of the package imports from, such as ``..sub.m``."""
    path = module.lstrip(".")
    level = len(module) - len(path)
    return ".".join(
        [*(target.split("/")[:-level] if level else []), *filter(None, path.split("."))]
    )


# --------------------------------------------------------------------------- the checks


def _check_replaced(draft: Draft, old: Block, new: Block, eager: Eager) -> None:
    """Nothing that stays may have been made from what is replaced."""
    gone = {Name(draft.target, name) for name in old.names}
    if old.kind == "entry":
        gone.add(Name(draft.target, f"{old.title.partition('[')[0]}[]"))
    if gone & set(eager.of(draft.target, new)):
        raise LoomError(
            f"`{new.title}` is made from the one before, which it replaces ({old.place});"
            " in the module there is only one",
            new.place,
        )
    if block := _made_before(gone, new, eager):
        raise LoomError(
            f"`{old.title}` is replaced here, but `{block.title}` ({block.place}) was made"
            f" from the one before ({old.place}); replace `{block.title}` too",
            new.place,
        )


def _check_added(draft: Draft, new: Block, eager: Eager) -> None:
    """Nothing that stays may be an object that was made without its class's ``__init__``."""
    names = {Name(draft.target, name) for name in new.names if name.rpartition(".")[2] in MADE_WITH}
    if block := _made_before(names, new, eager):
        raise LoomError(
            f"`{new.title}` is added here, but `{block.title}` ({block.place}) was made without it;"
            f" replace `{block.title}` too",
            new.place,
        )


def _made_before(names: set[Name], new: Block, eager: Eager) -> Block | None:
    """A block that was executed before another, and has looked up one of these names."""
    for target, draft in eager.drafts.items() if names else ():
        for block in draft.everything():
            if block.time < new.time and names & set(eager.of(target, block)):
                return block
    return None


def _check_order(draft: Draft, turn: Turn, eager: Eager) -> None:
    """Nothing may need, while it is being defined, what stands further down."""
    row = {id(block): number for number, block in enumerate(draft.top())}
    for top in draft.top():
        for block in [top, *top.members]:
            for name, is_own in eager.of(draft.target, block).items():
                needed = eager.find(name) if name.target == draft.target else None
                if needed is None or needed.owner or is_plain(needed.statement):
                    continue
                if row[id(needed)] > row[id(top)] or (is_own and needed is top):
                    raise _too_early(block, needed, turn)


def _too_early(block: Block, needed: Block, turn: Turn) -> LoomError:
    if needed.title == (block.owner or block.title):
        return LoomError(
            f"`{block.title}` needs `{needed.title}` while `{needed.title}` ({needed.place}) is "
            "still being"
            " defined; for annotations, let the module's first cell start with"
            " `from __future__ import annotations`",
            block.place,
        )
    place = block.place if block.cell == turn.cell or needed.cell != turn.cell else needed.place
    other = f"`{needed.title}` ({needed.place})" if place == block.place else f"`{needed.title}`"
    return LoomError(
        f"`{block.title}` ({block.place}) needs {other} while it is being defined,"
        " but would stand above it in the module",
        place,
    )


def _check_class_scopes(draft: Draft) -> None:
    """Folded into one body, members see the members above them; apart they did not."""
    for owner in draft.blocks:
        rows = {name: (row, one) for row, one in enumerate(owner.members) for name in one.names}
        for row, member in enumerate(owner.members):
            for name in lookups(member.statement, True).now:
                other_row, other = rows.get(f"{owner.title}.{name}", (row, member))
                saw = other.body == member.body and other.time < member.time
                if other is not member and saw != (other_row < row):
                    raise LoomError(
                        f"`{member.title}` looks up `{name}` while it is being defined, and would"
                        f" {'no longer' if saw else 'then'} find `{other.title}` ({other.place}) "
                        "when both"
                        " stand in one class body; write them in one cell, in this order",
                        member.place,
                    )


def _check_decorated(turn: Turn) -> None:
    """A class decorator has seen the class as it was: only plain methods may come later."""
    for owner, member in turn.extended:
        node = owner.statement.node
        if isinstance(node, ast.ClassDef) and node.decorator_list and not _is_plain_method(member):
            raise LoomError(
                f"the decorator of `{owner.title}` ({owner.place}) has seen the class without"
                f" `{member.title}`; replace the class's head: `:replaces: {owner.title}`",
                member.place,
            )


def _is_plain_method(member: Block) -> bool:
    return member.kind == "function" and not _is_special(member.statement.names[0])


def _check_extended(draft: Draft, turn: Turn, eager: Eager) -> None:
    """What has seen a whole class once, and made something of it,
    cannot see a member that comes later.
    """
    for owner, member in turn.extended:
        for target, one in eager.ancestry(draft.target, owner):
            if why := _has_seen(owner, member, target, one, eager):
                raise LoomError(
                    f"`@extend` cannot give `{owner.title}` ({owner.place}) `{member.title}`: "
                    f"{why};"
                    f" give the class again: `:replaces: {owner.title}`",
                    member.place,
                )


def _has_seen(owner: Block, member: Block, target: str, one: Block | str, eager: Eager) -> str:
    """What has seen the class without the member, if one of the classes that it is made from is
    such a thing.
    """
    if isinstance(one, str):
        module, _, name = one.rpartition(".")
        if name in CLOSED and module.startswith("typing"):
            return f"a {name} is made of what its body holds"
        if name in METHODS_ONLY.get(module, ()) and (
            member.kind != "function" or member.statement.names[0][0] == "_"
        ):
            return f"{name} has made it of what its body held, and can only gain methods"
        return ""
    node = one.statement.node
    for keyword in node.keywords if isinstance(node, ast.ClassDef) else ():
        if (
            keyword.arg == "metaclass"
            and ast.unparse(keyword.value).rpartition(".")[2] != "ABCMeta"
        ):
            return f"the metaclass of `{one.title}` has seen the whole class"
    hook = eager.find(Name(target, f"{one.title}.__init_subclass__"))
    if one is not owner and hook and _looks_at_members(hook.statement.node):
        return f"`{hook.title}` ({hook.place}) has looked at its members"
    return ""


def _looks_at_members(hook: ast.AST) -> bool:
    """Does `__init_subclass__` do more with the class than call it by its name and store it?"""
    arguments = getattr(hook, "args", None)
    cls = arguments.args[0].arg if arguments and arguments.args else ""
    harmless: set[int] = set()
    for node in ast.walk(hook):
        if isinstance(node, ast.Attribute) and node.attr in NOT_LOOKED_AT:
            harmless.add(id(node.value))
        elif isinstance(node, ast.Assign):
            harmless |= {id(one) for one in (node.value, *getattr(node.value, "elts", ()))}
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("append", "add"):
            harmless |= {id(argument) for argument in node.args}
    return any(
        isinstance(n, ast.Name) and n.id == cls and id(n) not in harmless for n in ast.walk(hook)
    )


def _check_notebook_names(draft: Draft, turn: Turn, eager: Eager) -> None:
    """A module has nothing that only the notebook's Python knows."""
    for block in draft.everything():
        if block.cell == turn.cell:
            for name in eager.roots(draft.target, block) & {*NOTEBOOK_ONLY}:
                if not draft.find(name) and not draft.find(f"{block.owner}.{name}"):
                    raise LoomError(
                        f"`{name}` is there in a notebook only; a module would not find it",
                        block.place,
                    )
