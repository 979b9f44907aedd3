"""Build the site into `_build/html`, or do nothing if nothing has changed.

    tools/run.py book            build
    tools/run.py book --again    build once more from nothing, and compare byte for byte

Whenever anything has changed, every page is read and written anew, so that a later build
gives what a first one gives; only the outputs of cells are kept (see the loom).  Warnings
are errors.  The whole log is in `_build/book.log`.

The variable BOOK_URL names the address at which the site will stand, if it is known: the
page for missing addresses and the pictures for social networks need it.
"""

from __future__ import annotations

import filecmp
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
SITE = BUILD / "html"
LOG = BUILD / "book.log"
BUILT = BUILD / "built"

#: What no page depends on.
APART = {"_build", "node_modules", "tests", "__pycache__"}
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
MESSAGE = re.compile(r"\b(WARNING|ERROR|CRITICAL): ")
PROGRESS = re.compile(r"^(reading sources|writing output)\.\.\. \[ *\d+%\] (\S+)")


def inputs() -> Iterator[Path]:
    """Every file that a page may depend on, in a fixed order."""
    for path in sorted(ROOT.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            yield path
        elif path.is_dir() and path.name not in APART and not path.name.startswith("."):
            yield from (
                p for p in sorted(path.rglob("*")) if p.is_file() and not APART & set(p.parts[:-1])
            )
    yield ROOT / ".venv" / "made.json"  # what is installed; PyTorch, for one


def state() -> str:
    """One digest of all that a page may depend on."""
    total = hashlib.sha256(os.environ.get("BOOK_URL", "").encode())
    for path in inputs():
        total.update(f"{path.relative_to(ROOT)}\0".encode())
        if path.exists():
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


class Teller:
    """Shows a build's progress in few lines, and keeps all of its lines in the log."""

    def __init__(self, log: IO[str]) -> None:
        self.log = log
        self.lock = threading.Lock()
        self.in_place = sys.stdout.isatty()
        self.phase = ""
        self.shown: list[str] = []
        self.trace = ""  # of a traceback: "inside" it, or "told" what it ends with

    def follow(self, lines: IO[str], complaining: bool) -> None:
        for line in lines:
            line = COLOUR.sub("", line).replace(f"{ROOT}/", "")
            with self.lock:
                self.log.write(line)
                self.log.flush()
                if complaining:
                    self.complain(line)
                elif found := PROGRESS.match(line):
                    self.show(*found.groups())

    def show(self, phase: str, page: str) -> None:
        if self.in_place:
            print(f"\r  {phase}: {page}".ljust(78), end="", flush=True)
        elif phase == "reading sources":  # this is the long part, for cells are run
            print(f"  {page}", flush=True)
        elif phase != self.phase:
            print("  writing the pages", flush=True)
        self.phase = phase

    def complain(self, line: str) -> None:
        """Show a line of stderr; of a traceback only how it ends, for the rest is in the log."""
        if not line.strip() or (self.trace == "told" and not MESSAGE.search(line)):
            return
        if line.startswith("Traceback"):
            self.trace = "inside"
        elif self.trace != "inside" or not line.startswith((" ", "\t")):
            self.trace = "told" if self.trace == "inside" else ""
            if self.trace and line.partition(": ")[2].strip() in self.shown:
                return
            self.shown.append(line.strip())
            self.clear()
            print(line.rstrip(), file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.in_place:
            print("\r" + " " * 78 + "\r", end="", flush=True)


def build() -> bool:
    """Build all pages; true if there was nothing to complain of."""
    BUILT.unlink(missing_ok=True)
    for folder in (SITE, BUILD / ".doctrees"):
        shutil.rmtree(folder, ignore_errors=True)
    BUILD.mkdir(exist_ok=True)
    before = state()
    start = "from jupyter_book.cli.main import main; main(prog_name='jupyter-book')"
    code = followed([sys.executable, "-c", start, "build", str(ROOT), "-W", "-n", "--keep-going"])
    if code or not (SITE / "index.html").exists():
        return False
    BUILT.write_text(before)
    return True


def followed(command: list[str]) -> int:
    """Run a build whose progress is told, and whose every line is kept; gives its exit code."""
    with LOG.open("w", encoding="utf-8") as log:
        teller = Teller(log)
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        assert process.stdout and process.stderr
        threads = [
            threading.Thread(target=teller.follow, args=(process.stdout, False)),
            threading.Thread(target=teller.follow, args=(process.stderr, True)),
        ]
        for thread in threads:
            thread.start()
        code = process.wait()
        for thread in threads:
            thread.join()
        teller.clear()
    return code


def differences(one: Path, other: Path) -> list[str]:
    """The files in which two folders differ, by content."""
    names = {
        p.relative_to(folder) for folder in (one, other) for p in folder.rglob("*") if p.is_file()
    }
    return sorted(
        str(name)
        for name in names
        if not ((one / name).is_file() and (other / name).is_file())
        or not filecmp.cmp(one / name, other / name, shallow=False)
    )


def again() -> int:
    """Build from nothing, and compare with the site that is there."""
    first = BUILD / "first"
    shutil.rmtree(first, ignore_errors=True)
    SITE.rename(first)
    for path in BUILD.iterdir():
        if path not in (first, BUILD / ".jupyter"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if not build():
        return failed()
    different = differences(first, SITE)
    for name in different:
        print(f"not the same in two clean builds: {name}", file=sys.stderr)
    if not different:
        print(
            f"Two clean builds are the same, byte for byte ({sum(1 for _ in SITE.rglob('*'))} "
            "files and folders)."
        )
        shutil.rmtree(first)
    return bool(different)


def failed() -> int:
    print(
        f"\nThe book was not built. The whole log is in {LOG.relative_to(ROOT)}.", file=sys.stderr
    )
    return 1


def main() -> int:
    if "--again" in sys.argv[1:]:
        return again()
    where = f"The site is in {SITE.relative_to(ROOT)}; `make serve` shows it."
    if BUILT.exists() and BUILT.read_text() == state() and (SITE / "index.html").exists():
        print(f"Nothing has changed. {where}")
        return 0
    print("Building the book. The first time, every cell is run.", flush=True)
    started = time.monotonic()
    if not build():
        return failed()
    print(f"Done in {time.monotonic() - started:.0f} s. {where}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
