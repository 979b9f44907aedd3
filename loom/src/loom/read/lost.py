"""What looks like a tangled cell and is none: it would be neither run nor tangled, and nobody would
know.

Every line of a chapter belongs to a cell, to another directive, to code that is only shown, or to
prose. Where one of the last three begins a cell or gives its options, it is an error, unless a
fence shows the whole of a cell, fence and all.
"""

from __future__ import annotations

import ast
import difflib
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from loom.errors import LoomError
from loom.model import Cell, Place
from loom.read.markdown import (
    CODE_CELL,
    LITERAL_DIRECTIVES,
    Blocks,
    argument,
    directive,
    first_line,
    is_fence,
)
from markdown_it.token import Token
from sphinx.util.matching import compile_matchers

PYTHON = ("", "python", "python3", "py", "ipython", "ipython3")
# A line that opens a fence, also inside a quotation or a list.
FENCE = re.compile(r"[\s>*+-]*(?P<marks>`{3,}|~{3,}|:{3,})(?P<info>.*)")
TANGLE = re.compile(r"[\s>]*(#\|\s*)?(:tangle:|tangle\s*:\s*\S+\.py\s*$)")
# An option as Quarto writes it, or one that a comment hides.
COMMENTED = re.compile(r"#\|?\s*:?tangle\s*:\s*\S+\.py\s*$")
# They can make code look other than it is: the order of what is shown,
# and what is not shown at all.
UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
HOW = (
    "a cell begins with a line ```{code-cell} python at the left margin, "
    "and its options stand below that line"
)


def is_like_a_cell(info: str) -> bool:
    """Is this, behind the marks of a fence, `{code-cell}` or nearly so?"""
    inside = (re.match(r"\s*\{?([^}]*)", info) or [""] * 2)[1]
    words = re.sub(r"[\s_-]+", "-", inside.strip().lower()).split("-")
    names = (words[0], "-".join(words[:2]))
    return any(difflib.SequenceMatcher(None, name, "code-cell").ratio() > 0.8 for name in names)


# ------------------------------------------------------------------------ the blocks of a chapter


@dataclass(frozen=True)
class Search:
    """A search for lost cells through a file of the book;
    `within` are the files that include it.
    """

    root: Path
    path: str
    blocks: Blocks
    within: tuple[Place, ...] = ()

    def through(self, text: str, tokens: Iterable[Token] | None = None, above: int = 0) -> None:
        """Look at a text, which begins below line `above` of the file."""
        seen: set[int] = set()
        for token in self.blocks(text) if tokens is None else tokens:
            if is_fence(token) or token.type == "myst_line_comment":
                seen.update(range(*(token.map or (0, 0))))
            if is_fence(token):
                self._fence(token, above + first_line(token))
        for number, row in enumerate(text.split("\n")):
            if number not in seen:
                self._row(row, above + number + 1)

    def _row(self, row: str, line: int) -> None:
        """A line outside all fences: of prose, of an indented or a raw block."""
        fence = FENCE.match(row)
        if fence and is_like_a_cell(fence["info"]):
            told = "a code cell in the midst of something else is neither run nor tangled"
            self._refuse(
                f"{told}; to leave it out on purpose, begin each of its lines with %", line
            )
        if TANGLE.match(row):
            self._refuse("`:tangle:` outside a code cell tangles nothing", line)

    def _fence(self, token: Token, line: int) -> None:
        self._refuse_what_it_swallows(token, line)
        name = directive(token)
        if token.info.startswith(CODE_CELL):
            self._cell(token, line)
        elif is_like_a_cell(token.info):
            self._refuse(
                f"`{token.info.strip()}` is no code cell, and is neither run nor tangled", line
            )
        elif name is None or name in LITERAL_DIRECTIVES:
            self._shown(token, line)
        elif name == "include":
            self._included(token, line)
        else:
            self.through(token.content, above=line)

    def _refuse_what_it_swallows(self, token: Token, line: int) -> None:
        for number, row in enumerate(token.content.split("\n"), line + 1):
            inner = FENCE.match(row)
            if inner and inner["marks"].startswith(token.markup) and is_like_a_cell(inner["info"]):
                raise LoomError(
                    f"this fence is closed by the end of the cell at line {number};"
                    f" above it, a line {token.markup} is missing",
                    Place(self.path, line),
                )

    def _cell(self, token: Token, line: int) -> None:
        if self.within:
            raise LoomError(
                f"a code cell in a file that {self.within[-1]} includes is neither run nor tangled;"
                " move it to a chapter",
                Place(self.path, line),
            )
        words = argument(token)
        if words.lower() in PYTHON:
            return
        if len(words.split()) > 1 or "=" in words:
            self._refuse(f"`{words}`: all that may follow is a language", line)
        raise LoomError(
            f"cells run in Python, not in {words}; to show code, write ```{words}",
            Place(self.path, line),
        )

    def _shown(self, token: Token, line: int) -> None:
        """Code that is only shown: below a fence inside it stands what is meant to be a picture of
        a cell.
        """
        language = next(iter(argument(token).lower().split()), "")
        if language not in PYTHON or "tangle" not in token.content:
            return
        pictures: set[int] = set()
        for inner in self.blocks(token.content):
            if is_fence(inner):
                pictures.update(range(*(inner.map or (0, 0))))
        for number, row in enumerate(token.content.split("\n")):
            if number not in pictures and TANGLE.match(row):
                self._refuse(
                    "`:tangle:` in code that is only shown tangles nothing", line + number + 1
                )

    def _included(self, token: Token, line: int) -> None:
        place = Place(self.path, line)
        name, literal = (
            argument(token),
            re.search(r"^\s*:(literal|code|parser):", token.content, re.MULTILINE),
        )
        file = (
            self.root / name.lstrip("/")
            if name.startswith("/")
            else (self.root / self.path).parent / name
        )
        path = os.path.relpath(file, self.root).replace(os.sep, "/")
        if literal or path in (self.path, *(place.path for place in self.within)):
            return
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, ValueError):  # Sphinx will say so
            return
        Search(self.root, path, self.blocks, (*self.within, place)).through(text)

    def _refuse(self, what: str, line: int) -> None:
        raise LoomError(f"{what}; {HOW}", Place(self.path, line))


# ----------------------------------------------------------------------------- the code of a cell


def check_cell(cell: Cell, options: Iterable[str]) -> None:
    """The code of a cell holds no option that is out of place, and nothing that an editor hides."""
    if hidden := UNSEEN.search(cell.source):
        row = cell.source[: hidden.start()].count("\n") + 1
        raise LoomError(
            f"code holds the character U+{ord(hidden.group()):04X}, which nobody sees; "
            "write it as an escape",
            cell.place(row),
        )
    if option := _option_in_code(cell.source, "|".join(options)):
        row, name = option
        raise LoomError(
            f"`{name}` among the code is no option;"
            f" write `:{name}: …` directly below the cell's first line, with a colon on both sides",
            cell.place(row),
        )


def _option_in_code(source: str, names: str) -> tuple[int, str] | None:
    """The first row that looks like an option.
    Without its first colon it may be Python: an annotation.
    """
    for number, row in enumerate(source.split("\n"), 1):
        if COMMENTED.match(row):
            return number, "tangle"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        rows = enumerate(source.split("\n"), 1)
        found = ((number, re.match(rf"\s*:({names}):|(tangle)\s*:", row)) for number, row in rows)
        return next(((number, one[1] or one[2]) for number, one in found if one), None)
    for node in body:
        if (
            isinstance(node, ast.AnnAssign)
            and node.value is None
            and isinstance(node.target, ast.Name)
        ):
            if re.fullmatch(names, node.target.id):
                return node.lineno, node.target.id
    return None


def check_language(head: object, place: Place) -> None:
    """The head of a chapter asks for no kernel of another language."""
    kernel = head.get("kernelspec") if isinstance(head, Mapping) else None
    if not isinstance(kernel, Mapping):
        return
    name, language = str(kernel.get("name", "python")), kernel.get("language")
    if str(language or name).lower() not in PYTHON and ("py" not in name.lower() or language):
        raise LoomError(
            f"cells run in Python, not in the kernel `{language or name}`;"
            " if that is one of Python, write `language: python` below its name",
            place,
        )


# ------------------------------------------------------------------ chapters that are not listed


def unlisted(root: Path, listed: Iterable[str], excluded: Iterable[str]) -> Iterator[str]:
    """The Markdown files of the book's folder that are neither listed nor excluded."""
    known, matchers = set(listed), compile_matchers(excluded)

    def is_out(path: str) -> bool:
        return any(match(path) for match in matchers)

    for folder, folders, names in os.walk(root):
        here = Path(folder).relative_to(root)
        folders[:] = sorted(name for name in folders if not _is_elsewhere(root / here / name))
        folders[:] = [name for name in folders if not is_out((here / name).as_posix())]
        for name in sorted(names):
            path = (here / name).as_posix()
            if name.endswith(".md") and path not in known and not is_out(path):
                yield path


def _is_elsewhere(folder: Path) -> bool:
    """Is this what tools keep, another book, or another Python?"""
    hidden = folder.name.startswith(".") or folder.name in ("_build", "node_modules")
    return hidden or any((folder / name).exists() for name in ("_toc.yml", "pyvenv.cfg", ".git"))


def check_unlisted(path: str, text: str, blocks: Blocks) -> None:
    """A file that is no chapter has no cell that somebody believes to be tangled."""
    if "tangle" not in text:
        return
    for token in blocks(text):
        if (
            is_fence(token)
            and is_like_a_cell(token.info)
            and any(map(TANGLE.match, token.content.split("\n")))
        ):
            raise LoomError(
                "a tangled cell in a file that _toc.yml does not list; list it,"
                " or name it in the `exclude_patterns` of _config.yml",
                Place(path, first_line(token)),
            )
