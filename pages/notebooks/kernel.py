"""What runs inside a downloaded notebook: its cells work as they do in the book.

`begin` is called by the notebook's first cell.  From then on

    %%tangle micrograd/engine.py     runs a cell in that module, which grows by it
    trial()                          marks a change that the next `%%tangle` takes back
    %%exercise ex-name               checks an answer, and says what it lacks

Only the standard library, IPython and the loom's inside are used here.
"""

from __future__ import annotations

import builtins
import json
import linecache
import signal
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from exercises.attempt import Job, Outcome, attempt
from loom.inside.extend import extend
from loom.inside.plan import NotebookPlan, Step, digest, free, placed
from loom.inside.session import Session
from loom.inside.state import State

SECONDS = 10  # for one answer and its checks


class Notebook:
    """One chapter in a reader's own notebook, and the package as its cells grow it."""

    def __init__(self, home: Path, shell: Any) -> None:
        self.plan: NotebookPlan = json.loads((home / "plan.json").read_text(encoding="utf-8"))
        self.shell = shell
        self.tangled = 0
        self.session = Session(free(self.plan, str(home / "before")), shell.user_ns)

    def tangle(self, line: str, cell: str) -> None:
        """The magic `%%tangle`: run a cell in its module,
        and bind what it defines in the notebook.
        """
        target = line.strip()
        if not target.endswith(".py"):
            raise ValueError(
                "%%tangle is followed by the file that the cell belongs to, "
                "such as micrograd/engine.py"
            )
        self.tangled += 1
        name = f"{target} (cell {self.tangled})"
        linecache.cache[name] = len(cell), None, cell.splitlines(keepends=True), name
        rebuild = self.plan["rebuild"].get(digest(cell.rstrip("\n")), {})
        self.session.run_tangled(Step(name, placed(cell, 1, target, rebuild=rebuild)), cell)

    def trial(self) -> None:
        """What this cell changes in the package is for the moment:
        the next `%%tangle` takes it back.
        """
        if self.session.trial is None:
            self.session.now = State(self.session.package)
            self.session.before_cell(Step("", placed("", trial=True)))

    def exercise(self, line: str, cell: str) -> None:
        """The magic `%%exercise`: check an answer; what it does to the package is taken back."""
        asked = self.plan["exercises"].get(line.strip())
        if asked is None:
            raise ValueError(f"this chapter's exercises are {', '.join(self.plan['exercises'])}")
        before = State(self.session.package)
        try:
            with limited(SECONDS):
                outcome = attempt(
                    Job(given=asked["given"], answer=cell, checks=list(asked["checks"]))
                )
        finally:
            before.restore()
        print(textwrap.fill(verdict(outcome), 88))


def verdict(outcome: Outcome) -> str:
    """What came of an attempt, in a sentence."""
    message, row = outcome["message"], f" (line {outcome['row']})" if outcome["row"] else ""
    if outcome["result"] == "passed":
        return "Right: it passes all checks."
    if outcome["result"] == "failed":
        return f"Not yet. {message}"
    if message.startswith("TimeoutError"):
        return f"Not done after {SECONDS} seconds. Is there an endless loop{row}?"
    return f"It stops with an error{row}: {message}"


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in what takes longer, where the system can do that."""
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def stop(*_: object) -> None:
        raise TimeoutError(f"not done after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def begin(home: str) -> Callable[[], None]:
    """Begin the chapter that lies unpacked in a folder; gives the notebook its `trial`."""
    from IPython.core.getipython import get_ipython

    builtins.extend = extend  # type: ignore[attr-defined]
    shell: Any = get_ipython()
    notebook = Notebook(Path(home), shell)
    shell.register_magic_function(notebook.tangle, "cell", "tangle")
    shell.register_magic_function(notebook.exercise, "cell", "exercise")
    return notebook.trial
