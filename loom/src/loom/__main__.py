"""The loom's command line: `python -m loom`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from loom import files
from loom.errors import LoomError
from loom.model import Book, Place
from loom.read.chapters import parse_book
from loom.read.contents import find_chapter, find_root
from loom.tangle.places import difference, listing, where
from loom.tangle.tangle import tangle
from loom.tangle.write import home_of, read, survey, write

FINE, STALE, FAILED, WRONG = 0, 1, 1, 2

STRANGE = (
    "no chapter tangles this file, and the loom did not write it; move it elsewhere, or delete it"
)
DESCRIPTION = (
    "Turn the chapters of a book into the package that they tell, and find one in the other."
)
EPILOG = (
    "Exit codes: 0 fine, 1 a stale package (`tangle --check`) or a failing cell (`run`), "
    "2 a mistake in the book."
)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the result is the exit code."""
    options = _parser().parse_args(arguments)
    try:
        root = options.root.resolve() if options.root else find_root(Path.cwd())
        if "try_chapter" in options:  # a mistake in a later chapter is none of its business
            return _run(root, options)
        command: Callable[[Book, argparse.Namespace], int] = options.run
        return command(parse_book(root), options)
    except LoomError as error:
        print(f"loom: {error}", file=sys.stderr)
    except BrokenPipeError:  # as of `python -m loom list | head`
        sys.stderr.close()
    except OSError as error:
        print(f"loom: {_shown(error.filename)}: {error.strerror}", file=sys.stderr)
    return WRONG


def _shown(filename: str | None) -> str:
    """A file as it is called from here."""
    path = Path(filename or "a file")
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m loom", description=DESCRIPTION, epilog=EPILOG)
    common = argparse.ArgumentParser(add_help=False)
    for each, default in ((parser, None), (common, argparse.SUPPRESS)):
        each.add_argument(
            "--root", metavar="DIR", type=Path, default=default,
            help="the book's folder, which holds _toc.yml (else: this one, or the nearest above)",
        )  # fmt: skip
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(
        name: str, run: Callable[[Book, argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, parents=[common], help=text, description=text)
        command.set_defaults(run=run)
        return command

    command = add("tangle", _tangle, "Write the package from the chapters.")
    command.add_argument(
        "--check", action="store_true",
        help="write nothing; show what is stale, with the chapter's line, and exit with 1",
    )  # fmt: skip
    command.add_argument(
        "--force", action="store_true",
        help="discard edits made by hand in the package; copies are kept in _build",
    )  # fmt: skip

    command = add(
        "where", _where, "Find a module's line in its chapter, or a chapter's line in the package."
    )
    command.add_argument(
        "place", metavar="FILE:LINE", help="such as package/module.py:88 or book/chapter.md:131"
    )

    command = add("snapshot", _snapshot, "Write the package as it stands at the end of a chapter.")
    command.add_argument(
        "chapter", metavar="CHAPTER", help="its file, with or without folder and .md"
    )
    command.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="where to put the package's folder"
    )

    text = "Try one chapter: run its cells in order and show what comes out."
    command = commands.add_parser("run", parents=[common], help=text, description=text)
    command.set_defaults(try_chapter=True)
    command.add_argument(
        "chapter", metavar="CHAPTER", help="its file, with or without folder and .md"
    )
    command.add_argument(
        "--against", metavar="DIR", type=Path,
        help="take the package from DIR instead of from the chapters before",
    )  # fmt: skip

    add("list", _list, "List every definition with its places in the package and in the chapters.")
    return parser


# -------------------------------------------------------------------------- commands


def _tangle(book: Book, options: argparse.Namespace) -> int:
    modules = tangle(book)
    found = survey(modules, book.root, book.package)
    if not options.check:
        for name in write(modules, book.root, book.package, options.force):
            print(f"{'wrote' if name in modules else 'removed'} {name}")
        for name in found.strangers:
            print(f"loom: {name}: {STRANGE}", file=sys.stderr)
        return FINE
    for module in found.changed:
        text = read(book.root, module.target)
        if text and files.conflict(text):
            print(f"{module.target}: in conflict; the chapters are not, and decide what is written")
        print(difference(module, text), end="")
    for name in found.orphans:
        print(f"{name}: no chapter tangles this module any more")
    for name in found.strangers:
        print(f"{name}: {STRANGE}")
    if found.changed or found.orphans:
        print("The package is stale: run `python -m loom tangle`.", file=sys.stderr)
    return FINE if found.is_clean else STALE


def _where(book: Book, options: argparse.Namespace) -> int:
    asked = re.fullmatch(r"(.+?):(\d+)(?::.*)?", options.place)
    if not asked:
        raise LoomError(f"`{options.place}` is no FILE:LINE, such as package/module.py:88")
    for place in where(book, tangle(book), Place(_relative(asked[1], book.root), int(asked[2]))):
        print(place)
    return FINE


def _relative(path: str, root: Path) -> str:
    """A path as the book names it: given relative to the root, to here, or in full."""
    if not (root / path).is_file() or Path(path).is_absolute():
        full = Path(path).resolve()
        if full.is_relative_to(root):
            return full.relative_to(root).as_posix()
    return Path(path).as_posix()


def _snapshot(book: Book, options: argparse.Namespace) -> int:
    docname = find_chapter(
        book.root, options.chapter, [chapter.docname for chapter in book.chapters]
    )
    modules = tangle(book, docname)
    _refuse_a_book(options.out)
    for name in write(modules, options.out.resolve(), book.package, home=home_of(book.root)):
        print(f"{'wrote' if name in modules else 'removed'} {options.out / name}")
    return FINE


def _refuse_a_book(out: Path) -> None:
    """An early package is not to take the place of the whole one."""
    for folder in (out.resolve(), *out.resolve().parents):
        if (
            (folder / "__init__.py").is_file()
            or folder == out.resolve()
            and (folder / "_toc.yml").is_file()
        ):
            raise LoomError(
                f"{out} holds a book, or is part of a package; name another folder to write below"
            )


def _run(root: Path, options: argparse.Namespace) -> int:
    from loom.run.execute import run_chapter  # what runs notebooks takes a while to import

    return FINE if run_chapter(root, options.chapter, options.against) else FAILED


def _list(book: Book, options: argparse.Namespace) -> int:
    rows = [
        (str(place), kind, name, history) for place, kind, name, history in listing(tangle(book))
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for row in rows:
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[3]]))
    return FINE


if __name__ == "__main__":
    sys.exit(main())
