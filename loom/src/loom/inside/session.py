"""One run of one chapter: each cell passes through a `Session`.

It runs tangled cells in their module, takes trial cells back and what others have left in the
package's memory, and refuses changes that no mark announces. At the end, what was executed must be
what the package will define.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.machinery
import linecache
import os
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn, cast

from loom.inside.comparison import Comparison
from loom.inside.loading import (
    Finder,
    compiled,
    flags_of,
    look_again,
    module_name,
    plain_builtins,
    relocated,
)
from loom.inside.plan import SessionPlan, Step, digest
from loom.inside.state import ATOMS, Change, State, a_kind, package_modules


class ChapterError(Exception):
    """A chapter that does not keep to the order of the book."""


class Session:
    """One run of one chapter: its plan, its notebook's names, and the package as it grows."""

    def __init__(self, plan: SessionPlan, names: dict[str, Any]) -> None:
        self.plan = plan
        self.names = names
        self.package = plan["package"]
        self.steps = [Step(plan["path"], cell) for cell in plan["cells"]]
        self.next = 0
        self.lines: list[str] = []
        self.trial: tuple[State, dict[str, Any]] | None = None
        self.complaints: list[str] = []
        # The package's own memory that was changed, and cannot be put back.
        self.used: set[str] = set()
        for folder in [*reversed(plan["paths"]), plan["before"]]:
            sys.path.insert(0, folder)
        sys.meta_path.insert(0, Finder(self.package))
        for name in package_modules(self.package):
            del sys.modules[name]
        look_again()
        self._import_all(plan["before"])
        # As the tangled text makes it; as the last cell left it.
        self.tangled = self.now = State(self.package)

    def _import_all(self, folder: str) -> None:
        for path in sorted(Path(folder).rglob("*.py")):
            if path.name != "__main__.py":
                name = module_name(path.relative_to(folder).as_posix())
                try:
                    with plain_builtins():
                        importlib.import_module(name)
                except Exception as error:
                    before = "begins with" if folder == self.plan["before"] else "leaves"
                    raise ChapterError(
                        f"the package that {self.plan['path']} {before} cannot be imported: "
                        f"{name}: {type(error).__name__}: {error}"
                    ) from error

    # Which cell is this?

    def step(self, source: str) -> Step | None:
        """The next cell of the chapter with this source; None for code that is no cell of it."""
        key = digest(source)
        for index in range(self.next, len(self.steps)):
            if self.steps[index].digest == key:
                self.next = index + 1
                self._show(self.steps[index], source)
                return self.steps[index]
        return None

    def _show(self, step: Step, source: str) -> None:
        """Let tracebacks and `inspect.getsource` find the cell's lines under the chapter's name."""
        rows = source.splitlines()
        self.lines += [""] * (step.line - 1 + len(rows) - len(self.lines))
        self.lines[step.line - 1 : step.line - 1 + len(rows)] = rows
        lines = [line + "\n" for line in self.lines]
        linecache.cache[step.path] = (sum(map(len, lines)), None, lines, step.path)

    # Tangled cells

    def run_tangled(self, step: Step, source: str) -> None:
        """Run a tangled cell in its module and bind what it defines in the notebook."""
        assert step.target is not None
        self.take_back()
        module = self.module(step.target)
        held = {name: value for name, value in vars(module).items() if not isinstance(value, ATOMS)}
        tree = ast.parse(source)
        flags = flags_of(self.plan["futures"].get(step.target, ()))
        for statement in tree.body:
            if (
                isinstance(statement, ast.ClassDef)
                and statement.name in step.rebuild
                and not is_extended(statement)
            ):
                code = relocated(step.rebuild[statement.name], flags)
            else:
                ast.increment_lineno(statement, step.line - 1)
                code = compiled(statement, step.path, flags)
            exec(code, vars(module))
        self._follow(module, held)
        for name in _bound(tree.body):
            if name in vars(module):
                self.names[name] = vars(module)[name]
        self.tangled = self.now = State(self.package)

    def module(self, target: str) -> types.ModuleType:
        """The module of a target; new ones are made and wired into their package."""
        name = module_name(target)
        if name in sys.modules:
            return sys.modules[name]
        parent, _, last = name.rpartition(".")
        above = self.module(f"{parent.replace('.', '/')}/__init__.py") if parent else None
        module = types.ModuleType(name)
        file = str(Path(self.plan["before"], target))
        is_package = target.endswith("__init__.py")
        spec = importlib.machinery.ModuleSpec(name, None, origin=file, is_package=is_package)
        if is_package:
            module.__path__ = spec.submodule_search_locations = [os.path.dirname(file)]
        module.__spec__, module.__file__ = spec, file
        module.__package__ = name if is_package else parent
        sys.modules[name] = module
        if above is not None:
            setattr(above, last, module)
        return module

    def _follow(self, module: types.ModuleType, held: Mapping[str, Any]) -> None:
        """Other modules that imported a definition get the one that replaces it."""
        for name, old in held.items():
            new = vars(module).get(name, old)
            if new is old or isinstance(old, types.ModuleType):
                continue
            for other in package_modules(self.package).values():
                for key in [key for key, value in vars(other).items() if value is old]:
                    vars(other)[key] = new

    # Trial cells, and all others

    def before_cell(self, step: Step) -> None:
        if step.trial and self.trial is None:
            held = {name: value for name, value in self.names.items() if self.now.holds(value)}
            self.trial = self.now, held

    def after_cell(self, step: Step, nodes: Iterable[ast.stmt] = ()) -> None:
        """Raise when a cell changed what cannot be put back, or an unmarked one what the book
        tangles.

        A cell may use what counts, registers or remembers; it may not itself assign to the package.
        """
        changes = self.now.changes()
        self.used |= {change.name for change in changes if change.lasting and change.is_private}
        changes = [change for change in changes if not change.is_private]
        self._check_lasting(step, [change for change in changes if change.lasting])
        if not step.trial:
            targets = {id(one) for node in nodes for one in _assigned(node, self.names)}
            self._check_own(
                step, [one for one in changes if one.is_definition or id(one.owner) in targets]
            )
        self.now = State(self.package)

    def _check_lasting(self, step: Step, changes: list[Change]) -> None:
        if changes:
            names = ", ".join(f"{change.name} ({a_kind(change.owner)})" for change in changes)
            remedy = "Begin the name with an underscore if it is the module's own memory"
            self._complain(
                f"{step.place}: this cell changes {names}, which cannot be put back. {remedy}"
            )

    def _check_own(self, step: Step, changes: list[Change]) -> None:
        if changes:
            self.now.restore()
            names = ", ".join(dict.fromkeys(change.name for change in changes))
            self._complain(
                f"{step.place}: this cell changes {names}, which the book tangles. "
                "Mark the cell `:trial: true` if the change is for the moment; "
                "give it `:tangle:` if it is to stay"
            )

    def _complain(self, complaint: str) -> NoReturn:
        self.complaints.append(complaint)
        raise ChapterError(complaint)

    def take_back(self) -> None:
        """Put the package back as its tangled text has made it,
        and the notebook's names for its parts, too.
        """
        if self.trial is not None:
            state, held = self.trial
            state.restore()
            self.names.update(held)
            self.trial = None
        self.tangled.restore(definitions=False)
        self.now = State(self.package)

    # The end

    def end(self) -> None:
        """Raise unless the chapter executed what the package now defines."""
        self.take_back()
        after = self.plan["after"]
        if after is not None:
            executed = package_modules(self.package)
            folders = Path(self.plan["before"]).name, Path(after).name
            differences = Comparison(executed, self._fresh(after), folders).differences
            places = self.plan["places"]
            for module, name, why in differences:
                if f"{module}.{name}" in self.used:
                    continue
                where = places.get(f"{module}.{name}") or places.get(
                    f"{module}.{name.rpartition('.')[0]}"
                )
                where = where or next(
                    (p for n, p in places.items() if n.startswith(f"{module}.")), self.plan["path"]
                )
                self.complaints.append(
                    f"{where}: {f'{module}.{name}'.rstrip('.')} is not what the chapter ran: {why}"
                )
        self.complaints += self._unseen()
        if self.complaints:
            raise ChapterError("\n".join(dict.fromkeys(self.complaints)))

    def _unseen(self) -> Iterator[str]:
        """Complaints of modules that no import names:
        a change in them would not run the chapter again.
        """
        reached = {*map(Path, self.plan["reached"])}
        for name, module in sorted(sys.modules.items()):
            path = Path(getattr(module, "__file__", None) or "")
            if path not in reached and any(path.is_relative_to(top) for top in self.plan["beside"]):
                yield (
                    f"{self.plan['path']}: {name} is imported without its name standing in an "
                    "import; "
                    f"write `import {name}` in a cell, so that the chapter runs again when it "
                    "changes"
                )

    def _fresh(self, folder: str) -> dict[str, types.ModuleType]:
        """The package as it lies in a folder, imported beside the one that is running."""
        running = package_modules(self.package)
        for name in running:
            del sys.modules[name]
        sys.path.insert(0, folder)
        look_again()
        try:
            self._import_all(folder)
            return package_modules(self.package)
        finally:
            sys.path.remove(folder)
            for name in package_modules(self.package):
                del sys.modules[name]
            sys.modules.update(running)


def _bound(statements: list[ast.stmt]) -> Iterator[str]:
    """The names that these statements bind, in order."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            continue
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
        elif isinstance(statement, ast.If):
            yield from _bound([*statement.body, *statement.orelse])
        elif isinstance(statement, ast.Try):
            yield from _bound([*statement.body, *statement.orelse, *statement.finalbody])
            for handler in statement.handlers:
                yield from _bound(handler.body)


_MUTATING = frozenset(
    """append appendleft extend extendleft insert remove pop popleft popitem clear update setdefault
    add discard sort reverse rotate move_to_end subtract difference_update intersection_update
    symmetric_difference_update""".split()
)


def _assigned(tree: ast.AST, names: Mapping[str, Any]) -> Iterator[object]:
    """The objects that some code itself assigns to, deletes from or tells to change."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield _meant(node.value, names)
        elif isinstance(node, ast.AugAssign):
            yield _meant(node.target, names)
        elif isinstance(node, ast.ClassDef) and is_extended(node):
            yield names.get(node.name)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _MUTATING
        ):
            yield _meant(node.func.value, names)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("setattr", "delattr")
        ):
            yield from (_meant(argument, names) for argument in node.args[:1])


def _meant(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """What `a.b['c']` is, as far as it can be told without running anything."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _meant(node.value, names)
        spaces = owner.__mro__ if isinstance(owner, type) else (owner, *type(owner).__mro__)
        return next(
            (vars(one)[node.attr] for one in spaces if node.attr in getattr(one, "__dict__", {})),
            None,
        )
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        table: Any = _meant(node.value, names)
        with contextlib.suppress(LookupError, TypeError):
            return table[cast(Any, node.slice.value)] if isinstance(table, dict | list) else None
    return None


def is_extended(statement: ast.ClassDef) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "extend" for d in statement.decorator_list)
