"""``python -m loom``: the loom's command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .errors import LoomError
from .parse import find_root, parse_book
from .tangle import tangle
from .write import write


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the result is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m loom", description=__doc__)
    parser.add_argument("--root", type=Path)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("tangle").add_argument("--check", action="store_true")
    run = commands.add_parser("run", help="try one chapter: run its cells and show what comes out")
    run.add_argument("chapter", help="the chapter's file or name")
    run.add_argument("--against", type=Path, metavar="DIR", help="take the package from DIR, not from the chapters before")
    options = parser.parse_args(arguments)
    try:
        root = options.root or find_root(Path.cwd())
        if options.command == "run":
            from .execute import run_chapter

            return 0 if run_chapter(root, options.chapter, options.against) else 1
        modules = tangle(parse_book(root))
        if options.check:
            stale = [
                m.target for m in modules.values()
                if not (root / m.target).exists() or (root / m.target).read_text() != m.text
            ]
            print("\n".join(f"stale: {name}" for name in stale))
            return 1 if stale else 0
        for name in write(modules, root):
            print(f"wrote {name}")
    except LoomError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
