"""What code reaches by its imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

NEVER = ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def imports(
    statements: Iterable[ast.AST], everywhere: bool = True, optional: bool = True, package: str = ""
) -> Iterator[str]:
    """The modules that statements import.

    ``from a import b`` imports ``a``, and ``a.b`` if there is one. What stands under
    ``if TYPE_CHECKING`` never runs.

    Args:
        everywhere: also within functions, and where an import is tried.
        optional: also where it is tried, and missing it is no error.
        package: the package of the module, to which its relative imports refer.
    """
    for node in statements:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, package)
            yield from filter(
                None, (module, *(f"{module}.{alias.name}".lstrip(".") for alias in node.names))
            )
        elif isinstance(node, ast.If) and ast.unparse(node.test) in NEVER:
            yield from imports(node.orelse, everywhere, optional, package)
        elif isinstance(node, ast.Try | ast.TryStar) and not (everywhere and optional):
            if everywhere and _insists(node):
                yield from imports(node.body, everywhere, optional, package)
        elif everywhere or not isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
        ):
            yield from imports(ast.iter_child_nodes(node), everywhere, optional, package)


@cache
def imported(source: str, package: str = "") -> frozenset[str]:
    """The modules that a source imports anywhere; one that does not parse imports none."""
    try:
        return frozenset(imports(ast.parse(source).body, package=package))
    except SyntaxError:
        return frozenset()


def reached(sources: Iterable[str], texts: Mapping[str, str]) -> set[str]:
    """The modules that sources import, and those that these import in turn.

    Args:
        sources: code, such as that of cells.
        texts: the modules there are, by path: ``folder/module.py``.

    Returns:
        Their paths; with a module comes each package that it lies in.
    """
    found: set[str] = set()
    waiting = [name for source in sources for name in imported(source)]
    while waiting:
        for path in _files(waiting.pop()):
            if path in texts and path not in found:
                found.add(path)
                package = path.rpartition("/")[0].replace("/", ".")
                waiting += imported(texts[path], package)
    return found


def _files(name: str) -> Iterator[str]:
    """Where a module and the packages that it lies in may stand."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        path = "/".join(parts[:count])
        yield from (f"{path}.py", f"{path}/__init__.py")


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """The module of a ``from`` import; one dot is the package,
    each further one the package around it.
    """
    if not node.level:
        return node.module or ""
    around = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*around, *filter(None, [node.module])])


def _insists(node: ast.Try | ast.TryStar) -> bool:
    """Does it try in order to complain in words of its own?"""
    return any(isinstance(inner, ast.Raise) for handler in node.handlers for inner in handler.body)
