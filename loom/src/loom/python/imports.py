"""Imports: taken apart into single names, and written again in the customary groups."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from loom.python.statements import Statement

WIDTH = 88


@dataclass(frozen=True)
class Imported:
    """One name that an import brings: ``from module import name as alias``."""

    module: str
    name: str
    alias: str | None

    @property
    def bound(self) -> str:
        """The name that it has in the importing module."""
        return self.alias or self.name or self.module.partition(".")[0]

    @property
    def is_reexport(self) -> bool:
        """``import x as x`` says that the name is meant for others."""
        return self.alias is not None and self.alias == (self.name or self.module)

    def agrees(self, other: Imported) -> bool:
        """Do both bind the same thing, as ``import a.b`` and ``import a.c`` do?"""
        if self == other:
            return True
        bare = not (self.name or self.alias or other.name or other.alias)
        return bare and self.bound == other.bound

    def group(self, package: str) -> int:
        """The future, the standard library, other packages, and the package itself."""
        top = self.module.partition(".")[0]
        if top == "__future__":
            return 0
        if top in ("", package):
            return 3
        return 1 if top in sys.stdlib_module_names else 2


def is_plain(statement: Statement) -> bool:
    """An import that may be merged with others: no guard around it, no comment beside it."""
    return isinstance(statement.node, (ast.Import, ast.ImportFrom)) and not any(
        "#" in row for row in statement.rows
    )


def split(statement: Statement) -> list[Statement]:
    """One statement for each name that a plain import brings."""
    node = statement.node
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    parts = []
    for alias in node.names:
        if isinstance(node, ast.Import):
            part: ast.stmt = ast.Import(names=[alias])
        else:
            part = ast.ImportFrom(module=node.module, names=[alias], level=node.level)
        part = ast.copy_location(part, node)
        single = replace(statement, nodes=(part,))
        parts.append(replace(single, names=(imported(single).bound,)))
    return parts


def imported(statement: Statement) -> Imported:
    """What a split import brings."""
    node = statement.node
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    (alias,) = node.names
    if isinstance(node, ast.Import):
        return Imported(alias.name, "", alias.asname)
    return Imported("." * node.level + (node.module or ""), alias.name, alias.asname)


def import_lines(found: Iterable[Imported], package: str) -> list[list[tuple[str, list[Imported]]]]:
    """Groups of import lines, each line with what it imports, as a careful person sorts them."""
    ordered = sorted(found, key=lambda one: (one.group(package), *_rank(one)))
    groups = []
    for _, group in groupby(ordered, key=lambda one: one.group(package)):
        lines = [list(line) for _, line in groupby(group, key=_rank)]
        groups.append([(_line(line), line) for line in lines])
    return groups


def _rank(one: Imported) -> tuple[bool, str, str]:
    """Lines of a group: ``import …`` first, then ``from …``, each by module."""
    return bool(one.name), one.module, "" if one.name else one.alias or ""


def _line(found: list[Imported]) -> str:
    one = found[0]
    if not one.name:
        return f"import {one.module} as {one.alias}" if one.alias else f"import {one.module}"
    names = [
        item.name + (f" as {item.alias}" if item.alias else "")
        for item in sorted(found, key=_name_rank)
    ]
    line = f"from {one.module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return f"from {one.module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def _name_rank(one: Imported) -> tuple[int, str, str]:
    """Constants first, then classes, then the rest."""
    kind = 0 if one.name.isupper() and len(one.name) > 1 else 1 if one.name[0].isupper() else 2
    return kind, one.name, one.alias or ""
