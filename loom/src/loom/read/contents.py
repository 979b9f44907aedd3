"""The book's contents and settings: ``_toc.yml`` and ``_config.yml``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from loom.errors import LoomError
from loom.model import Place
from loom.read.markdown import JUPYTER_BOOK_EXTENSIONS
from loom.read.targets import TAKEN, can_be_imported
from loom.read.text import read_text


def find_root(start: Path) -> Path:
    """The book's root: the nearest folder, from ``start`` upwards, with a ``_toc.yml``."""
    for folder in (start, *start.parents):
        if (folder / "_toc.yml").is_file():
            return folder
    raise LoomError(
        f"no `_toc.yml` in {start} or above it; go to the book's folder, or name it with --root"
    )


def reading_order(root: Path) -> tuple[str, ...]:
    """The chapters' docnames, as ``_toc.yml`` lists them."""
    return tuple(docname for docname, _ in entries(root))


def find_chapter(root: Path, asked: str, known: Sequence[str]) -> str:
    """The chapter that somebody means, by its docname, by its file,
    or by the last part of either.
    """
    name = asked.removesuffix(".md").rstrip("/")
    path, top = Path(name).resolve(), root.resolve()
    named = {name, path.relative_to(top).as_posix() if path.is_relative_to(top) else name}
    found = [docname for docname in known if docname in named]
    found = found or [docname for docname in known if docname.endswith(f"/{name}")]
    if len(found) > 1:
        raise LoomError(f"`{asked}` may be {' or '.join(found)}; say which")
    if not found:
        raise LoomError(f"no chapter `{asked}`; the book has: {', '.join(known)}")
    return found[0]


def setting(root: Path, name: str) -> object:
    """A value under ``sphinx: config:`` in ``_config.yml``."""
    return _mapping(
        _mapping(_mapping(_load_yaml(root, "_config.yml")).get("sphinx")).get("config")
    ).get(name)


def package(root: Path) -> str:
    """The package's folder, from ``_config.yml``."""
    name = setting(root, "loom_package")
    if not isinstance(name, str) or not name.isidentifier():
        raise LoomError(
            "the loom does not know the package's folder; set `sphinx: config: loom_package: name`",
            Place("_config.yml", 1),
        )
    if not can_be_imported(name) or name in TAKEN:
        raise LoomError(
            f"`loom_package: {name}` is a name that Python or the loom needs for itself; "
            "choose another",
            Place("_config.yml", _line_of(root, "_config.yml", "loom_package")),
        )
    return name


def workshops(root: Path) -> tuple[str, ...]:
    """The chapters that the road goes on without, from ``_config.yml``;
    ``_toc.yml`` has to list them.
    """
    found, known = setting(root, "loom_workshops") or [], reading_order(root)
    if not isinstance(found, list):
        told = "`loom_workshops` is a list of chapters, each on a line such as `- book/chapter`"
        raise LoomError(told, Place("_config.yml", _line_of(root, "_config.yml", "loom_workshops")))
    for number, name in enumerate(found):
        wrong = "is no chapter that _toc.yml lists" if name not in known else "stands here twice"
        if name not in known or name in found[:number]:
            raise LoomError(
                f"`{name}` among the workshops {wrong}", _place_of_workshop(root, str(name))
            )
    return tuple(found)


def _place_of_workshop(root: Path, name: str) -> Place:
    """Where a workshop is named: in a line of its own, or in the line with all of them."""
    rows = read_text(root, "_config.yml").split("\n")
    first = _line_of(root, "_config.yml", "loom_workshops")
    found = [line for line, row in enumerate(rows[first:], first + 1) if row.strip(" -\"'") == name]
    return Place("_config.yml", found[-1] if found else first)


def extensions(root: Path) -> tuple[str, ...]:
    """The extensions of Markdown that decide what a block is, from ``_config.yml``."""
    config = _mapping(_load_yaml(root, "_config.yml"))
    found = setting(root, "myst_enable_extensions") or _mapping(config.get("parse")).get(
        "myst_enable_extensions"
    )
    # Links that are recognised without brackets are inline: they decide nothing about blocks.
    named = found if isinstance(found, list) and found else JUPYTER_BOOK_EXTENSIONS
    return tuple(str(name) for name in named if name != "linkify")


def excluded(root: Path) -> list[str]:
    """The patterns of files that are no chapters, from ``_config.yml``."""
    return [
        str(pattern)
        for pattern in _mapping(_load_yaml(root, "_config.yml")).get("exclude_patterns") or ()
    ]


def _line_of(root: Path, path: str, text: str) -> int:
    return next(
        number for number, row in enumerate(read_text(root, path).split("\n"), 1) if text in row
    )


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _load_yaml(root: Path, name: str) -> object:
    text = read_text(root, name)
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _yaml_error(error, name) from None


def _yaml_error(error: yaml.YAMLError, name: str) -> LoomError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return LoomError(f"not YAML: {problem}", Place(name, mark.line + 1 if mark else 1))


def entries(root: Path) -> Iterator[tuple[str, Place]]:
    """The chapters' docnames, each with its place in ``_toc.yml``."""
    seen: dict[str, Place] = {}
    for docname, place in _toc_entries(_toc(root)):
        if docname in seen:
            raise LoomError(f"`{docname}` is listed twice; it stands at {seen[docname]} too", place)
        seen[docname] = place
        yield docname, place


def parts(root: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The book's parts, each a caption, which may be empty, and the docnames of its chapters."""
    found = [value for key, value in _toc(root).value if key.value in ("parts", "subtrees")]
    items = [item for value in found for item in value.value if isinstance(item, yaml.MappingNode)]
    return tuple(
        (_caption(item), tuple(docname for docname, _ in _toc_entries(item))) for item in items
    )


def _caption(part: yaml.MappingNode) -> str:
    return next((str(value.value) for key, value in part.value if key.value == "caption"), "")


def _toc(root: Path) -> yaml.MappingNode:
    text = read_text(root, "_toc.yml")
    try:
        node = yaml.compose(text)
    except yaml.YAMLError as error:
        raise _yaml_error(error, "_toc.yml") from None
    if not isinstance(node, yaml.MappingNode) or "root" not in [key.value for key, _ in node.value]:
        raise LoomError(
            "lists no chapter as its first; it needs a line `root: file`", Place("_toc.yml", 1)
        )
    return node


def _toc_entries(node: yaml.Node | None) -> Iterator[tuple[str, Place]]:
    """Walk root, parts, chapters and sections in the order in which they are written."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _toc_entries(item)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in ("root", "file"):
                yield _docname(value)
            elif key.value == "glob":
                raise LoomError(
                    "a `glob:` leaves the reading order open; list the files", _toc_place(key)
                )
        for key, value in node.value:
            if key.value in ("parts", "chapters", "sections", "subtrees", "entries"):
                yield from _toc_entries(value)


def _docname(node: yaml.Node) -> tuple[str, Place]:
    if not isinstance(node, yaml.ScalarNode):
        raise LoomError("a chapter must be the name of a file", _toc_place(node))
    path = PurePosixPath(node.value)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise LoomError(f"`{node.value}` is no file inside the book's folder", _toc_place(node))
    return str(path).removesuffix(".md"), _toc_place(node)


def _toc_place(node: yaml.Node) -> Place:
    return Place("_toc.yml", node.start_mark.line + 1)
