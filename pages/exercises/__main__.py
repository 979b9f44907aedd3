"""Check the exercises and questions of chapters from the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from loom.errors import LoomError
from loom.model import Book
from loom.read.chapters import parse_book
from loom.read.contents import find_chapter, find_root

from .model import Fault, Sheet
from .parse import duplicates, parse_chapter
from .run import SECONDS, Verdict, run_chapter, run_sheet

WRONG, USAGE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        root = options.root.resolve() if options.root else find_root(Path.cwd())
        book = parse_book(root)
        sheets = {chapter.docname: _sheet(root, chapter.docname) for chapter in book.chapters}
        chosen = _chosen(book, options.chapters)
        if options.command == "list":
            return _list([sheets[docname] for docname in chosen])
        elsewhere = duplicates([sheet for sheet in sheets.values() if sheet])
        faults = [
            fault
            for fault in elsewhere
            if fault.place.path in {f"{docname}.md" for docname in chosen}
        ]
        return _check(
            book, [sheets[docname] for docname in chosen], faults, options.package, options.seconds
        )
    except LoomError as error:
        print(error, file=sys.stderr)
        return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m exercises",
        description="The exercises and questions of the book: solutions must pass their checks,"
        " starting cells and wrong answers must fail them as announced.",
        epilog="Exit code: 0 all as announced, 1 something is not, "
        "2 the book or the command cannot be read.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="run every answer of the chapters against its checks")
    check.add_argument(
        "--package",
        type=Path,
        metavar="DIR",
        help="take the package from this folder, instead of the one tangled from the chapters",
    )
    check.add_argument(
        "--seconds", type=float, default=SECONDS, help="time for one answer (default: %(default)g)"
    )
    commands.add_parser("list", help="name the exercises and questions of the chapters")
    for command in commands.choices.values():
        command.add_argument(
            "chapters", nargs="*", metavar="CHAPTER", help="slug, docname or file (none: all)"
        )
        command.add_argument(
            "--root", type=Path, metavar="DIR", help="the book's folder (default: nearest _toc.yml)"
        )
    return parser


def _sheet(root: Path, docname: str) -> Sheet:
    return (
        parse_chapter(root, docname)
        if (root / f"{docname}.md").is_file()
        else Sheet(docname, "", (), (), ())
    )


def _chosen(book: Book, names: Sequence[str]) -> list[str]:
    docnames = [chapter.docname for chapter in book.chapters]
    return [find_chapter(book.root, name, docnames) for name in names] or docnames


def _list(sheets: Sequence[Sheet]) -> int:
    for sheet in sheets:
        for exercise in sheet.exercises:
            print(
                f"{exercise.place}: {exercise.name}, exercise {exercise.number}, {exercise.kind}: "
                f"{exercise.title}"
            )
        for question in sheet.questions:
            print(
                f"{question.place}: {question.name}, question {question.number}: {question.title}"
            )
        _print_faults(sheet.faults)
    return WRONG if any(sheet.faults for sheet in sheets) else 0


def _check(
    book: Book,
    sheets: Sequence[Sheet],
    faults: Sequence[Fault],
    package: Path | None,
    seconds: float,
) -> int:
    _print_faults(faults)
    wrong, right, done = len(faults), 0, 0
    for sheet in sheets:
        _print_faults(sheet.faults)
        wrong += len(sheet.faults)
        done += len(sheet.exercises) + len(sheet.questions)
        if not sheet.exercises and not sheet.questions:
            continue
        verdicts = (
            run_sheet(sheet, package, seconds) if package else run_chapter(book, sheet, seconds)
        )
        for verdict in verdicts:
            _print_verdict(verdict)
        right += sum(verdict.fault is None for verdict in verdicts)
        wrong += sum(verdict.fault is not None for verdict in verdicts)
    print(f"{done} exercises and questions: {right} outcomes as announced, {wrong} faults")
    if not done and not wrong:
        print(
            "nothing to check in " + ", ".join(sheet.docname for sheet in sheets), file=sys.stderr
        )
        return WRONG
    return WRONG if wrong else 0


def _print_verdict(verdict: Verdict) -> None:
    mark = "ok   " if verdict.fault is None else "FAULT"
    said = verdict.fault or _as_announced(verdict)
    print(f"{mark} {verdict.place}: {verdict.name}, {verdict.part}: {said}")


def _as_announced(verdict: Verdict) -> str:
    message = " ".join(verdict.outcome["message"].split())
    return {"passed": "passes", "value": f"gives `{message}`"}.get(
        verdict.outcome["result"], f"told “{message}”"
    )


def _print_faults(faults: Sequence[Fault]) -> None:
    for fault in faults:
        print(f"FAULT {fault}")


if __name__ == "__main__":
    sys.exit(main())
