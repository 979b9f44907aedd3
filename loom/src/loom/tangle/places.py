"""From a line of a module to the line of its chapter, and back; and how the two differ."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from loom.errors import LoomError
from loom.model import Book, Cell, Definition, Module, Piece, Place
from loom.python.statements import definitions

Modules = Mapping[str, Module]


def where(book: Book, modules: Modules, place: Place) -> list[Place]:
    """The places that correspond to a line of a module or of a chapter."""
    if place.path in modules:
        return [_chapter_place(modules[place.path], place)]
    if place.path in {chapter.path for chapter in book.chapters}:
        return _module_places(book, modules, place)
    raise LoomError("neither a chapter of the book nor a tangled module", place)


def _chapter_place(module: Module, place: Place) -> Place:
    if not 1 <= place.line <= len(module.lines):
        raise LoomError(f"the module has {len(module.lines)} lines only", place)
    if place.line == 1:
        raise LoomError("the banner, which no chapter holds", place)
    # A blank line belongs to what comes below it.
    return next(found for found in module.lines[place.line - 1 :] if found)


def _module_places(book: Book, modules: Modules, place: Place) -> list[Place]:
    cell = _cell_at(book, place)
    if cell is None or cell.target is None:
        raise LoomError("no line of a tangled cell", place)
    module = modules[cell.target]
    found = [Place(module.target, n) for n, origin in enumerate(module.lines, 1) if origin == place]
    return found or _places_by_name(cell, module, place)


def _cell_at(book: Book, place: Place) -> Cell | None:
    for chapter in book.chapters:
        for cell in chapter.cells:
            rows = cell.source.count("\n") + 1
            if cell.path == place.path and cell.line <= place.line < cell.line + rows:
                return cell
    return None


def _places_by_name(cell: Cell, module: Module, place: Place) -> list[Place]:
    """Where the definition stands that a merged import,
    a reopening or a replaced line belongs to.
    """
    row = place.line - cell.line + 1
    pieces = {piece.name: piece for piece in module.pieces}
    for definition in reversed(definitions(cell)):
        piece = pieces.get(definition.name)
        if not definition.first <= row <= definition.last or piece is None:
            continue
        if later := _replacement(piece, definition):
            raise LoomError(
                f"`{piece.name}` was replaced later, at {later.place} "
                f"({module.target}:{piece.first})",
                place,
            )
        return [Place(module.target, piece.first)]
    raise LoomError(f"this line left nothing in {module.target}", place)


def _replacement(piece: Piece, definition: Definition) -> Definition | None:
    """The definition that took the place of another one in a piece's history, if any."""
    gone = False
    for event in piece.history:
        if gone and event.action == "replaced":
            return event.definition
        gone = gone or event.definition == definition and event.action != "extended"
    return None


def listing(modules: Modules) -> Iterator[tuple[Place, str, str, str]]:
    """Every definition: its place in the package, its kind and name, and its history."""
    for module in modules.values():
        for piece in module.pieces:
            events = [f"{event.action} {event.definition.place}" for event in piece.history]
            yield Place(module.target, piece.first), piece.kind, piece.name, ", ".join(events)


def difference(module: Module, text: str | None) -> str:
    """A unified diff from the text on disk to the module, with the chapter's line at each hunk."""
    old = (text or "").splitlines(keepends=True)
    new = module.text.splitlines(keepends=True)
    before = f"{module.target} (on disk)" if text is not None else "/dev/null"
    lines = [f"--- {before}\n", f"+++ {module.target} (from the chapters)\n"]
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(3):
        lines.append(_hunk_head(module, group))
        for action, old_from, old_to, new_from, new_to in group:
            if action == "equal":
                lines += [f" {line}" for line in old[old_from:old_to]]
                continue
            lines += [f"-{line}" for line in old[old_from:old_to]]
            lines += [f"+{line}" for line in new[new_from:new_to]]
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def first_difference(module: Module, text: str) -> tuple[int, Place | None]:
    """The first line in which a file differs from its module,
    and the chapter's line that it belongs to.
    """
    old, new = text.splitlines(), module.text.splitlines()
    pairs = zip(old, new, strict=False)
    row = next(
        (row for row, (here, there) in enumerate(pairs) if here != there), min(len(old), len(new))
    )
    above = [place for place in module.lines[:row] if place]
    below = [place for place in module.lines[row:] if place]
    return row + 1, next(iter(below[:1] + above[-1:]), None)


def _hunk_head(module: Module, group: list[tuple[str, int, int, int, int]]) -> str:
    _, old_from, _, new_from, _ = group[0]
    _, _, old_to, _, new_to = group[-1]
    place = _owner(module, group)
    return (
        f"@@ -{_range(old_from, old_to)} +{_range(new_from, new_to)} @@"
        + (f" {place}" if place else "")
        + "\n"
    )


def _range(first: int, after: int) -> str:
    count = after - first
    return f"{first + 1 if count else first},{count}"


def _owner(module: Module, group: list[tuple[str, int, int, int, int]]) -> Place | None:
    """The chapter's line that a hunk's first change comes from, or the nearest one."""
    changes = [(new_from, new_to) for action, _, _, new_from, new_to in group if action != "equal"]
    inside = [place for first, after in changes for place in module.lines[first:after] if place]
    above = [place for place in module.lines[: changes[0][0]] if place][-1:]
    below = [place for place in module.lines[changes[0][0] :] if place][:1]
    return next(iter(inside + above + below), None)
