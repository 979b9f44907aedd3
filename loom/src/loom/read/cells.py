"""One code cell: from a fence of a chapter, and its options, to a Cell."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

import yaml
from loom.errors import LoomError
from loom.model import Cell, Place
from loom.python.statements import canonical_name
from loom.read.markdown import CELL, first_line, opened
from markdown_it.token import Token

LOOM_OPTIONS = ("tangle", "replaces", "keeps", "removes", "trial")
OTHER_OPTIONS = (
    "tags", "mystnb", "name", "load", "id", "label", "jupyter", "slideshow",
    "editable", "deletable", "collapsed", "scrolled", "execution",
)  # fmt: skip
EVERYTHING = re.compile(r"(?<![^\s.,])\*(?![^\s,])")  # a `*` in the place of a name
ALL_MEMBERS = "_all_members_"


def parse_cell(docname: str, path: str, index: int, fence: Token) -> Cell:
    """The cell of a chapter that a fence is, the `index`-th one;
    its options must mean something.
    """
    place = Place(path, first_line(fence))
    try:
        found = opened(fence, CELL)
    except Exception as error:  # such as a date that does not exist
        raise unreadable(error, place) from None
    if found.warning:
        raise _unquoted(fence, path) or LoomError(
            f"MyST-NB cannot read this: {found.warning}", place
        )
    options, offset = found.options, found.offset
    _check_options(options, fence.content.splitlines()[:offset], place)
    return Cell(
        chapter=docname,
        index=index,
        source=found.body,
        path=path,
        line=place.line + 1 + offset,
        target=_target(options, place),
        replaces=_names(options, "replaces", place),
        trial=_flag(options, place),
        tags=_tags(options.get("tags"), place),
        keeps=_names(options, "keeps", place),
        removes=_names(options, "removes", place),
    )


def _unquoted(fence: Token, path: str) -> LoomError | None:
    """The option whose value YAML takes for something else than text."""
    for line, row in enumerate(fence.content.split("\n"), first_line(fence) + 1):
        option = re.match(r":([\w-]+):\s*(.*)", row)
        if not option:
            return None
        name, value = option.groups()
        try:
            yaml.safe_load(f"{name}: {value}")
        except yaml.YAMLError:
            quoted = json.dumps(value, ensure_ascii=False)
            told = f"`{value}` means something else in YAML; quote it: `:{name}: {quoted}`"
            return LoomError(told, Place(path, line))
    return None


def _check_options(options: Mapping[str, Any], rows: list[str], place: Place) -> None:
    for option in options:
        if option not in LOOM_OPTIONS + OTHER_OPTIONS:
            raise LoomError(
                f"a code cell has no option `:{option}:`; the loom's are"
                " `:tangle:`, `:replaces:`, `:keeps:`, `:removes:` and `:trial:`",
                place,
            )
    for option in LOOM_OPTIONS:
        if sum(bool(re.match(rf"\s*:?{option}\s*:", row)) for row in rows) > 1:
            raise LoomError(f"`:{option}:` is given twice", place)
    if "replaces" in options and "tangle" not in options:
        raise LoomError("`:replaces:` means nothing without `:tangle:`", place)
    for option in ("keeps", "removes"):
        if option in options and "replaces" not in options:
            raise LoomError(f"`:{option}:` means nothing without `:replaces:` of a class", place)
    if "trial" in options and "tangle" in options:
        raise LoomError("a `:trial:` cell is never tangled; drop one of the two options", place)
    if "load" in options:
        raise LoomError("the book's code is written in its chapters; `:load:` cannot be", place)


def _target(options: Mapping[str, Any], place: Place) -> str | None:
    if "tangle" not in options:
        return None
    target = options["tangle"]
    if not isinstance(target, str) or not target:
        raise LoomError("`:tangle:` needs the path of a module", place)
    return target


def _names(options: Mapping[str, Any], option: str, place: Place) -> tuple[str, ...]:
    """The names of an option: ``Value.__init__, RULES['*']``; in ``:keeps:``,
    ``*`` and ``Value.*`` stand for all.
    """
    if option not in options:
        return ()
    value = options[option]
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    if option == "keeps":
        text = EVERYTHING.sub(ALL_MEMBERS, text)
    try:
        announced = ast.parse(f"({text},)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        announced = None
    parts = announced.elts if isinstance(announced, ast.Tuple) else []
    names = [name for part in parts if (name := canonical_name(part))]
    if not names or len(names) < len(parts):
        example = (
            "Value.__init__, RULES['*']" if option == "replaces" else "Value.__init__, Value.label"
        )
        raise LoomError(
            f"`:{option}: {value or ''}` is no list of names such as `{example}`", place
        )
    return tuple(dict.fromkeys(name.replace(ALL_MEMBERS, "*") for name in names))


def _flag(options: Mapping[str, Any], place: Place) -> bool:
    value = options.get("trial", False)
    if value is not None and value != "" and not isinstance(value, bool):
        raise LoomError(f"`:trial:` is a flag; it takes no value `{value}`", place)
    return value is not False


def _tags(value: object, place: Place) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise LoomError("`:tags:` needs a list such as `[hide-input]`", place)
    return tuple(map(str, value))


def unreadable(error: Exception, place: Place) -> LoomError:
    """What MyST-NB's own reader stops at."""
    message = (str(error) or type(error).__name__).split("\n")[0]
    return LoomError(f"MyST-NB cannot read this: {message}", place)
