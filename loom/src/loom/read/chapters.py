"""Read the chapters: from ``_toc.yml`` and Markdown to plain data.

Chapters are read with MyST-NB's own reader, so that what is tangled is what is run.
"""

from __future__ import annotations

import ast
import json
import keyword
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from loom import files
from loom.errors import LoomError
from loom.model import Book, Cell, Chapter, Place
from loom.python.statements import canonical_name
from loom.read import lost
from loom.read.markdown import CODE_CELL, LITERAL_DIRECTIVES, Blocks, directive, first_line, is_fence, reader
from markdown_it.token import Token
from myst_nb.core.read import (  # type: ignore[import-untyped]
    _MockDirective,
    is_myst_markdown_notebook,
    read_myst_markdown_notebook,
)
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.directives import DirectiveParsingResult, parse_directive_text

LOOM_OPTIONS = ("tangle", "replaces", "keeps", "removes", "trial")
OTHER_OPTIONS = (
    "tags", "mystnb", "name", "load", "id", "label", "jupyter", "slideshow",
    "editable", "deletable", "collapsed", "scrolled", "execution",
)  # fmt: skip
JUPYTER_BOOK_EXTENSIONS = ("colon_fence", "dollarmath", "substitution", "tasklist")
EVERYTHING = re.compile(r"(?<![^\s.,])\*(?![^\s,])")  # a `*` in the place of a name
ALL_MEMBERS = "_all_members_"
# Characters that Python's str.splitlines takes for a line's end, and an editor does not.
SECRET_LINE_ENDS = re.compile("[\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")


# ---------------------------------------------------------------------- the book


def find_root(start: Path) -> Path:
    """The book's root: the nearest folder, from ``start`` upwards, with a ``_toc.yml``."""
    for folder in (start, *start.parents):
        if (folder / "_toc.yml").is_file():
            return folder
    raise LoomError(
        f"no `_toc.yml` in {start} or above it; go to the book's folder, or name it with --root"
    )


def parse_book(root: Path, through: str | None = None) -> Book:
    """Read the book whose ``_toc.yml`` is in ``root``: all of it, or no further than ``through``."""
    package, extensions = _settings(root)
    chapters: list[Chapter] = []
    for docname, entry in _reading_order(root):
        chapters.append(parse_chapter(root, docname, extensions, entry))
        if docname == through:
            break
    else:
        _check_other_files(root, [chapter.path for chapter in chapters], reader(extensions))
    book = Book(root, package, tuple(chapters))
    _check_targets(book)
    return book


def _check_other_files(root: Path, listed: list[str], blocks: Blocks) -> None:
    """A tangled cell in a file that is no chapter would be lost."""
    excluded = _mapping(_load_yaml(root, "_config.yml")).get("exclude_patterns") or ()
    for path in lost.unlisted(root, listed, map(str, excluded)):
        try:
            text = (root / path).read_text(encoding="utf-8")
        except (OSError, ValueError):  # no chapter, and none of the loom's business
            continue
        lost.check_unlisted(path, text, blocks)


def reading_order(root: Path) -> tuple[str, ...]:
    """The chapters' docnames, as ``_toc.yml`` lists them."""
    return tuple(docname for docname, _ in _reading_order(root))


def find_chapter(root: Path, asked: str, known: Sequence[str]) -> str:
    """The chapter that somebody means, by its docname, by its file, or by the last part of either."""
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
    return _mapping(_mapping(_mapping(_load_yaml(root, "_config.yml")).get("sphinx")).get("config")).get(name)


def _settings(root: Path) -> tuple[str, tuple[str, ...]]:
    """The package's folder and the Markdown extensions, from ``_config.yml``."""
    config = _mapping(_load_yaml(root, "_config.yml"))
    sphinx = _mapping(_mapping(config.get("sphinx")).get("config"))
    package = sphinx.get("loom_package")
    if not isinstance(package, str) or not package.isidentifier():
        raise LoomError(
            "the loom does not know the package's folder; set `sphinx: config: loom_package: name`",
            Place("_config.yml", 1),
        )
    if not _can_be_imported(package) or package in TAKEN:
        raise LoomError(
            f"`loom_package: {package}` is a name that Python or the loom needs for itself; choose another",
            Place("_config.yml", _line_of(root, "_config.yml", "loom_package")),
        )
    extensions = (
        sphinx.get("myst_enable_extensions")
        or _mapping(config.get("parse")).get("myst_enable_extensions")
        or JUPYTER_BOOK_EXTENSIONS
    )
    # Links that are recognised without brackets are inline: they decide nothing about cells.
    return package, tuple(str(name) for name in extensions if name != "linkify")


def _line_of(root: Path, path: str, text: str) -> int:
    return next(number for number, row in enumerate(_read_text(root, path).split("\n"), 1) if text in row)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _load_yaml(root: Path, name: str) -> object:
    text = _read_text(root, name)
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _yaml_error(error, name) from None


def _yaml_error(error: yaml.YAMLError, name: str) -> LoomError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return LoomError(f"not YAML: {problem}", Place(name, mark.line + 1 if mark else 1))


def _reading_order(root: Path) -> Iterator[tuple[str, Place]]:
    """The chapters' docnames, each with its place in ``_toc.yml``."""
    text = _read_text(root, "_toc.yml")
    try:
        node = yaml.compose(text)
    except yaml.YAMLError as error:
        raise _yaml_error(error, "_toc.yml") from None
    if not isinstance(node, yaml.MappingNode) or "root" not in [key.value for key, _ in node.value]:
        raise LoomError("lists no chapter as its first; it needs a line `root: file`", Place("_toc.yml", 1))
    seen: dict[str, Place] = {}
    for docname, place in _toc_entries(node):
        if docname in seen:
            raise LoomError(f"`{docname}` is listed twice; it stands at {seen[docname]} too", place)
        seen[docname] = place
        yield docname, place


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


# -------------------------------------------------------------------- one chapter


def parse_chapter(
    root: Path,
    docname: str,
    extensions: tuple[str, ...] = JUPYTER_BOOK_EXTENSIONS,
    entry: Place | None = None,
) -> Chapter:
    """Read one chapter; ``entry`` is where the table of contents lists it."""
    path = f"{docname}.md"
    if not (root / path).is_file():
        if any((root / f"{docname}{suffix}").is_file() for suffix in (".ipynb", ".rst")):
            return Chapter(docname, path, docname, ())
        raise LoomError(f"`{docname}` is listed, but there is no file {path}", entry)
    text = _read_text(root, path)
    blocks = reader(extensions)
    tokens = blocks(text)
    lost.Search(root, path, blocks).through(text, tokens)
    fences = _checked_fences(tokens, path, text, blocks)
    lost.check_language(_head(tokens), Place(path, 1))
    config = MdParserConfig(enable_extensions=set(extensions))
    cells = _cells(docname, path, text, root, config, fences)
    for cell in cells:
        lost.check_cell(cell, LOOM_OPTIONS)
    return Chapter(docname, path, _title(tokens) or docname, cells)


def _head(tokens: list[Token]) -> object:
    """The settings at the top of a chapter."""
    try:
        return yaml.safe_load(tokens[0].content) if tokens and tokens[0].type == "front_matter" else None
    except yaml.YAMLError:  # MyST-NB will say so
        return None


def _read_text(root: Path, path: str) -> str:
    """The text of a file; what would upset line numbers is refused."""
    try:
        data = (root / path).read_bytes()
    except OSError as error:
        raise LoomError(f"cannot be read: {error.strerror}", Place(path, 1)) from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LoomError("not UTF-8; save the file as UTF-8", Place(path, line)) from None
    if text.startswith("\ufeff"):
        raise LoomError("starts with a byte order mark; save the file without it", Place(path, 1))
    if marked := files.conflict(text):
        raise LoomError("a conflict marker of git; settle the conflict, and remove it", Place(path, marked))
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        raise LoomError(
            "line ends with a carriage return (CRLF); save the file with LF line ends",
            Place(path, line),
        )
    if "\0" in text:
        raise LoomError("holds the character NUL; remove it", Place(path, text[: text.index("\0")].count("\n") + 1))
    if secret := SECRET_LINE_ENDS.search(text):
        line = text[: secret.start()].count("\n") + 1
        raise LoomError(
            f"holds the character {secret.group()!r}, which ends a line for some programs"
            " and not for others; remove it",
            Place(path, line),
        )
    return text


def _title(tokens: list[Token]) -> str:
    """The chapter's first heading."""
    for token, following in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            return following.content
    return ""


def _cells(
    docname: str, path: str, text: str, root: Path, config: MdParserConfig, fences: list[Token]
) -> tuple[Cell, ...]:
    """The code cells, which stand in these fences; they must be the ones that MyST-NB runs."""
    if not is_myst_markdown_notebook(text):
        if fences:
            raise LoomError(
                "a code cell in a file that is no notebook; start the file with"
                " `---`, `file_format: mystnb`, `---`",
                Place(path, first_line(fences[0])),
            )
        return ()
    cells = tuple(_cell(docname, path, index, fence) for index, fence in enumerate(fences))
    if [cell.source for cell in cells] != _sources_that_run(path, text, root, config):
        raise LoomError("MyST-NB sees other code cells in this file than the loom", Place(path, 1))
    return cells


def _checked_fences(tokens: list[Token], path: str, text: str, blocks: Blocks) -> list[Token]:
    """The fences of the code cells at the top level; a cell that would be lost is an error."""
    lines = text.split("\n")
    found, level = [], 0
    for token in tokens:
        level += token.nesting
        if not is_fence(token):
            continue
        if not _is_closed(token, lines):
            raise LoomError(
                f"this fence is never closed; end it with a line `{token.markup}`",
                Place(path, first_line(token)),
            )
        if not token.info.startswith(CODE_CELL):
            _refuse_hidden_cells(token, path, blocks)
        elif level or token.type == "colon_fence":
            raise _hidden_cell(Place(path, first_line(token)))
        else:
            found.append(token)
    return found


def _is_closed(token: Token, lines: list[str]) -> bool:
    first, after = token.map or [0, 0]
    last = lines[min(after, len(lines)) - 1].lstrip(" >").rstrip()
    mark = token.markup[0]
    return after - 1 > first and len(last) >= len(token.markup) and not last.strip(mark)


def _refuse_hidden_cells(token: Token, path: str, blocks: Blocks, above: int = 0) -> None:
    """MyST-NB runs no cell inside another directive: nothing may get lost there in silence."""
    name = directive(token)
    if not name or name in LITERAL_DIRECTIVES or CODE_CELL not in token.content:
        return
    line = above + first_line(token)
    for inner in blocks(token.content):
        if not is_fence(inner):
            continue
        if inner.info.startswith(CODE_CELL):
            raise _hidden_cell(Place(path, line + first_line(inner)))
        _refuse_hidden_cells(inner, path, blocks, line)


def _hidden_cell(place: Place) -> LoomError:
    return LoomError(
        "a code cell inside another block is neither run nor tangled;"
        " move it to the top level of the chapter",
        place,
    )


def _sources_that_run(path: str, text: str, root: Path, config: MdParserConfig) -> list[str]:
    """The source of each code cell, from MyST-NB's own reader."""
    try:
        notebook = read_myst_markdown_notebook(text, config=config, path=root / path)
    except Exception as error:  # whatever it is, it belongs to the chapter
        raise _unreadable(error, Place(path, 1)) from None
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def _unreadable(error: Exception, place: Place) -> LoomError:
    message = (str(error) or type(error).__name__).split("\n")[0]
    return LoomError(f"MyST-NB cannot read this: {message}", place)


# ----------------------------------------------------------------------- one cell


def _cell(docname: str, path: str, index: int, fence: Token) -> Cell:
    place = Place(path, first_line(fence))
    try:
        parsed = parse_directive_text(_MockDirective, "", fence.content, validate_options=False)
    except Exception as error:  # such as a date that does not exist
        raise _unreadable(error, place) from None
    if parsed.warnings:
        raise _unquoted(fence, path) or LoomError(f"MyST-NB cannot read this: {parsed.warnings[0].msg}", place)
    options, offset = parsed.options, _body_offset(fence, parsed)
    _check_options(options, fence.content.splitlines()[:offset], place)
    return Cell(
        chapter=docname,
        index=index,
        source="\n".join(parsed.body),
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


def _body_offset(fence: Token, parsed: DirectiveParsingResult) -> int:
    """How many lines of a cell come before its code.

    The directive's parser forgets trailing blank lines, and then counts one line too many.
    """
    content, body, offset = fence.content.splitlines(), parsed.body, parsed.body_offset
    while offset and content[offset : offset + len(body)] != body:
        offset -= 1
    return offset


def _check_options(options: dict[str, Any], rows: list[str], place: Place) -> None:
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


def _target(options: dict[str, Any], place: Place) -> str | None:
    if "tangle" not in options:
        return None
    target = options["tangle"]
    if not isinstance(target, str) or not target:
        raise LoomError("`:tangle:` needs the path of a module", place)
    return target


def _names(options: dict[str, Any], option: str, place: Place) -> tuple[str, ...]:
    """The names of an option: ``Value.__init__, RULES['*']``; in ``:keeps:``, ``*`` and ``Value.*`` stand for all."""
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
        example = "Value.__init__, RULES['*']" if option == "replaces" else "Value.__init__, Value.label"
        raise LoomError(f"`:{option}: {value or ''}` is no list of names such as `{example}`", place)
    return tuple(dict.fromkeys(name.replace(ALL_MEMBERS, "*") for name in names))


def _flag(options: dict[str, Any], place: Place) -> bool:
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


# ------------------------------------------------------------------------ targets

# No package may be called so: `import json` would find it instead.
TAKEN = {*sys.stdlib_module_names, "loom"}
# No file on Windows may be called so, whatever its suffix.
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


def _check_targets(book: Book) -> None:
    """Each target is a module of the package, and no two are the same file anywhere."""
    known: dict[str, tuple[str, Cell]] = {}
    for cell in (cell for chapter in book.chapters for cell in chapter.cells if cell.target):
        target = cell.target or ""
        _check_target(book, target, cell.place())
        for part in _files_and_folders(target):
            other, earlier = known.setdefault(part.casefold().removesuffix(".py"), (part, cell))
            if part == other:
                continue
            same = part.casefold() == other.casefold()
            raise LoomError(
                f"`{part}` and `{other}` ({earlier.place()})"
                f" {'differ only in case' if same else 'are a module and a folder of one name'}; rename one",
                cell.place(),
            )


def _files_and_folders(target: str) -> list[str]:
    path = PurePosixPath(target)
    return [str(part) for part in (path, *path.parents) if part.parts]


def _check_target(book: Book, target: str, place: Place) -> None:
    path = PurePosixPath(target)
    if path.is_absolute() or "\\" in target or ".." in path.parts or path.parts[:1] != (book.package,):
        raise LoomError(f"`{target}` is outside the package; name a file in {book.package}/", place)
    if path.suffix != ".py" or str(path) != target:
        raise LoomError(f"`{target}` is no plain path of a Python module (.py)", place)
    if not all(_can_be_imported(part) for part in path.with_suffix("").parts):
        raise LoomError(f"`{target}` cannot be imported; use names that Python can spell", place)
    if reserved := [part for part in path.with_suffix("").parts if part.casefold() in RESERVED]:
        raise LoomError(f"`{target}` cannot be a file on Windows, which keeps `{reserved[0]}` to itself", place)
    for part in (path, *path.parents):
        if (book.root / part).is_symlink():
            raise LoomError(f"`{target}` leads through the symbolic link {part}; remove it", place)


def _can_be_imported(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and name != "__pycache__"
