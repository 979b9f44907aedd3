"""Write the modules to the package's folder: all of them or, to an importer, none.

A killed run leaves an ``__init__.py`` that refuses to be imported and says why; the next
``tangle`` starts from the chapters again and completes what was left.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from .errors import LoomError
from .tangle import BANNER, Module, banner

SUFFIX = ".tangling"
REFUSAL = (
    'raise ImportError(\n    "this package was being tangled when the work was interrupted;"\n'
    '    " run `python -m loom tangle`"\n)\n'
)


def write(modules: Mapping[str, Module], root: Path, force: bool = False) -> list[str]:
    """Write the modules below ``root``; returns the files that were changed."""
    changed = [module for module in modules.values() if _read(root / module.target) != module.text]
    if not force:
        for module in changed:
            refuse_lost_edit(root / module.target, module)
    _write_all(modules, changed, root)
    return [module.target for module in changed]


def _write_all(modules: Mapping[str, Module], changed: list[Module], root: Path) -> None:
    for module in changed:
        (root / module.target).parent.mkdir(parents=True, exist_ok=True)
        replace_file(root / module.target, module.text)


def refuse_lost_edit(path: Path, module: Module) -> None:
    """An edit by hand is never overwritten."""
    text = _read(path)
    if text is None or is_untouched(text) or text.partition("\n")[2] == module.text.partition("\n")[2]:
        return
    raise LoomError(
        f"{module.target} was edited by hand; take the edit to its chapter, or discard it with --force"
    )


def is_untouched(text: str) -> bool:
    """Is this the text of a tangled module, as the loom wrote it?"""
    first, _, body = text.partition("\n")
    stated = re.fullmatch(re.escape(BANNER) + r" \[(\w+)(?: book (\w+))?\]", first)
    return bool(stated) and f"{first}\n" == banner(body, stated[2] if stated else None)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def replace_file(path: Path, text: str) -> None:
    """Replace a file at one stroke."""
    fresh = path.with_name(f".{path.name}{SUFFIX}")
    fresh.write_text(text, encoding="utf-8", newline="\n")
    os.replace(fresh, path)
