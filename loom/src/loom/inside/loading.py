"""How the package's modules come into a kernel: statement by statement, as the cells that they came
from.

Python compiles `name.method()` in another way when the file imports `name`. So that executed and
tangled code can be compared, neither a cell nor a module is ever compiled in one piece here.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Iterable, Iterator, Sequence

from loom.inside.plan import Folded
from loom.inside.state import belongs


def module_name(target: str) -> str:
    """`pkg/sub/x.py` → `pkg.sub.x`; `pkg/__init__.py` → `pkg`."""
    parts = target.removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def look_again() -> None:
    """Forget what lies in the folders of the path.

    `importlib.invalidate_caches()` does that too, and imports `importlib.metadata` for it, of which
    a page's Python has no need and would have to wait for.
    """
    for folder, finder in list(sys.path_importer_cache.items()):
        if finder is None:
            del sys.path_importer_cache[folder]
        elif isinstance(finder, importlib.machinery.FileFinder):
            finder.invalidate_caches()


class Finder(importlib.abc.MetaPathFinder):
    """Finds the package's modules where Python does,
    and has them executed statement by statement.
    """

    def __init__(self, package: str) -> None:
        self.package = package

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not belongs(name, self.package):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = Loader(name, spec.loader.path)
        return spec


class Loader(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: types.ModuleType) -> None:
        tree = ast.parse(self.get_data(self.path), self.path)
        futures = [
            n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module == "__future__"
        ]
        flags = flags_of(alias.name for node in futures for alias in node.names)
        for statement in tree.body:
            exec(compiled(statement, self.path, flags), vars(module))


def compiled(statement: ast.stmt, path: str, flags: int) -> types.CodeType:
    """One statement compiled by itself."""
    code: types.CodeType = compile(
        ast.Module([statement], []), path, "exec", flags=flags, dont_inherit=True
    )
    return code


def flags_of(features: Iterable[str]) -> int:
    """The compiler's flags for features that a module imports from `__future__`."""
    flags = 0
    for feature in features:
        flags |= getattr(importlib.import_module("__future__"), feature).compiler_flag
    return flags


def relocated(folded: Folded, flags: int) -> types.CodeType:
    """Compile a class from its folded form,
    each member under the chapter and line it comes from.
    """
    known = next(place for place in folded["lines"] if place)
    origin = [known := place or known for place in folded["lines"]]
    tree = ast.parse(folded["source"])
    for node in ast.walk(tree):
        if isinstance(
            node,
            ast.expr
            | ast.stmt
            | ast.excepthandler
            | ast.arg
            | ast.keyword
            | ast.alias
            | ast.pattern,
        ):
            first, last = (
                origin[node.lineno - 1][1],
                origin[(node.end_lineno or node.lineno) - 1][1],
            )
            node.lineno, node.end_lineno = first, max(first, last)
            if first >= last:
                node.end_col_offset = max(node.end_col_offset or 0, node.col_offset)
    files = {line: path for path, line in reversed(origin)}

    def move(code: types.CodeType) -> types.CodeType:
        path = files.get(code.co_firstlineno, code.co_filename)
        consts = tuple(move(c) if isinstance(c, types.CodeType) else c for c in code.co_consts)
        return code.replace(co_filename=path, co_consts=consts)

    return move(compiled(tree.body[0], origin[0][0], flags))


@contextlib.contextmanager
def plain_builtins() -> Iterator[None]:
    """Python without what a notebook adds to its builtins:
    no importer of the package will have that.
    """
    added = {name: value for name, value in vars(builtins).items() if not _is_plain(name, value)}
    for name in added:
        delattr(builtins, name)
    try:
        yield
    finally:
        vars(builtins).update(added)


def _is_plain(name: str, value: object) -> bool:
    owner = getattr(value, "__module__", None) or type(value).__module__
    known = {*sys.builtin_module_names, *sys.stdlib_module_names, "_sitebuiltins"}
    return name != "__IPYTHON__" and (
        name.startswith("__") or str(owner).partition(".")[0] in known
    )
